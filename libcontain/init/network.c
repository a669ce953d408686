/* SPDX-License-Identifier: MIT */

/* The container's network namespace: its own interface, and the host's way in. */

#include "init/init.h"

int init_step_loopback(struct init *in, const struct plan_step *step)
{
        struct kernel_ifreq request = { .name = "lo", .u.flags = INTERFACE_UP };
        int fd, r;

        (void)in;
        (void)step;
        /* Interfaces can be asked for through a socket of any family; this one is in every kernel. */
        fd = sys_socket(SOCKET_UNIX, SOCKET_DGRAM | O_CLOEXEC);
        if (fd < 0)
                return fd;
        r = sys_ioctl(fd, SIOCSIFFLAGS, &request);
        init_close(&fd);
        return r;
}

/*
 * A socket speaks of the namespace that it was made in, whoever holds it: by this one the host moves devices
 * without being in here.
 */
int init_step_net_socket(struct init *in, const struct plan_step *step)
{
        struct plan_message message = { .kind = PLAN_MESSAGE_NETWORK, .step = in->step };
        int fd, r;

        (void)step;
        fd = sys_socket(SOCKET_NETLINK, SOCKET_RAW | O_CLOEXEC);
        if (fd < 0)
                return fd;
        r = init_send(in->host_fd, &message, fd);
        init_close(&fd);
        return r < 0 ? init_fail(in, PLAN_DETAIL_SEND, r) : 0;
}
