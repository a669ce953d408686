/* SPDX-License-Identifier: MIT */

/*
 * The folders that cgroups are. Other containers' folders are made and removed at the same time, in
 * this process and in others, so what was seen a moment ago may be gone.
 */

#include "cgroup/internal.h"

#include "base/fds.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MAKE_TRIES_MAX = 100 };

/* Nothing bounds how many folders a container makes below its own, and how deep: this bounds one call. */
enum { REMOVE_STEPS_MAX = 1 << 16 };

/* Only others than root need the owner's bits, which the host's umask may have taken. */
static int make(const char *path)
{
        if (geteuid() != 0)
                return ct_mkdirat(AT_FDCWD, path, 0755);
        return mkdir(path, 0755) < 0 ? -errno : 0;
}

static int make_parents(const struct ct_hierarchy *hierarchy, const char *path, size_t *made)
{
        size_t depth = ct_cgroup_depth(path), offset = strlen(hierarchy->mountpoint), level = 0;
        char part[PATH_MAX];
        int r;

        r = ct_cgroup_format(part, hierarchy, path, NULL);
        if (r < 0)
                return r;
        for (char *slash = strchr(part + offset + 1, '/'); slash; slash = strchr(slash + 1, '/'), level++) {
                *slash = '\0';
                r = make(part);
                if (r < 0 && r != -EEXIST)
                        return r;
                if (r == 0 && *made < depth - level)
                        *made = depth - level;
                *slash = '/';
        }
        return 0;
}

int ct_folders_foresee(const struct ct_hierarchy *hierarchy, const char *path)
{
        size_t end = strlen(hierarchy->mountpoint);
        char full[PATH_MAX], *slash;
        int r;

        r = ct_cgroup_format(full, hierarchy, path, NULL);
        if (r < 0)
                return r;
        if (access(full, F_OK) == 0)
                return 1;
        while (errno == ENOENT && (slash = strrchr(full, '/')) && slash >= full + end) {
                *slash = '\0';
                if (faccessat(AT_FDCWD, full, W_OK | X_OK, AT_EACCESS) == 0)
                        return 0;
        }
        return -errno;
}

int ct_folders_make(const struct ct_hierarchy *hierarchy, const char *path, size_t *made)
{
        char full[PATH_MAX];
        int r;

        r = ct_cgroup_format(full, hierarchy, path, NULL);
        if (r < 0)
                return r;
        /* Whoever made a parent removes it when it is empty, maybe between our two calls. */
        for (int tries = 0; tries < MAKE_TRIES_MAX; tries++) {
                r = make(full);
                if (r == 0) {
                        if (*made == 0)
                                *made = 1;
                        return 0;
                }
                if (r == -EEXIST)
                        return 1;
                if (r != -ENOENT)
                        return r;
                if (ct_cgroup_depth(path) == 1)
                        return -ENOENT;
                r = make_parents(hierarchy, path, made);
                if (r < 0 && r != -ENOENT)
                        return r;
        }
        return -ENOENT;
}

/*
 * Removes the empty folders in @fd. @ret_name is one that could not be removed, "" for none. Returns the
 * number removed.
 */
static int remove_children(int fd, char ret_name[static NAME_MAX + 1])
{
        struct dirent *entry;
        int removed = 0, copy;
        DIR *folder;

        ret_name[0] = '\0';
        copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (copy < 0)
                return -errno;
        folder = fdopendir(copy);
        if (!folder) {
                (void)ct_close(copy);
                return -ENOMEM;
        }
        while ((entry = readdir(folder))) {
                if (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 ||
                    strcmp(entry->d_name, "..") == 0)
                        continue;
                if (unlinkat(fd, entry->d_name, AT_REMOVEDIR) == 0 || errno == ENOENT)
                        removed++;
                else
                        (void)snprintf(ret_name, NAME_MAX + 1, "%s", entry->d_name);
        }
        (void)closedir(folder);
        return removed;
}

int ct_folders_below(int fd)
{
        struct dirent *entry;
        int copy, found = 0;
        DIR *folder;

        copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (copy < 0)
                return -errno;
        folder = fdopendir(copy);
        if (!folder) {
                (void)ct_close(copy);
                return -ENOMEM;
        }
        while (found == 0 && (entry = readdir(folder)))
                found = entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 &&
                        strcmp(entry->d_name, "..") != 0;
        (void)closedir(folder);
        return found;
}

/* v1 keeps even SIGKILL from a frozen process, and a container may have frozen a part of itself. */
static void thaw_v1(int fd)
{
        int file = openat(fd, "freezer.state", O_WRONLY | O_CLOEXEC);

        if (file >= 0 && write(file, "THAWED", 6) < 0)
                errno = 0;
        (void)ct_close(file);
}

static int replace(int *fd, const char *name)
{
        int next = openat(*fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        if (next < 0)
                return -errno;
        (void)ct_close(*fd);
        *fd = next;
        return 0;
}

/*
 * Empties @top_fd of folders, with one descriptor and no recursion, however deep they are: down into a
 * folder that can't be removed, up when nothing is left in it. -EBUSY when only processes can be the reason.
 */
static int remove_below(int top_fd, bool kill)
{
        _cleanup_close_ int fd = -EBADF;
        char name[NAME_MAX + 1];
        bool came_up = false;
        size_t depth = 0;

        fd = openat(top_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        for (int steps = 0; steps < REMOVE_STEPS_MAX; steps++) {
                int removed, r;

                if (kill)
                        thaw_v1(fd);
                removed = remove_children(fd, name);
                if (removed < 0)
                        return removed;
                if (name[0] == '\0') {
                        if (kill)
                                (void)ct_procs_signal(fd, SIGKILL, false);
                        if (depth == 0)
                                return 0;
                        r = replace(&fd, "..");
                        came_up = true;
                        depth--;
                } else if (came_up && removed == 0) {
                        return -EBUSY;
                } else {
                        r = replace(&fd, name);
                        came_up = false;
                        depth += r >= 0;
                }
                if (r < 0 && r != -ENOENT)
                        return r;
        }
        return -EBUSY;
}

int ct_folders_remove(const struct ct_hierarchy *hierarchy, const char *path, bool kill)
{
        _cleanup_close_ int fd = -EBADF;
        char full[PATH_MAX];
        int r;

        r = ct_cgroup_format(full, hierarchy, path, NULL);
        if (r < 0)
                return r;
        if (rmdir(full) == 0 || errno == ENOENT)
                return 0;
        if (errno != EBUSY && errno != ENOTEMPTY)
                return -errno;
        fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT ? 0 : -errno;
        r = remove_below(fd, kill);
        if (r < 0)
                return r;
        return rmdir(full) == 0 || errno == ENOENT ? 0 : -errno;
}

int ct_folders_empty(const struct ct_hierarchy *hierarchy, const char *path, bool below, bool kill)
{
        _cleanup_pids_ struct ct_pid_list list = { 0 };
        _cleanup_close_ int fd = -EBADF;
        char full[PATH_MAX];
        int r;

        r = ct_cgroup_format(full, hierarchy, path, NULL);
        if (r < 0)
                return r;
        fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT ? 0 : -errno;
        if (kill) {
                thaw_v1(fd);
                (void)ct_procs_signal(fd, SIGKILL, true);
        }
        r = below ? remove_below(fd, kill) : 0;
        if (r >= 0)
                r = ct_procs_read_below(fd, &list);
        return r < 0 ? r : list.n > 0 ? -EBUSY : 0;
}

void ct_folders_remove_parents(const struct ct_hierarchy *hierarchy, const char *path, size_t made)
{
        char full[PATH_MAX];

        if (ct_cgroup_format(full, hierarchy, path, NULL) < 0)
                return;
        for (; made > 1; made--) {
                ct_cgroup_cut(full);
                if (rmdir(full) < 0 && errno != ENOENT)
                        return; /* others are in it */
        }
}
