/* SPDX-License-Identifier: MIT */

/* Being attached to a container: its keeper has made pipes, and keeps their other ends. */

#include "ops/streams.h"

#include "base/fds.h"

#include <sys/ioctl.h>
#include <termios.h>

struct contain_attachment *ct_attach_free(struct contain_attachment *attach)
{
        if (!attach)
                return NULL;
        for (size_t i = 0; i < 3; i++)
                ct_close(attach->fds[i]);
        ct_close(attach->socket_fd);
        free(attach);
        return NULL;
}

int ct_op_attach(struct contain *c, unsigned flags, struct contain_attachment **ret, contain_error_t **err)
{
        _cleanup_(ct_attach_freep) struct contain_attachment *attach = calloc(1, sizeof(*attach));
        struct plan_message message = { .kind = KEEPER_ATTACH, .step = flags ? flags : 7 };
        size_t n = 3, next = 0;
        int fds[3], r;

        if (!attach)
                return ct_fail_memory(err);
        attach->maker = getpid();
        attach->fds[0] = attach->fds[1] = attach->fds[2] = -EBADF;
        attach->socket_fd = ct_high_fd(ct_keep_connect(c, err));
        if (attach->socket_fd < 0)
                return attach->socket_fd;
        r = ct_keeper_ask(attach->socket_fd, &message, fds, &n);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_KEEPER, r == -EPIPE ? ENOTCONN : -r, NULL,
                               "the keeper of container '%s' does not let us attach", c->id);
        for (size_t i = 0; i < 3; i++)
                if ((message.step & (1u << i)) && next < n)
                        attach->fds[i] = ct_high_fd(fds[next++]);
        *ret = ct_take(attach);
        return 0;
}

int ct_op_attach_lost(struct contain_attachment *attach, uint64_t *ret, contain_error_t **err)
{
        struct plan_message message = { .kind = KEEPER_LOST };

        if (ct_keeper_ask(attach->socket_fd, &message, NULL, NULL) < 0)
                return ct_fail(err, CONTAIN_E_KEEPER, ENOTCONN, NULL, "the keeper has gone");
        *ret = message.value;
        return 0;
}

int ct_op_resize(struct contain *c, unsigned rows, unsigned columns, contain_error_t **err)
{
        const struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns };
        struct plan_message message = { .kind = KEEPER_RESIZE, .value = (uint64_t)rows << 16 | columns };
        _cleanup_close_ int fd = -EBADF;
        bool here;
        int r = 0;

        pthread_mutex_lock(&c->look);
        here = c->console_fd >= 0;
        if (here && ioctl(c->console_fd, TIOCSWINSZ, &size) < 0)
                r = -errno;
        pthread_mutex_unlock(&c->look);
        if (!here) {
                fd = ct_keep_connect(c, err);
                if (fd < 0)
                        return fd;
                r = ct_keeper_ask(fd, &message, NULL, NULL);
        }
        if (r < 0)
                return ct_fail(err, CONTAIN_E_KEEPER, r == -EPIPE ? ENOTCONN : -r, NULL,
                               "cannot set the size of the terminal of container '%s'", c->id);
        return 0;
}
