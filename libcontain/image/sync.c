/* SPDX-License-Identifier: MIT */

/* The two passes over both trees: what is new or changed, then what is gone. */

#include "image/sync.h"

#include "image/tree.h"

#include "base/mountinfo.h"
#include "base/sys.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>

#define ASIDE "link"

/* A folder in both trees. */
struct pair {
        int from_fd, to_fd;
        unsigned depth;
        char path[PATH_MAX]; /* below the top, "" for it */
};

typedef int (*entry_fn)(struct ct_sync *sync, const struct pair *at, const char *name, contain_error_t **err);

bool ct_sync_is_mount_point(const struct ct_sync *sync, const char *path)
{
        for (size_t i = 0; sync->mount_points[i]; i++)
                if (strcmp(sync->mount_points[i], path) == 0)
                        return true;
        return false;
}

bool ct_sync_leads_to_mount_point(const struct ct_sync *sync, const char *path)
{
        for (size_t i = 0; sync->mount_points[i]; i++) {
                const char *below = ct_mountinfo_below(sync->mount_points[i], path);

                if (below && *below != '\0')
                        return true;
        }
        return false;
}

static int fail(const struct pair *at, const char *name, int r, const char *what, contain_error_t **err)
{
        if (r == -ENOMEM)
                return ct_fail_memory(err);
        return ct_fail(err, CONTAIN_E_DEPLOY, -r, NULL, "cannot %s '%s%s%s'", what, at->path,
                       at->path[0] != '\0' ? "/" : "", name);
}

/* Of what begins with the folder's own path, both were walked to: a component has no way out. */
static int open_folder(int dir_fd, const char *name)
{
        return ct_sys_openat2(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0,
                              RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

static int below(const struct pair *at, const char *name, char ret[PATH_MAX])
{
        int length = snprintf(ret, PATH_MAX, "%s%s%s", at->path, at->path[0] != '\0' ? "/" : "", name);

        return length >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static int next_below(const struct pair *at, const char *name, struct pair *ret)
{
        ret->depth = at->depth + 1;
        return ret->depth > CT_SYNC_DEPTH_MAX ? -ELOOP : below(at, name, ret->path);
}

/* Each name in the folder @fd, but for the one of our own at the top. */
static int each_entry(struct ct_sync *sync, const struct pair *at, int fd, entry_fn each,
                      contain_error_t **err)
{
        int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
        DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
        const struct dirent *entry;

        if (!dir) {
                r = -errno;
                ct_close(copy);
                return fail(at, "", r, "read", err);
        }
        while (r == 0 && (entry = readdir(dir))) {
                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                    (at->path[0] == '\0' && strcmp(entry->d_name, sync->own) == 0))
                        continue;
                r = each(sync, at, entry->d_name, err);
        }
        (void)closedir(dir);
        return r;
}

static int check_cancelled(const struct ct_sync *sync, contain_error_t **err)
{
        if (!sync->job || !ct_job_is_cancelled(sync->job))
                return 0;
        return ct_fail(err, CONTAIN_E_CANCELLED, ECANCELED, NULL, "nobody waits for the deployment any more");
}

/* --- what is new or changed ------------------------------------------------------------------ */

static int update_entry(struct ct_sync *sync, const struct pair *at, const char *name, contain_error_t **err);

static int update_folder(struct ct_sync *sync, const struct pair *at, const char *name, const struct stat *to,
                         contain_error_t **err)
{
        _cleanup_close_ int from_fd = -EBADF, to_fd = -EBADF;
        struct pair next;
        int r = 0;

        if (to && !S_ISDIR(to->st_mode) && unlinkat(at->to_fd, name, 0) < 0)
                return fail(at, name, -errno, "replace", err);
        if ((!to || !S_ISDIR(to->st_mode)) && mkdirat(at->to_fd, name, 0700) < 0)
                return fail(at, name, -errno, "make folder", err);
        from_fd = open_folder(at->from_fd, name);
        to_fd = open_folder(at->to_fd, name);
        if (from_fd < 0 || to_fd < 0)
                return fail(at, name, from_fd < 0 ? from_fd : to_fd, "open folder", err);
        r = next_below(at, name, &next);
        if (r < 0)
                return fail(at, name, r, "open folder", err);
        next.from_fd = from_fd;
        next.to_fd = to_fd;
        return each_entry(sync, &next, from_fd, update_entry, err);
}

/* Puts the source's file in its place, in one step: first a link of another name, then a rename. */
static int install(struct ct_sync *sync, const struct pair *at, const char *name, const struct stat *to,
                   contain_error_t **err)
{
        int r = 0;

        if (to && S_ISDIR(to->st_mode))
                r = ct_tree_remove(at->to_fd, name);
        if (r == 0 && unlinkat(sync->aside_fd, ASIDE, 0) < 0 && errno != ENOENT)
                r = -errno;
        if (r == 0 && (linkat(at->from_fd, name, sync->aside_fd, ASIDE, 0) < 0 ||
                       renameat2(sync->aside_fd, ASIDE, at->to_fd, name, 0) < 0))
                r = -errno;
        if (r < 0)
                return fail(at, name, r, to ? "replace" : "make", err);
        sync->counts.changed++;
        return 0;
}

static int update_file(struct ct_sync *sync, const struct pair *at, const char *name, const struct stat *from,
                       const struct stat *to, contain_error_t **err)
{
        const struct ct_sync_group *group = ct_sync_group(sync, from->st_ino);
        int r = 0;

        if (to && from->st_dev == to->st_dev && from->st_ino == to->st_ino)
                return 0; /* by the run that was interrupted */
        if (group)
                r = group->kept;
        else if (to && to->st_nlink == 1)
                r = ct_sync_compare(sync, at->from_fd, at->to_fd, name, from, to);
        if (r < 0)
                return fail(at, name, r, "compare", err);
        if (r == 0)
                return install(sync, at, name, to, err);
        sync->counts.unchanged++;
        return 0;
}

static int update_entry(struct ct_sync *sync, const struct pair *at, const char *name, contain_error_t **err)
{
        struct stat from, status;
        const struct stat *to = &status;
        char path[PATH_MAX];
        int r;

        r = check_cancelled(sync, err);
        if (r < 0)
                return r;
        r = below(at, name, path);
        if (r == 0 && ct_sync_is_mount_point(sync, path))
                return 0;
        if (r == 0 && fstatat(at->from_fd, name, &from, AT_SYMLINK_NOFOLLOW) < 0)
                r = -errno;
        if (r == 0 && fstatat(at->to_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
                to = NULL;
                r = errno == ENOENT ? 0 : -errno;
        }
        if (r < 0)
                return fail(at, name, r, "look at", err);
        return S_ISDIR(from.st_mode) ? update_folder(sync, at, name, to, err)
                                     : update_file(sync, at, name, &from, to, err);
}

/* --- what is gone ---------------------------------------------------------------------------- */

static int clean_entry(struct ct_sync *sync, const struct pair *at, const char *name, contain_error_t **err);

/* The folder's own attributes come last: what is done in it changes its time. */
static int clean_folder(struct ct_sync *sync, const struct pair *at, const char *name, bool is_wanted,
                        contain_error_t **err)
{
        _cleanup_close_ int from_fd = -EBADF, to_fd = -EBADF;
        struct pair next;
        int r = next_below(at, name, &next);

        to_fd = r == 0 ? open_folder(at->to_fd, name) : r;
        if (to_fd >= 0 && is_wanted)
                from_fd = open_folder(at->from_fd, name);
        if (to_fd < 0 || (is_wanted && from_fd < 0))
                return fail(at, name, to_fd < 0 ? to_fd : from_fd, "open folder", err);
        next.from_fd = from_fd;
        next.to_fd = to_fd;
        r = each_entry(sync, &next, to_fd, clean_entry, err);
        if (r == 0 && is_wanted) {
                r = ct_sync_copy_folder(from_fd, to_fd);
                if (r < 0)
                        return fail(at, name, r, "set the attributes of", err);
        }
        return r;
}

static int clean_entry(struct ct_sync *sync, const struct pair *at, const char *name, contain_error_t **err)
{
        struct stat from, to;
        bool is_wanted;
        char path[PATH_MAX];
        int r;

        r = check_cancelled(sync, err);
        if (r < 0)
                return r;
        r = below(at, name, path);
        if (r == 0 && ct_sync_is_mount_point(sync, path))
                return 0;
        if (r == 0 && fstatat(at->to_fd, name, &to, AT_SYMLINK_NOFOLLOW) < 0)
                r = -errno;
        if (r < 0)
                return fail(at, name, r, "look at", err);
        /* A folder that stays only for what is mounted below it has no counterpart. */
        is_wanted = at->from_fd >= 0 && fstatat(at->from_fd, name, &from, AT_SYMLINK_NOFOLLOW) == 0;
        if (is_wanted && !S_ISDIR(to.st_mode))
                return 0;
        if (is_wanted || (S_ISDIR(to.st_mode) && ct_sync_leads_to_mount_point(sync, path)))
                return clean_folder(sync, at, name, is_wanted, err);
        r = ct_tree_remove(at->to_fd, name);
        if (r < 0)
                return fail(at, name, r, "remove", err);
        sync->counts.removed++;
        return 0;
}

/* --- all of it ------------------------------------------------------------------------------- */

/* What is mounted somewhere needs a folder on each step of the way. */
static int check_mount_point(const struct ct_sync *sync, const char *path, contain_error_t **err)
{
        char prefix[PATH_MAX];

        for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
                _cleanup_close_ int fd = -EBADF;
                struct stat status;

                (void)snprintf(prefix, sizeof prefix, "%.*s", (int)(slash - path), path);
                fd = ct_sys_openat2(sync->from_fd, prefix, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0,
                                    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
                if (fd == -ENOENT)
                        return 0;
                if (fd < 0 || fstat(fd, &status) < 0 || !S_ISDIR(status.st_mode))
                        return ct_fail(err, CONTAIN_E_DEPLOY, EBUSY, NULL,
                                       "something is mounted at '%s', and '%s' is no folder in the image",
                                       path, prefix);
        }
        return 0;
}

int ct_sync_check(struct ct_sync *sync, contain_error_t **err)
{
        struct stat status;
        int r = 0;

        if (fstatat(sync->from_fd, sync->own, &status, AT_SYMLINK_NOFOLLOW) == 0)
                return ct_fail(err, CONTAIN_E_DEPLOY, EEXIST, NULL,
                               "the image has '/%s', which is where deployments are kept", sync->own);
        for (size_t i = 0; r == 0 && sync->mount_points[i]; i++)
                r = check_mount_point(sync, sync->mount_points[i], err);
        return r;
}

int ct_sync_run(struct ct_sync *sync, contain_error_t **err)
{
        struct pair top = { .from_fd = sync->from_fd, .to_fd = sync->to_fd };
        int r;

        r = ct_sync_find_groups(sync, err);
        if (r == 0)
                r = each_entry(sync, &top, sync->from_fd, update_entry, err);
        if (r == 0)
                r = each_entry(sync, &top, sync->to_fd, clean_entry, err);
        if (r < 0)
                return r;
        r = ct_sync_copy_folder(sync->from_fd, sync->to_fd);
        return r < 0 ? fail(&top, ".", r, "set the attributes of", err) : 0;
}
