/* SPDX-License-Identifier: MIT */

/*
 * Files of several names. Either all names of one are a single file in the target already, and nothing else
 * is, or each of them is replaced: so what belongs together is together afterwards, and nothing more.
 */

#include "image/sync.h"

#include "base/sys.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>

struct name {
        ino_t inode;
        const char *path;
};

struct names {
        struct ct_arena *arena;
        struct name *items;
        size_t n, capacity;
};

static int add_name(struct names *names, ino_t inode, const char *path)
{
        if (names->n == names->capacity) {
                size_t capacity = names->capacity ? names->capacity * 2 : 64;
                struct name *items = realloc(names->items, capacity * sizeof *items);

                if (!items)
                        return -ENOMEM;
                names->items = items;
                names->capacity = capacity;
        }
        names->items[names->n] = (struct name){ .inode = inode, .path = ct_arena_strdup(names->arena, path) };
        return names->items[names->n++].path ? 0 : -ENOMEM;
}

static int find_names(struct names *names, int dir_fd, const char *path);

static int find_name(struct names *names, int dir_fd, const char *path, const char *name)
{
        char below[PATH_MAX];
        struct stat status;
        int fd;

        if (snprintf(below, sizeof below, "%s%s%s", path, *path != '\0' ? "/" : "", name) >= PATH_MAX)
                return -ENAMETOOLONG;
        if (fstatat(dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        if (!S_ISDIR(status.st_mode))
                return status.st_nlink > 1 ? add_name(names, status.st_ino, below) : 0;
        fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 ? -errno : find_names(names, fd, below);
}

/* Takes @dir_fd over. */
static int find_names(struct names *names, int dir_fd, const char *path)
{
        DIR *dir = fdopendir(dir_fd);
        const struct dirent *entry;
        int r = 0;

        if (!dir) {
                r = -errno;
                ct_close(dir_fd);
                return r;
        }
        while (r == 0 && (entry = readdir(dir)))
                if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                        r = find_name(names, dir_fd, path, entry->d_name);
        (void)closedir(dir);
        return r;
}

static int compare_inodes(const void *a, const void *b)
{
        const struct name *x = a, *y = b;

        return x->inode < y->inode ? -1 : x->inode > y->inode;
}

/* The folder that @path is in, and its name there. */
static int open_parent(int top_fd, const char *path, const char **ret_name)
{
        const char *slash = strrchr(path, '/');
        char parent[PATH_MAX];

        (void)snprintf(parent, sizeof parent, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
        *ret_name = slash ? slash + 1 : path;
        return ct_sys_openat2(top_fd, parent, O_PATH | O_DIRECTORY | O_CLOEXEC, 0,
                              RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

/* 1: the target has at @path what the source has; *first is which file that has to be, if its st_ino is set.
 */
static int check_name(const struct ct_sync *sync, const char *path, size_t n, struct stat *first)
{
        _cleanup_close_ int from_fd = -EBADF, to_fd = -EBADF;
        struct stat from, to;
        const char *name;

        if (ct_sync_is_mount_point(sync, path))
                return 0;
        from_fd = open_parent(sync->from_fd, path, &name);
        to_fd = open_parent(sync->to_fd, path, &name);
        if (from_fd < 0)
                return from_fd;
        if (to_fd < 0 || fstatat(to_fd, name, &to, AT_SYMLINK_NOFOLLOW) < 0)
                return 0;
        if (fstatat(from_fd, name, &from, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        if (to.st_nlink != n || (first->st_ino != 0 && first->st_ino != to.st_ino))
                return 0;
        if (first->st_ino != 0)
                return 1;
        *first = to;
        return ct_sync_compare(sync, from_fd, to_fd, name, &from, &to);
}

static int add_group(struct ct_sync *sync, const struct name *names, size_t n)
{
        struct ct_sync_group group = { .inode = names->inode, .n = n, .kept = true };
        struct stat first = { 0 };

        for (size_t i = 0; i < n && group.kept; i++) {
                int r = check_name(sync, names[i].path, n, &first);

                if (r < 0)
                        return r;
                group.kept = r > 0;
        }
        sync->groups[sync->n_groups++] = group;
        return 0;
}

int ct_sync_find_groups(struct ct_sync *sync, contain_error_t **err)
{
        struct names names = { .arena = sync->arena };
        int r, fd = openat(sync->from_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        r = fd < 0 ? -errno : find_names(&names, fd, "");
        sync->groups = ct_arena_array(sync->arena, names.n, sizeof *sync->groups);
        sync->n_groups = 0;
        if (!sync->groups)
                r = -ENOMEM;
        if (r == 0 && names.n > 0)
                qsort(names.items, names.n, sizeof *names.items, compare_inodes);
        for (size_t i = 0, end; r == 0 && i < names.n; i = end) {
                for (end = i; end < names.n && names.items[end].inode == names.items[i].inode; end++)
                        ;
                /* One name in the source, and one that an interrupted run has made of it in the target. */
                if (end - i > 1)
                        r = add_group(sync, &names.items[i], end - i);
        }
        free(names.items);
        if (r == -ENOMEM)
                return ct_fail_memory(err);
        return r < 0 ? ct_fail(err, CONTAIN_E_DEPLOY, -r, NULL, "cannot compare the files of several names")
                     : 0;
}

const struct ct_sync_group *ct_sync_group(const struct ct_sync *sync, ino_t inode)
{
        size_t low = 0, high = sync->n_groups;

        while (low < high) {
                size_t middle = (low + high) / 2;

                if (sync->groups[middle].inode == inode)
                        return &sync->groups[middle];
                if (sync->groups[middle].inode < inode)
                        low = middle + 1;
                else
                        high = middle;
        }
        return NULL;
}
