/* SPDX-License-Identifier: MIT */

/* Releases in the making: see image/staging.h. release-file.c has what is written about them. */

#include "image/staging.h"

#include "base/env-file.h"
#include "base/fds.h"
#include "image/tally.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#define TAR_END 1024 /* bytes, zero, behind the last member */

int ct_staging_make(struct ct_releases *releases, struct ct_staging *ret, contain_error_t **err)
{
        struct ct_staging staging = CT_STAGING_INIT;
        uint64_t number;
        int r;

        staging.releases = releases;
        if (getrandom(&number, sizeof number, 0) != sizeof number)
                return ct_fail(err, CONTAIN_E_SYSTEM, errno, NULL, "cannot get random numbers");
        (void)snprintf(staging.name, sizeof staging.name, CT_RELEASE_NEW "%016llx",
                       (unsigned long long)number);
        r = ct_mkdirat(releases->dir_fd, staging.name, 0700);
        if (r < 0) {
                staging.name[0] = '\0';
        } else {
                staging.dir_fd = openat(releases->dir_fd, staging.name,
                                        O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                r = staging.dir_fd < 0 ? -errno : ct_mkdirat(staging.dir_fd, CT_RELEASE_ROOTFS, 0755);
        }
        if (r == 0) {
                staging.rootfs_fd = openat(staging.dir_fd, CT_RELEASE_ROOTFS,
                                           O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                r = staging.rootfs_fd < 0 ? -errno : 0;
        }
        if (r < 0) {
                ct_staging_done(&staging);
                return ct_fail(err, CONTAIN_E_DEPLOY, -r, NULL, "cannot make a folder in '%s'",
                               releases->path);
        }
        *ret = staging;
        return 0;
}

void ct_staging_done(struct ct_staging *staging)
{
        staging->rootfs_fd = ct_close(staging->rootfs_fd);
        staging->dir_fd = ct_close(staging->dir_fd);
        if (staging->name[0] != '\0')
                (void)ct_tree_remove(staging->releases->dir_fd, staging->name);
        staging->name[0] = '\0';
}

/* --- digests --------------------------------------------------------------------------------- */

struct ct_digest ct_staging_known(const struct ct_image *image)
{
        return image->config.digest.algorithm != CT_DIGEST_NONE ? image->config.digest
                                                                : image->manifest.digest;
}

static int fail_expected(const struct ct_digest *expected, const struct ct_digest *a,
                         const struct ct_digest *b, contain_error_t **err)
{
        char text[CT_DIGEST_TEXT], first[CT_DIGEST_TEXT], second[CT_DIGEST_TEXT];
        int r;

        ct_digest_format(expected, text);
        ct_digest_format(a, first);
        ct_digest_format(b, second);
        r = ct_fail(err, CONTAIN_E_DIGEST, EBADMSG, NULL, "the image is not '%s', which was expected", text);
        ct_error_set_hint(err, "it is %s%s%s", first, *first != '\0' && *second != '\0' ? " or " : "",
                          second);
        return r;
}

static bool is_expected(const struct ct_deploy *how, const struct ct_digest *a, const struct ct_digest *b)
{
        return how->expected.algorithm == CT_DIGEST_NONE || ct_digest_equal(&how->expected, a) ||
               ct_digest_equal(&how->expected, b);
}

int ct_staging_check(const struct ct_image *image, const struct ct_deploy *how, contain_error_t **err)
{
        if (ct_staging_known(image).algorithm == CT_DIGEST_NONE ||
            is_expected(how, &image->manifest.digest, &image->config.digest))
                return 0;
        return fail_expected(&how->expected, &image->manifest.digest, &image->config.digest, err);
}

/* --- content --------------------------------------------------------------------------------- */

/* A plain archive is known by its own bytes: those that came, and those that they unpack to. */
static int unpack_stream(struct ct_staging *staging, const struct ct_image *image,
                         const struct ct_deploy *how, const struct ct_job *job, contain_error_t **err)
{
        _cleanup_(ct_stream_freep) struct ct_stream *tar = NULL;
        struct ct_stream *from = NULL, *raw = NULL, *plain = NULL;
        struct ct_tally raw_tally, tally;
        int r;

        r = ct_source_blob(image->source, &image->layers[0].blob, &from, err);
        if (r == 0)
                r = ct_stream_tally(from, &raw_tally, &raw, err);
        if (r == 0)
                r = ct_stream_decompress(raw, &plain, err);
        if (r == 0)
                r = ct_stream_tally(plain, &tally, &tar, err);
        if (r == 0)
                r = ct_unpack_layer(tar, staging->rootfs_fd, &how->unpack, job, &staging->counts, err);
        if (r == 0)
                r = ct_stream_drain(tar, err);
        if (r < 0)
                return r;
        /* Nothing else tells an archive from one whose sender died between two files. */
        if (tally.zeros < TAR_END)
                return ct_fail(err, CONTAIN_E_IMAGE, EBADMSG, NULL,
                               "the archive was cut short: it has no end");
        staging->stream = raw_tally.digest;
        staging->digest = tally.digest;
        if (!is_expected(how, &staging->stream, &staging->digest))
                return fail_expected(&how->expected, &staging->stream, &staging->digest, err);
        return 0;
}

int ct_staging_fill(struct ct_staging *staging, const struct ct_image *image, const struct ct_deploy *how,
                    const struct ct_job *job, contain_error_t **err)
{
        int r;

        staging->digest = ct_staging_known(image);
        if (staging->digest.algorithm != CT_DIGEST_NONE)
                r = ct_unpack_image(image, staging->rootfs_fd, &how->unpack, job, &staging->counts, err);
        else if (image->n_layers == 1)
                r = unpack_stream(staging, image, how, job, err);
        else
                r = ct_fail(err, CONTAIN_E_IMAGE, ENOTSUP, NULL, "the image has nothing that it is known by");
        if (r == 0 && !how->no_env)
                r = ct_staging_write_env(staging, image, &how->unpack.owner, err);
        if (r < 0)
                return r;
        ct_job_progress(job, "sync", staging->releases->path, 0, 0);
        /* All of it in one go: a call per file would wait for the disk as often. */
        if (syncfs(staging->dir_fd) < 0)
                return ct_fail(err, CONTAIN_E_DEPLOY, errno, NULL, "cannot write '%s' to its disk",
                               staging->releases->path);
        return 0;
}

int ct_staging_publish(struct ct_staging *staging, const char *name, contain_error_t **err)
{
        const struct ct_releases *releases = staging->releases;

        if (fchmod(staging->dir_fd, 0755) < 0 || fsync(staging->dir_fd) < 0 ||
            renameat2(releases->dir_fd, staging->name, releases->dir_fd, name, RENAME_NOREPLACE) < 0)
                return ct_fail(err, CONTAIN_E_DEPLOY, errno, NULL, "cannot make release '%s' in '%s'", name,
                               releases->path);
        staging->name[0] = '\0';
        if (fsync(releases->dir_fd) < 0)
                return ct_fail(err, CONTAIN_E_DEPLOY, errno, NULL, "cannot write '%s' to its disk",
                               releases->path);
        return 0;
}
