/* SPDX-License-Identifier: MIT */

/* Whether two files are the same, and what makes two folders so. */

#include "image/sync.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#define BLOCK_SIZE (64 * 1024)

/* The calls for attributes take paths; a descriptor of the folder, and one component, is as good as one. */
static void path_of(int dir_fd, const char *name, char ret[PATH_MAX])
{
        (void)snprintf(ret, PATH_MAX, "/proc/self/fd/%d/%s", dir_fd, name);
}

/* A file system without attributes has none. */
static ssize_t list(const char *path, char **ret)
{
        ssize_t size = llistxattr(path, NULL, 0);

        if (size < 0)
                return errno == ENOTSUP ? 0 : -errno;
        *ret = malloc((size_t)size + 1);
        if (!*ret)
                return -ENOMEM;
        size = llistxattr(path, *ret, (size_t)size);
        return size < 0 ? -errno : size;
}

static ssize_t get(const char *path, const char *name, char **ret)
{
        ssize_t size = lgetxattr(path, name, NULL, 0);

        if (size < 0)
                return -errno;
        *ret = malloc((size_t)size + 1);
        if (!*ret)
                return -ENOMEM;
        size = lgetxattr(path, name, *ret, (size_t)size);
        return size < 0 ? -errno : size;
}

/* Does @b have each attribute of @a, with its value? The machine's own policy labels both alike. */
static int has_all(const char *a, const char *b)
{
        _cleanup_free_ char *names = NULL;
        ssize_t size = list(a, &names);

        if (size < 0)
                return (int)size;
        for (const char *name = names; names && name < names + size; name += strlen(name) + 1) {
                _cleanup_free_ char *x = NULL, *y = NULL;
                ssize_t n, m;

                if (strcmp(name, "security.selinux") == 0)
                        continue;
                n = get(a, name, &x);
                m = get(b, name, &y);
                if (n < 0 || (m < 0 && m != -ENODATA))
                        return n < 0 ? (int)n : (int)m;
                if (n != m || memcmp(x, y, (size_t)n) != 0)
                        return 0;
        }
        return 1;
}

static int compare_xattrs(const char *from, const char *to)
{
        int r = has_all(from, to);

        return r <= 0 ? r : has_all(to, from);
}

static int compare_links(int from_fd, int to_fd, const char *name)
{
        char from[PATH_MAX], to[PATH_MAX];
        ssize_t n = readlinkat(from_fd, name, from, sizeof from), m = readlinkat(to_fd, name, to, sizeof to);

        if (n < 0 || m < 0)
                return -errno;
        return n == m && memcmp(from, to, (size_t)n) == 0;
}

/* What is there may have become a FIFO since it was looked at: nobody waits for its writer. */
static int open_file(int dir_fd, const char *name)
{
        return openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static int compare_content(int from_dir_fd, int to_dir_fd, const char *name)
{
        _cleanup_close_ int from_fd = open_file(from_dir_fd, name);
        _cleanup_close_ int to_fd = open_file(to_dir_fd, name);
        _cleanup_free_ char *blocks = malloc(2 * BLOCK_SIZE);
        off_t offset = 0;

        if (from_fd < 0 || to_fd < 0)
                return -errno;
        if (!blocks)
                return -ENOMEM;
        for (;;) {
                ssize_t n = pread(from_fd, blocks, BLOCK_SIZE, offset);
                ssize_t m = pread(to_fd, blocks + BLOCK_SIZE, BLOCK_SIZE, offset);

                if (n < 0 || m < 0)
                        return -errno;
                if (n != m || memcmp(blocks, blocks + BLOCK_SIZE, (size_t)n) != 0)
                        return 0;
                if (n == 0)
                        return 1;
                offset += n;
        }
}

int ct_sync_compare(const struct ct_sync *sync, int from_fd, int to_fd, const char *name,
                    const struct stat *from, const struct stat *to)
{
        char from_path[PATH_MAX], to_path[PATH_MAX];
        int r = 1;

        if (from->st_mode != to->st_mode || from->st_uid != to->st_uid || from->st_gid != to->st_gid ||
            from->st_mtim.tv_sec != to->st_mtim.tv_sec || from->st_mtim.tv_nsec != to->st_mtim.tv_nsec)
                return 0;
        if (S_ISREG(from->st_mode) && from->st_size != to->st_size)
                return 0;
        if ((S_ISCHR(from->st_mode) || S_ISBLK(from->st_mode)) && from->st_rdev != to->st_rdev)
                return 0;
        if (S_ISLNK(from->st_mode))
                r = compare_links(from_fd, to_fd, name);
        else if (S_ISREG(from->st_mode) && !sync->quick)
                r = compare_content(from_fd, to_fd, name);
        if (r <= 0)
                return r;
        path_of(from_fd, name, from_path);
        path_of(to_fd, name, to_path);
        return compare_xattrs(from_path, to_path);
}

/* --- folders --------------------------------------------------------------------------------- */

static int remove_others(const char *from, const char *to)
{
        _cleanup_free_ char *names = NULL;
        ssize_t size = list(to, &names);

        if (size < 0)
                return (int)size;
        for (const char *name = names; names && name < names + size; name += strlen(name) + 1)
                if (strcmp(name, "security.selinux") != 0 && lgetxattr(from, name, NULL, 0) < 0 &&
                    errno == ENODATA && lremovexattr(to, name) < 0)
                        return -errno;
        return 0;
}

static int copy_xattrs(int from_fd, int to_fd)
{
        _cleanup_free_ char *names = NULL;
        char from[PATH_MAX], to[PATH_MAX];
        ssize_t size;
        int r;

        path_of(from_fd, ".", from);
        path_of(to_fd, ".", to);
        r = compare_xattrs(from, to);
        if (r != 0)
                return r < 0 ? r : 0;
        r = remove_others(from, to);
        size = r < 0 ? r : list(from, &names);
        if (size < 0)
                return (int)size;
        for (const char *name = names; names && name < names + size; name += strlen(name) + 1) {
                _cleanup_free_ char *value = NULL;
                ssize_t n = get(from, name, &value);

                if (n < 0)
                        return (int)n;
                if (strcmp(name, "security.selinux") != 0 && lsetxattr(to, name, value, (size_t)n, 0) < 0)
                        return -errno;
        }
        return 0;
}

int ct_sync_copy_folder(int from_fd, int to_fd)
{
        struct stat from, to;
        int r;

        if (fstat(from_fd, &from) < 0 || fstat(to_fd, &to) < 0)
                return -errno;
        if ((from.st_uid != to.st_uid || from.st_gid != to.st_gid) &&
            fchown(to_fd, from.st_uid, from.st_gid) < 0)
                return -errno;
        r = copy_xattrs(from_fd, to_fd);
        if (r < 0)
                return r;
        /* After the owner, whose change takes bits away. */
        if (fchmod(to_fd, from.st_mode & 07777) < 0)
                return -errno;
        return futimens(to_fd, (const struct timespec[2]){ from.st_atim, from.st_mtim }) < 0 ? -errno : 0;
}
