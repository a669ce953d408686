/* SPDX-License-Identifier: MIT */

/* The sockets in a container's folder: where it waits to be started, and where its keeper listens. */

#include "state/folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Requests that were killed before they were heard stay queued. */
#define BACKLOG 128

/*
 * A socket's address holds 107 bytes, a state root can have more: the way leads over the open
 * folder. "thread-self", as a thread of the host's may have a descriptor table of its own.
 */
static void set_address(const struct ct_state *state, const char *name, struct sockaddr_un *ret)
{
        *ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
        (void)snprintf(ret->sun_path, sizeof ret->sun_path, "/proc/thread-self/fd/%d/%s", state->dir_fd,
                       name);
}

static int make_listener(const struct ct_state *state, const char *name)
{
        _cleanup_close_ int fd = -EBADF;
        struct sockaddr_un address;

        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -errno;
        set_address(state, name, &address);
        if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
                if (errno != EADDRINUSE || unlinkat(state->dir_fd, name, 0) < 0 ||
                    bind(fd, (const struct sockaddr *)&address, sizeof address) < 0)
                        return -errno;
        }
        if (listen(fd, BACKLOG) < 0)
                return -errno;
        return ct_take_fd(&fd);
}

static int listen_at(struct ct_state *state, const char *name, contain_error_t **err)
{
        int fd;

        fd = make_listener(state, name);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_STATE, -fd, NULL, "cannot make the socket '%s/%s/%s'",
                               state->root, state->id, name);
        return fd;
}

static int connect_to(struct ct_state *state, const char *name)
{
        _cleanup_close_ int fd = -EBADF;
        struct sockaddr_un address;

        /* Not blocking while it connects: a frozen container's queue may be full (EAGAIN). */
        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        set_address(state, name, &address);
        if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0)
                return -errno;
        if (fcntl(fd, F_SETFL, 0) < 0)
                return -errno;
        return ct_take_fd(&fd);
}

int ct_state_listen(struct ct_state *state, contain_error_t **err)
{
        return listen_at(state, CT_STATE_START, err);
}

int ct_state_connect(struct ct_state *state)
{
        return connect_to(state, CT_STATE_START);
}

int ct_state_listen_keeper(struct ct_state *state, contain_error_t **err)
{
        return listen_at(state, CT_STATE_KEEPER, err);
}

int ct_state_connect_keeper(struct ct_state *state)
{
        return connect_to(state, CT_STATE_KEEPER);
}

void ct_state_unlisten(struct ct_state *state)
{
        (void)unlinkat(state->dir_fd, CT_STATE_START, 0);
}
