/* SPDX-License-Identifier: MIT */

/* Between "created" and "running". */

#include "init/init.h"

/* Returns 1 when it is a request to start, 0 when the other end has gone. */
static int receive_start(int fd)
{
        struct plan_message message;
        uint32_t no_fds = 0;
        int r = init_receive(fd, &message, NULL, &no_fds);

        if (r <= 0)
                return r;
        return message.kind == PLAN_MESSAGE_START ? 1 : -EPROTO;
}

/*
 * Connections come and go: who wants to know whether this container is still waiting connects, and closes.
 * What one of them says or fails to say is no reason to stop, and nobody has to wait behind one that is
 * silent: it may have been stopped. Only who may enter the state folder can be among them.
 */
enum { LISTENER, FIRST_CALLER, MAX_POLLED = 16 };

static int poll_all(struct kernel_pollfd *fds, unsigned n)
{
        /* With no room for one more, the listener's queue is left alone until a caller goes. */
        unsigned first = n < MAX_POLLED ? LISTENER : FIRST_CALLER;
        int r;

        for (unsigned i = 0; i < n; i++)
                fds[i].revents = 0;
        do
                r = sys_poll(fds + first, n - first, NULL);
        while (r == -EINTR);
        return r;
}

static int accept_start(int listen_fd)
{
        struct kernel_pollfd fds[MAX_POLLED] = { [LISTENER] = { .fd = listen_fd, .events = POLLIN } };
        unsigned n = FIRST_CALLER;

        for (;;) {
                int r = poll_all(fds, n);

                if (r < 0)
                        return r;
                for (unsigned i = n - 1; i >= FIRST_CALLER; i--) {
                        if (fds[i].revents == 0)
                                continue;
                        if (receive_start(fds[i].fd) == 1) {
                                r = fds[i].fd;
                                fds[i] = fds[--n];
                                while (n > FIRST_CALLER)
                                        init_close(&fds[--n].fd);
                                return r;
                        }
                        init_close(&fds[i].fd);
                        fds[i] = fds[--n];
                }
                if (fds[LISTENER].revents == 0)
                        continue;
                r = sys_accept(listen_fd, O_CLOEXEC);
                if (r == -EINTR || r == -ECONNABORTED)
                        continue;
                if (r < 0)
                        return r;
                fds[n++] = (struct kernel_pollfd){ .fd = r, .events = POLLIN };
        }
}

int init_step_start_wait(struct init *in, const struct plan_step *step)
{
        int *start_fd, listening = 0, r;
        uint32_t size = sizeof(listening);

        if (step->slot == PLAN_NO_SLOT)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        start_fd = &in->slots[step->slot];
        r = sys_getsockopt(*start_fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size);
        if (r < 0)
                return r;
        /* Whoever wants to end a container that was only created may. */
        r = init_unblock(in);
        if (r < 0)
                return r;
        in->report_fd = INIT_NO_FD;
        init_close(&in->host_fd);

        if (listening) {
                r = accept_start(*start_fd);
                if (r < 0)
                        sys_exit(INIT_EXIT_ALONE);
                in->report_fd = r;
                init_close(start_fd);
        } else {
                do
                        r = receive_start(*start_fd);
                while (r == -EINTR);
                if (r != 1)
                        sys_exit(INIT_EXIT_ALONE);
                in->report_fd = *start_fd;
        }
        in->started = true;
        return 0;
}
