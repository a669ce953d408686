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
#include <sys/xattr.h>

/* A descriptor; -errno, ENOTDIR and ELOOP for a path that goes through what is no folder. */
static int open_path(int root_fd, const char *path)
{
        return ct_sys_openat2(root_fd, path, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0,
                              RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

static bool is_opaque(int root_fd, const char *path)
{
        _cleanup_close_ int fd =
                ct_sys_openat2(root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0,
                               RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
        char value;

        return fd >= 0 && fgetxattr(fd, "trusted.overlay.opaque", &value, 1) == 1 && value == 'y';
}

/* Does a layer hide what those below it have at @path, by a folder on the way that shows only its own? */
static bool hides(int root_fd, char *path)
{
        for (char *slash = path; (slash = strchr(slash, '/')); slash++) {
                bool opaque;

                *slash = '\0';
                opaque = is_opaque(root_fd, path);
                *slash = '/';
                if (opaque)
                        return true;
        }
        return false;
}

int ct_lower_find(const struct ct_unpack *how, const char *path, size_t length, struct stat *ret)
{
        _cleanup_free_ char *text = strndup(path, length);

        if (!text)
                return -ENOMEM;
        for (size_t i = 0; i < how->n_lowers; i++) {
                _cleanup_close_ int fd = open_path(how->lower_fds[i], text);

                if (fd >= 0)
                        return fstat(fd, ret) == 0 && S_ISDIR(ret->st_mode);
                if (fd != -ENOENT || hides(how->lower_fds[i], text))
                        return fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP ? 0 : fd;
        }
        return 0;
}
