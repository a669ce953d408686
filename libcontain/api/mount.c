/* SPDX-License-Identifier: MIT */

/* The gates of mount.h. */

#include "api/gate.h"

#include <contain/mount.h>
#include <fcntl.h>

#define MOUNT_FLAGS (CONTAIN_MOUNT_IDMAP * 2 - 1)

static int gate_fd(int fd, const char *name, contain_error_t **err)
{
        if (fcntl(fd, F_GETFD) >= 0)
                return 0;
        return ct_fail(err, CONTAIN_E_ARGUMENT, EBADF, NULL, "argument '%s' is not an open descriptor", name);
}

int contain_mount(contain_t *c, int source_fd, const char *target, unsigned flags, int userns_fd,
                  contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r == 0)
                r = gate_argument(target, "target", err);
        if (r == 0)
                r = gate_flags(flags, MOUNT_FLAGS, err);
        if (r == 0)
                r = gate_fd(source_fd, "source_fd", err);
        if (r == 0 && (flags & CONTAIN_MOUNT_IDMAP))
                r = gate_fd(userns_fd, "userns_fd", err);
        if (r < 0)
                return r;
        GATE_LIFE(c);
        return ct_op_mount(c, source_fd, target, flags, userns_fd, err);
}

int contain_unmount(contain_t *c, const char *target, unsigned flags, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r == 0)
                r = gate_argument(target, "target", err);
        if (r == 0)
                r = gate_flags(flags, CONTAIN_UNMOUNT_DETACH, err);
        if (r < 0)
                return r;
        GATE_LIFE(c);
        return ct_op_unmount(c, target, flags, err);
}
