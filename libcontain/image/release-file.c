/* SPDX-License-Identifier: MIT */

/* What is written about a release, and into it. */

#include "image/staging.h"

#include "base/env-file.h"
#include "base/fds.h"
#include "image/image-env.h"
#include "image/writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static int write_file(int dir_fd, const char *name, const struct ct_buf *text, mode_t mode, int *ret_fd)
{
        _cleanup_close_ int fd =
                openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        int r;

        if (fd < 0)
                return -errno;
        r = ct_write_all(fd, text->data, text->size);
        if (r == 0 && fchmod(fd, mode) < 0)
                r = -errno;
        if (r < 0)
                return r;
        *ret_fd = ct_take_fd(&fd);
        return 0;
}

/* The same owner and times as in an exported archive; the folder it is in keeps its own. */
int ct_staging_write_env(struct ct_staging *staging, const struct ct_image *image,
                         const struct ct_owner *owner, contain_error_t **err)
{
        const struct timespec epoch[2] = { { 0 }, { 0 } };
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT;
        _cleanup_close_ int fd = -EBADF;
        struct stat status;
        uid_t uid;
        gid_t gid;
        int r;

        r = ct_image_env(staging->releases->arena, image, &text, err);
        if (r <= 0)
                return r;
        if (ct_owner_map(owner, 0, 0, &uid, &gid) < 0)
                return ct_fail(err, CONTAIN_E_DEPLOY, ERANGE, NULL,
                               "'/%s' would be root's, whom the id maps do not have", CT_ENV_FILE_NAME);
        r = fstat(staging->rootfs_fd, &status) < 0 ? -errno : 0;
        if (r == 0)
                r = ct_tree_remove(staging->rootfs_fd, CT_ENV_FILE_NAME);
        if (r == 0)
                r = write_file(staging->rootfs_fd, CT_ENV_FILE_NAME, &text, 0644, &fd);
        if (r == 0 && ((uid != geteuid() || gid != getegid()) && fchown(fd, uid, gid) < 0))
                r = -errno;
        if (r == 0 &&
            (futimens(fd, epoch) < 0 ||
             futimens(staging->rootfs_fd, (const struct timespec[2]){ status.st_atim, status.st_mtim }) < 0))
                r = -errno;
        if (r < 0)
                return ct_fail(err, CONTAIN_E_DEPLOY, -r, NULL, "cannot write '/%s'", CT_ENV_FILE_NAME);
        return 0;
}

static void put_owner(struct ct_buf *buf, const struct ct_owner *owner)
{
        if (owner->mode == CT_OWNER_AS_IS)
                (void)ct_buf_puts(buf, "as-is");
        if (owner->mode == CT_OWNER_SINGLE)
                (void)ct_buf_printf(buf, "%u:%u", owner->uid, owner->gid);
        if (owner->mode != CT_OWNER_SHIFTED)
                return;
        for (size_t i = 0; i < owner->n_uids + owner->n_gids; i++) {
                bool is_uid = i < owner->n_uids;
                const struct ct_owner_range *range =
                        is_uid ? &owner->uids[i] : &owner->gids[i - owner->n_uids];

                (void)ct_buf_printf(buf, "%s%c%u:%u:%u", i > 0 ? "," : "", is_uid ? 'u' : 'g', range->inside,
                                    range->outside, range->count);
        }
}

const char *ct_staging_treatment(struct ct_arena *arena, const struct ct_deploy *how)
{
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT;

        put_owner(&text, &how->unpack.owner);
        (void)ct_buf_puts(&text, how->no_env ? " no-env" : "");
        (void)ct_buf_puts(&text, how->unpack.no_devices ? " no-devices" : "");
        return text.failed ? NULL : ct_arena_strdup(arena, text.data);
}

/* UTC, as RFC 3339 has it. */
static void put_time(struct ct_buf *buf)
{
        char text[32] = "";
        struct timespec now;
        struct tm parts;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        if (gmtime_r(&now.tv_sec, &parts))
                (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
        (void)ct_buf_printf(buf, ",\"created\":\"%s.%09ldZ\"", text, now.tv_nsec);
}

static void put_digest(struct ct_buf *buf, const char *key, const struct ct_digest *digest)
{
        char text[CT_DIGEST_TEXT];

        ct_digest_format(digest, text);
        if (*text != '\0')
                (void)ct_buf_printf(buf, ",\"%s\":\"%s\"", key, text);
}

int ct_staging_describe(struct ct_staging *staging, const struct ct_image *image, const struct ct_deploy *how,
                        const char *name, contain_error_t **err)
{
        const struct ct_releases *releases = staging->releases;
        const char *treatment = ct_staging_treatment(releases->arena, how);
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT;
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (!treatment)
                return ct_fail_memory(err);
        (void)ct_buf_printf(&text, "{\"version\":1,\"name\":\"%s\",\"sequence\":%llu", name,
                            releases->n > 0 ? (unsigned long long)releases->items[0].sequence + 1 : 1);
        put_time(&text);
        put_digest(&text, "digest", &staging->digest);
        put_digest(&text, "manifestDigest", &image->manifest.digest);
        put_digest(&text, "configDigest", &image->config.digest);
        put_digest(&text, "streamDigest", &staging->stream);
        (void)ct_buf_puts(&text, ",\"source\":");
        (void)ct_buf_json_string(&text, image->name);
        (void)ct_buf_printf(&text, ",\"treatment\":\"%s\",\"entries\":%llu,\"bytes\":%llu,\"config\":%s}\n",
                            treatment, (unsigned long long)staging->counts.entries,
                            (unsigned long long)staging->counts.bytes, image->config_json);
        if (text.failed)
                return ct_fail_memory(err);
        /* Nobody could read it. */
        if (text.size > CT_JSON_MAX_SIZE)
                return ct_fail(err, CONTAIN_E_IMAGE, EFBIG, NULL,
                               "the configuration of the image is too large to be kept with a release");
        r = write_file(staging->dir_fd, CT_RELEASE_FILE, &text, 0644, &fd);
        if (r == 0 && fsync(fd) < 0)
                r = -errno;
        if (r < 0)
                return ct_fail(err, CONTAIN_E_DEPLOY, -r, NULL, "cannot write '%s' of release '%s'",
                               CT_RELEASE_FILE, name);
        return 0;
}
