/* SPDX-License-Identifier: MIT */

/* Where something is to be made: as a descriptor, so that it is what the caller's path means now. */

#include "ops/image.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* The last component of @path, without slashes behind it; *ret_parent is what comes before it. */
static char *split(const char *path, char **ret_parent)
{
        size_t end = strlen(path), start;
        char *parent, *name;

        while (end > 1 && path[end - 1] == '/')
                end--;
        for (start = end; start > 0 && path[start - 1] != '/'; start--)
                ;
        parent = start == 0 ? strdup(".") : strndup(path, start);
        name = strndup(path + start, end - start);
        if (!parent || !name) {
                free(parent);
                free(name);
                return NULL;
        }
        *ret_parent = parent;
        return name;
}

int ct_image_request_target(struct ct_image_request *request, const char *key, const char *path, int *ret_fd,
                            contain_error_t **err)
{
        _cleanup_free_ char *parent = NULL, *name = NULL;
        _cleanup_close_ int fd = -EBADF;
        char member[32];

        (void)snprintf(member, sizeof(member), "%sPath", key);
        ct_image_request_words(request, member, path);
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 && errno != ENOENT)
                return ct_fail(err, CONTAIN_E_UNPACK, errno, NULL, "cannot open the folder '%s'", path);
        if (fd < 0) {
                name = split(path, &parent);
                if (!name)
                        return ct_fail_memory(err);
                /* A link that leads nowhere is a name, too, and refused when it is to be made. */
                fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                if (fd < 0)
                        return ct_fail(err, CONTAIN_E_UNPACK, errno, NULL,
                                       "cannot open the folder '%s', in which '%s' is to be made", parent,
                                       name);
                (void)snprintf(member, sizeof(member), "%sName", key);
                ct_image_request_string(request, member, name);
        }
        ct_image_request_fd(request, key, fd);
        *ret_fd = ct_take_fd(&fd);
        return 0;
}
