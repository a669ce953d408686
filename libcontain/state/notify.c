/* SPDX-License-Identifier: MIT */

/*
 * The socket on which a container's program says that it is ready (sd_notify(3)). It has a folder of its own:
 * that is what the container sees, so that the socket can come when the container is there already.
 */

#include "state/folder.h"

#include "base/fds.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

int ct_state_make_notify(struct ct_state *state, contain_error_t **err)
{
        /* The program may be any user, whose way here does not lead through the state folder. */
        if (mkdirat(state->dir_fd, CT_STATE_NOTIFY, 0755) < 0 ||
            fchmodat(state->dir_fd, CT_STATE_NOTIFY, 0755, 0) < 0)
                return ct_fail(err, CONTAIN_E_STATE, errno, NULL,
                               "cannot make the folder '%s/%s/" CT_STATE_NOTIFY "'", state->root, state->id);
        return 0;
}

static int bind_socket(struct ct_state *state)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_close_ int fd = -EBADF, dir_fd = -EBADF;

        dir_fd = openat(state->dir_fd, CT_STATE_NOTIFY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (dir_fd < 0)
                return -errno;
        fd = ct_high_fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (fd < 0)
                return -errno;
        (void)snprintf(address.sun_path, sizeof(address.sun_path),
                       "/proc/thread-self/fd/%d/" CT_STATE_NOTIFY_SOCKET, dir_fd);
        (void)unlinkat(dir_fd, CT_STATE_NOTIFY_SOCKET, 0);
        if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
            fchmodat(dir_fd, CT_STATE_NOTIFY_SOCKET, 0777, 0) < 0)
                return -errno;
        return ct_take_fd(&fd);
}

int ct_state_bind_notify(struct ct_state *state, contain_error_t **err)
{
        int fd = bind_socket(state);

        if (fd == -ENOENT)
                return ct_fail(err, CONTAIN_E_STATUS, EINVAL, NULL,
                               "container '%s' was not created with a socket for notifications", state->id);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_STATE, -fd, NULL,
                               "cannot make the socket '%s/%s/" CT_STATE_NOTIFY "/" CT_STATE_NOTIFY_SOCKET
                               "'",
                               state->root, state->id);
        return fd;
}
