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
 * What one of them says or fails to say is no reason to stop.
 */
static int accept_start(int listen_fd)
{
        for (;;) {
                int fd = sys_accept(listen_fd, O_CLOEXEC);

                if (fd == -EINTR || fd == -ECONNABORTED)
                        continue;
                if (fd < 0 || receive_start(fd) == 1)
                        return fd;
                init_close(&fd);
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
