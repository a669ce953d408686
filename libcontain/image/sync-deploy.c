/* SPDX-License-Identifier: MIT */

/*
 * An image deployed in place. It is unpacked aside, whole, to .contain/next, and from there becomes what is
 * in the folder, file by file; that it has is what .contain/release.json says. Whoever is killed in between
 * leaves .contain/next, and the next deployment does the rest first.
 */

#include "image/deploy.h"
#include "image/sync.h"
#include "image/mount-tables.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define NEXT "next"

static int open_below(int dir_fd, const char *path)
{
        int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

static int fail_disk(const struct ct_releases *releases, contain_error_t **err)
{
        return ct_fail(err, CONTAIN_E_DEPLOY, errno, NULL, "cannot write '%s' to its disk", releases->path);
}

static int prepare(struct ct_sync *sync, const struct ct_releases *releases, int from_fd,
                   contain_error_t **err)
{
        int r;

        sync->arena = releases->arena;
        sync->from_fd = from_fd;
        sync->to_fd = releases->top_fd;
        sync->aside_fd = releases->dir_fd;
        sync->own = CT_RELEASES_IN_PLACE;
        r = ct_mount_points_find(releases->arena, releases->top_fd, &sync->mount_points, err);
        return r < 0 ? r : ct_sync_check(sync, err);
}

/* The file says that it is done; what is left without it is only to be removed. */
static int finish(const struct ct_releases *releases, int next_fd, contain_error_t **err)
{
        int r;

        if (syncfs(releases->top_fd) < 0)
                return fail_disk(releases, err);
        if (renameat(next_fd, CT_RELEASE_FILE, releases->dir_fd, CT_RELEASE_FILE) < 0)
                return ct_fail(err, CONTAIN_E_DEPLOY, errno, NULL, "cannot write '%s/%s/%s'", releases->path,
                               releases->folder, CT_RELEASE_FILE);
        if (fsync(releases->dir_fd) < 0)
                return fail_disk(releases, err);
        r = ct_tree_remove(releases->dir_fd, NEXT);
        return r < 0 ? ct_fail(err, CONTAIN_E_DEPLOY, -r, NULL, "cannot remove '%s/%s/%s'", releases->path,
                               releases->folder, NEXT)
                     : 0;
}

/* Carries out what is in .contain/next: 1; 0 when there is nothing. */
static int apply(const struct ct_releases *releases, struct ct_sync *sync, contain_error_t **err)
{
        _cleanup_close_ int next_fd = open_below(releases->dir_fd, NEXT), rootfs_fd = -EBADF;
        int r;

        if (next_fd == -ENOENT)
                return 0;
        if (next_fd >= 0 && faccessat(next_fd, CT_RELEASE_FILE, F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
                r = ct_tree_remove(releases->dir_fd, NEXT);
                return r < 0 ? ct_fail(err, CONTAIN_E_DEPLOY, -r, NULL, "cannot remove '%s/%s/%s'",
                                       releases->path, releases->folder, NEXT)
                             : 0;
        }
        rootfs_fd = next_fd >= 0 ? open_below(next_fd, CT_RELEASE_ROOTFS) : next_fd;
        if (rootfs_fd < 0)
                return ct_fail(err, CONTAIN_E_DEPLOY, -rootfs_fd, NULL, "cannot open '%s/%s/%s'",
                               releases->path, releases->folder, NEXT);
        r = prepare(sync, releases, rootfs_fd, err);
        if (r == 0)
                r = ct_sync_run(sync, err);
        if (r == 0)
                r = finish(releases, next_fd, err);
        return r < 0 ? r : 1;
}

/* Whether there is anything but our own folder. */
static bool has_others(int top_fd)
{
        int fd = open_below(top_fd, ".");
        DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
        const struct dirent *entry;
        bool found = false;

        if (!dir) {
                ct_close(fd);
                return true;
        }
        while (!found && (entry = readdir(dir)))
                found = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
                        strcmp(entry->d_name, CT_RELEASES_IN_PLACE) != 0 &&
                        strcmp(entry->d_name, "lost+found") != 0;
        (void)closedir(dir);
        return found;
}

/* All that the image does not have goes: that has to be meant. */
static int check_target(int root_fd, const char *root_name, bool force, contain_error_t **err)
{
        int r;

        if (faccessat(root_fd, CT_RELEASES_IN_PLACE "/" CT_RELEASE_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
            faccessat(root_fd, CT_RELEASES_IN_PLACE "/" NEXT, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
                return 0;
        if (faccessat(root_fd, CT_RELEASES_FOLDER "/", F_OK, 0) == 0 &&
            faccessat(root_fd, CT_RELEASES_CURRENT, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
                return ct_fail(err, CONTAIN_E_DEPLOY, EEXIST, NULL,
                               "'%s' has releases, which would be removed", root_name);
        if (force || !has_others(root_fd))
                return 0;
        r = ct_fail(err, CONTAIN_E_DEPLOY, ENOTEMPTY, NULL,
                    "'%s' has something in it, and nothing was deployed to it before", root_name);
        ct_error_set_hint(err, "what the image does not have is removed; to do so, force it");
        return r;
}

static int put_result(struct ct_buf *buf, const char *status, const struct ct_releases *releases,
                      const struct ct_sync *sync, contain_error_t **err)
{
        ct_deploy_put_result(buf, status, releases->items);
        ct_deploy_put_warning(buf, releases->warning);
        (void)ct_buf_printf(buf, ",\"changed\":%llu,\"unchanged\":%llu,\"removed\":%llu}",
                            (unsigned long long)sync->counts.changed,
                            (unsigned long long)sync->counts.unchanged,
                            (unsigned long long)sync->counts.removed);
        return buf->failed ? ct_fail_memory(err) : 0;
}

/* Unpacks the image to .contain/next: 1; 0 when it is what is there already. */
static int stage(struct ct_job *job, struct ct_releases *releases, const struct ct_deploy *how,
                 contain_error_t **err)
{
        _cleanup_staging_ struct ct_staging staging = CT_STAGING_INIT;
        _cleanup_(ct_source_freep) struct ct_source *source = NULL;
        struct ct_image image = { 0 };
        struct ct_sync sync = { .job = job };
        struct ct_release *there;
        char name[64];
        int r;

        r = ct_deploy_stage(job, releases, how, &staging, &image, &there, err);
        source = image.source;
        if (r != 0)
                return r < 0 ? r : 0;
        if (staging.counts.deepest_path > CT_SYNC_DEPTH_MAX)
                return ct_fail(err, CONTAIN_E_DEPLOY, ENAMETOOLONG, NULL,
                               "the image has folders that are %llu deep, of which %d are possible in place",
                               (unsigned long long)staging.counts.deepest_path, CT_SYNC_DEPTH_MAX);
        ct_deploy_name(releases, &staging.digest, name);
        r = prepare(&sync, releases, staging.rootfs_fd, err);
        if (r == 0)
                r = ct_staging_describe(&staging, &image, how, name, err);
        if (r == 0)
                r = ct_staging_publish(&staging, NEXT, err);
        return r < 0 ? r : 1;
}

/* What .contain/release.json says becomes the only release that there is. */
static int load(struct ct_releases *releases, contain_error_t **err)
{
        int r;

        releases->n = 0;
        releases->items = ct_arena_alloc(releases->arena, sizeof *releases->items);
        if (!releases->items)
                return ct_fail_memory(err);
        r = ct_releases_read(releases, ".", releases->items);
        if (r < 0)
                return ct_fail_memory(err);
        releases->n = (size_t)r;
        if (r > 0)
                releases->items->current = true;
        return 0;
}

int ct_sync_deploy(struct ct_job *job, const struct ct_deploy *how, const struct ct_sync_request *request,
                   struct ct_buf *ret_json, contain_error_t **err)
{
        _cleanup_(ct_releases_freep) struct ct_releases *releases = NULL;
        struct ct_sync sync = { .job = job, .quick = request->quick };
        const char *root_name;
        int root_fd, r, changed = 0;

        r = ct_deploy_root(job, &root_fd, &root_name, err);
        if (r == 0)
                r = check_target(root_fd, root_name, request->force, err);
        if (r == 0)
                r = ct_deploy_begin(job, root_fd, root_name, CT_RELEASES_IN_PLACE, &releases, err);
        /* Once more: who makes a release there at the same moment has another lock, and looks for ours. */
        if (r == 0)
                r = check_target(root_fd, root_name, request->force, err);
        if (r == 0)
                r = apply(releases, &sync, err);
        if (r >= 0)
                r = load(releases, err);
        if (r == 0)
                r = changed = stage(job, releases, how, err);
        if (r > 0) {
                sync.counts = (struct ct_sync_counts){ 0 };
                r = apply(releases, &sync, err);
        }
        if (r >= 0)
                r = load(releases, err);
        if (r < 0)
                return r;
        if (releases->n == 0)
                return ct_fail(err, CONTAIN_E_DEPLOY, ENOENT, NULL, "cannot read '%s/%s/%s'", root_name,
                               releases->folder, CT_RELEASE_FILE);
        return put_result(ret_json, changed ? "deployed" : "unchanged", releases, &sync, err);
}

int ct_sync_release(int root_fd, const char *root_name, struct ct_releases **ret_releases,
                    struct ct_release *ret, contain_error_t **err)
{
        int r;

        if (faccessat(root_fd, CT_RELEASES_IN_PLACE, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
                return 0;
        r = ct_releases_open(root_fd, root_name, CT_RELEASES_IN_PLACE, false, ret_releases, err);
        if (r == 0)
                r = load(*ret_releases, err);
        if (r < 0)
                return r;
        if ((*ret_releases)->n == 0)
                return 0;
        *ret = (*ret_releases)->items[0];
        return 1;
}
