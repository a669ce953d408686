/* SPDX-License-Identifier: MIT */

/*
 * Folders of the layers below one that is written for overlayfs. What is seen of a folder that several layers
 * have is the highest one's mode, owner and time; so a layer that has files in a folder, but no entry for it,
 * must not change how it looks.
 */

#include "image/writer.h"

#include "base/sys.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

/* A descriptor; -errno, ENOTDIR and ELOOP for a path that goes through what is no folder. */
static int open_path(int root_fd, const char *path)
{
        return ct_sys_openat2(root_fd, path, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0,
                              RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

static int open_folder(int dir_fd, const char *name)
{
        return ct_sys_openat2(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0,
                              RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

static bool is_opaque(int fd, const char *attribute)
{
        char value;

        return fgetxattr(fd, attribute, &value, 1) == 1 && value == 'y';
}

/*
 * Does a layer hide what those below it have at @path, by a folder on the way that shows only its own? From
 * one to the next, up to the first that it does not have: paths are long, and asked for often.
 */
static bool hides(int root_fd, char *path, const char *attribute)
{
        _cleanup_close_ int fd = open_folder(root_fd, ".");
        char *name = path, *slash;

        while (fd >= 0 && !is_opaque(fd, attribute)) {
                int next_fd;

                slash = strchr(name, '/');
                if (!slash)
                        return false;
                *slash = '\0';
                next_fd = open_folder(fd, name);
                *slash = '/';
                ct_close(fd);
                fd = next_fd;
                name = slash + 1;
        }
        return fd >= 0;
}

#define HIDDEN (-ENODATA)

/* What a layer has at @path: a descriptor; -ENOENT when those below it are seen there; HIDDEN when nothing
 * is; -errno. */
static int look_into(int root_fd, char *path, const char *attribute)
{
        int fd = open_path(root_fd, path);
        struct stat status;

        if (fd == -ENOENT)
                return hides(root_fd, path, attribute) ? HIDDEN : -ENOENT;
        if (fd < 0)
                return fd == -ENOTDIR || fd == -ELOOP ? HIDDEN : fd;
        if (fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0)) {
                ct_close(fd);
                return HIDDEN;
        }
        return fd;
}

/* What the layer itself has at @path goes before, but does not hide what is below. */
static int look_through(const struct ct_tree *tree, char *path, const char *attribute)
{
        int fd = look_into(tree->root_fd, path, attribute);

        if (fd < 0)
                return fd;
        ct_close(fd);
        return hides(tree->root_fd, path, attribute) ? HIDDEN : -ENOENT;
}

int ct_lower_open(const struct ct_tree *tree, const char *path, size_t length, int *ret_fd)
{
        const char *attribute = ct_tree_opaque_name(tree);
        _cleanup_free_ char *text = NULL;
        int fd;

        if (tree->how->n_lowers == 0)
                return 0;
        text = strndup(path, length);
        if (!text)
                return -ENOMEM;
        fd = look_through(tree, text, attribute);
        for (size_t i = 0; i < tree->how->n_lowers && fd == -ENOENT; i++)
                fd = look_into(tree->how->lower_fds[i], text, attribute);
        if (fd < 0)
                return fd == -ENOENT || fd == HIDDEN ? 0 : fd;
        *ret_fd = fd;
        return 1;
}

int ct_lower_find(const struct ct_tree *tree, const char *path, size_t length, struct stat *ret)
{
        _cleanup_close_ int fd = -EBADF;
        int r = ct_lower_open(tree, path, length, &fd);

        if (r <= 0)
                return r;
        return fstat(fd, ret) < 0 ? -errno : S_ISDIR(ret->st_mode);
}
