/* SPDX-License-Identifier: MIT */

/* Trees removed: whatever is in them, and however deep they are. */

#include "image/tree.h"

#include "base/sys.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* What is deeper is moved up first, so that as many descriptors are enough for any tree. */
#define DEEPEST 64

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

struct removal {
        int dirs[DEEPEST]; /* from the topmost down */
        unsigned moved;    /* how many were moved up to the topmost one */
};

static int open_folder(int dir_fd, const char *name)
{
        return ct_sys_openat2(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0,
                              RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
                                      RESOLVE_NO_XDEV);
}

/* With the rights that it takes to empty it, if they are ours to give. */
static int open_to_empty(int dir_fd, const char *name)
{
        _cleanup_close_ int path_fd = -EBADF;
        struct stat status;
        char link[64];
        int fd;

        fd = open_folder(dir_fd, name);
        if (geteuid() == 0 || (fd < 0 && fd != -EACCES))
                return fd;
        if (fd >= 0) {
                if (fstat(fd, &status) == 0 && (status.st_mode & 0700) != 0700)
                        (void)fchmod(fd, (status.st_mode & 07777) | 0700);
                return fd;
        }
        path_fd = openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (path_fd < 0)
                return -errno;
        (void)snprintf(link, sizeof link, "/proc/self/fd/%d", path_fd);
        if (fstat(path_fd, &status) < 0 || !S_ISDIR(status.st_mode) ||
            chmod(link, (status.st_mode & 07777) | 0700) < 0)
                return -EACCES;
        return open_folder(dir_fd, name);
}

static int move_up(struct removal *removal, int dir_fd, const char *name)
{
        char free_name[64];
        int attempt;

        for (attempt = 0; attempt < 1000; attempt++) {
                (void)snprintf(free_name, sizeof free_name, ".removed-%u", removal->moved++);
                if (renameat2(dir_fd, name, removal->dirs[0], free_name, RENAME_NOREPLACE) == 0)
                        return 0;
                if (errno != EEXIST)
                        return -errno;
        }
        return -EEXIST;
}

static int empty(struct removal *removal, unsigned depth);

static int remove_entry(struct removal *removal, unsigned depth, const char *name)
{
        int r, dir_fd = removal->dirs[depth];

        if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
                return 0;
        if (errno != EISDIR && errno != EPERM)
                return -errno;
        /* An empty one, or one that something is mounted on, needs no look into. */
        if (unlinkat(dir_fd, name, AT_REMOVEDIR) == 0)
                return 0;
        if (errno == ENOTDIR)
                return -EPERM; /* as the kernel said first */
        if (errno != ENOTEMPTY && errno != EEXIST && errno != EACCES)
                return -errno;
        r = open_to_empty(dir_fd, name);
        if (r < 0)
                return r == -EXDEV ? -EBUSY : r;
        if (depth + 1 == DEEPEST) {
                ct_close(r);
                return move_up(removal, dir_fd, name);
        }
        removal->dirs[depth + 1] = r;
        r = empty(removal, depth + 1);
        ct_close(removal->dirs[depth + 1]);
        if (r == 0 && unlinkat(dir_fd, name, AT_REMOVEDIR) < 0)
                r = -errno;
        return r;
}

/* Removes what is in the folder at @depth; more than one pass when folders came up to it meanwhile. */
static int empty(struct removal *removal, unsigned depth)
{
        struct dirent *entry;
        unsigned moved;
        DIR *dir;
        int fd, r = 0;

        do {
                moved = removal->moved;
                fd = openat(removal->dirs[depth], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                dir = fd < 0 ? NULL : fdopendir(fd);
                if (!dir) {
                        r = -errno;
                        ct_close(fd);
                        return r;
                }
                while (r == 0 && (errno = 0, entry = readdir(dir)))
                        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                                r = remove_entry(removal, depth, entry->d_name);
                if (r == 0 && errno != 0)
                        r = -errno;
                (void)closedir(dir);
        } while (r == 0 && depth == 0 && removal->moved != moved);
        return r;
}

int ct_tree_empty(int dir_fd)
{
        struct removal removal = { .dirs = { dir_fd } };

        return empty(&removal, 0);
}

int ct_tree_remove(int dir_fd, const char *name)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
                return 0;
        if (errno != EISDIR && errno != EPERM)
                return -errno;
        fd = open_to_empty(dir_fd, name);
        if (fd == -ENOENT)
                return 0;
        if (fd < 0)
                return fd == -EXDEV ? -EBUSY : fd == -ENOTDIR ? -EPERM : fd;
        r = ct_tree_empty(fd);
        if (r < 0)
                return r;
        return unlinkat(dir_fd, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

int ct_tree_is_empty(int dir_fd)
{
        struct dirent *entry;
        DIR *dir;
        int fd, r = 1;

        fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        dir = fd < 0 ? NULL : fdopendir(fd);
        if (!dir) {
                r = -errno;
                ct_close(fd);
                return r;
        }
        while (r == 1 && (errno = 0, entry = readdir(dir)))
                if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                        r = 0;
        if (r == 1 && errno != 0)
                r = -errno;
        (void)closedir(dir);
        return r;
}
