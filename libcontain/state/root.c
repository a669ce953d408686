/* SPDX-License-Identifier: MIT */

/*
 * The state root: made when first needed, and refused when others could plant folders in it. What a
 * record says is carried out with the caller's privilege: processes killed, cgroups removed.
 */

#include "state/folder.h"

#include "base/fds.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

/* Makes the parents for everybody, the root itself for its owner only. */
static int make_root(char *root)
{
        char *slash = strrchr(root, '/');
        int r = 0;

        if (slash && slash != root) {
                *slash = '\0';
                r = ct_mkdir_parents(root, 0755);
                *slash = '/';
        }
        if (r == 0)
                r = ct_mkdirat(AT_FDCWD, root, 0700);
        return r == -EEXIST ? 0 : r;
}

/*
 * Opens @root, through a symbolic link only if root or the caller made that link: in a sticky
 * folder such as /tmp nobody else can have put it there, or can replace it.
 */
static int open_root(const char *root, int flags)
{
        struct stat status;
        int fd;

        flags |= O_DIRECTORY | O_CLOEXEC;
        fd = open(root, flags | O_NOFOLLOW);
        if (fd >= 0)
                return fd;
        if (errno != ENOTDIR && errno != ELOOP)
                return -errno;
        if (lstat(root, &status) < 0)
                return -errno;
        if (!S_ISLNK(status.st_mode))
                return -ENOTDIR;
        if (status.st_uid != 0 && status.st_uid != geteuid())
                return -ELOOP;
        fd = open(root, flags);
        return fd < 0 ? -errno : fd;
}

/* What to do where the place itself is not the caller's. */
static int fail_place(int r, contain_error_t **err)
{
        if (r == -EPERM || r == -EACCES || r == -EROFS)
                ct_error_set_hint(err,
                                  "set XDG_RUNTIME_DIR to a folder of the caller's, or choose a state root");
        return r;
}

static int check_root(const char *root, int fd, contain_error_t **err)
{
        struct stat status;
        bool by_group, by_all;

        if (fstat(fd, &status) < 0)
                return ct_fail(err, CONTAIN_E_STATE, errno, NULL, "cannot open the state root '%s'", root);
        if (status.st_uid != geteuid())
                return fail_place(ct_fail(err, CONTAIN_E_STATE, EPERM, NULL,
                                          "the state root '%s' belongs to user %u, not to the caller", root,
                                          status.st_uid),
                                  err);
        /* Distributions that give each user a group of its own let that group write. */
        by_group = (status.st_mode & S_IWGRP) && status.st_gid != getegid();
        by_all = status.st_mode & S_IWOTH;
        if (by_group || by_all)
                return ct_fail(err, CONTAIN_E_STATE, EPERM, NULL,
                               "the state root '%s' can be written to by other users", root);
        return 0;
}

int ct_state_root_open(const char *root, bool make, int flags, contain_error_t **err)
{
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = -EBADF;
        size_t length;
        int r;

        path = strdup(root);
        if (!path)
                return ct_fail_memory(err);
        /* With a slash at its end a symbolic link would always be followed. */
        for (length = strlen(path); length > 1 && path[length - 1] == '/'; length--)
                path[length - 1] = '\0';

        fd = open_root(path, flags);
        if (fd == -ENOENT && make) {
                r = make_root(path);
                if (r == -ENOMEM)
                        return ct_fail_memory(err);
                if (r < 0)
                        return fail_place(ct_fail(err, CONTAIN_E_STATE, -r, NULL,
                                                  "cannot make the state root '%s'", path),
                                          err);
                fd = open_root(path, flags);
        }
        if (fd == -ENOENT && !make)
                return -ENOENT;
        if (fd < 0)
                return fail_place(
                        ct_fail(err, CONTAIN_E_STATE, -fd, NULL, "cannot open the state root '%s'", path),
                        err);
        r = check_root(path, fd, err);
        return r < 0 ? r : ct_take_fd(&fd);
}

/* --- what is in it -------------------------------------------------------------------------- */

struct list {
        char **ids;
        size_t n, capacity;
};

static void list_done(struct list *list)
{
        ct_state_list_free(list->ids, list->n);
}

static int list_add(struct list *list, const char *id)
{
        if (list->n == list->capacity) {
                size_t capacity = list->capacity > 0 ? list->capacity * 2 : 16;
                char **ids = realloc(list->ids, capacity * sizeof *ids);

                if (!ids)
                        return -ENOMEM;
                list->ids = ids;
                list->capacity = capacity;
        }
        list->ids[list->n] = strdup(id);
        if (!list->ids[list->n])
                return -ENOMEM;
        list->n++;
        return 0;
}

static void close_folder(DIR **folder)
{
        if (*folder)
                (void)closedir(*folder);
}

static int read_names(int *fd, struct list *list)
{
        _cleanup_(close_folder) DIR *folder = NULL;
        const struct dirent *entry;

        folder = fdopendir(*fd);
        if (!folder)
                return -errno;
        (void)ct_take_fd(fd);

        for (errno = 0; (entry = readdir(folder)); errno = 0) {
                if (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN)
                        continue;
                if (ct_state_check_id(entry->d_name, NULL) < 0)
                        continue;
                if (list_add(list, entry->d_name) < 0)
                        return -ENOMEM;
        }
        return -errno;
}

static int compare(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

int ct_state_list(const char *root, char ***ret, size_t *ret_n, contain_error_t **err)
{
        _cleanup_(list_done) struct list list = { NULL, 0, 0 };
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = ct_state_root_open(root, false, O_RDONLY, err);
        if (fd < 0 && fd != -ENOENT)
                return fd;
        if (fd >= 0) {
                r = read_names(&fd, &list);
                if (r == -ENOMEM)
                        return ct_fail_memory(err);
                if (r < 0)
                        return ct_fail(err, CONTAIN_E_STATE, -r, NULL, "cannot read the state root '%s'",
                                       root);
                if (list.n > 0)
                        qsort(list.ids, list.n, sizeof *list.ids, compare);
        }
        *ret_n = list.n;
        *ret = ct_take(list.ids);
        list.n = 0;
        return 0;
}

void ct_state_list_free(char **ids, size_t n)
{
        size_t i;

        for (i = 0; i < n; i++)
                free(ids[i]);
        free(ids);
}
