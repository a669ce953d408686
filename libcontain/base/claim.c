/* SPDX-License-Identifier: MIT */

/* Folders that were left: see base/claim.h. */

#include "base/claim.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

bool ct_claim_is_left(int dir_fd, const char *name, int *ret_fd)
{
        _cleanup_close_ int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct stat status;

        /* Through the link: the container's folder is there, or its link is not yet. */
        if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || fstatat(fd, CT_CLAIM_LINK, &status, 0) == 0 ||
            errno != ENOENT)
                return false;
        *ret_fd = ct_take_fd(&fd);
        return true;
}
