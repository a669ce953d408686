/* SPDX-License-Identifier: MIT */

/* Files of an image that the host reads. */

#include "ops/image-config.h"

#include "base/fds.h"
#include "base/sys.h"

#include <fcntl.h>
#include <sys/stat.h>

int ct_image_read_file(int root_fd, const char *path, size_t max, char **ret, size_t *ret_size)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        /* A FIFO must not keep us waiting, nor a terminal become ours. */
        fd = ct_open_in_root(root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        return ct_read_fd(fd, max, ret, ret_size);
}
