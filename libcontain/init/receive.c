/* SPDX-License-Identifier: MIT */

/* The conversation with the host: messages with descriptors, and the first of them, which bring the plan. */

#include "init/init.h"

#include "plan/verify.h"

#include <linux/mman.h>

#define ALIGN_WORD(size) (((size) + sizeof(long) - 1) & ~(sizeof(long) - 1))
#define RIGHTS_SIZE(n)   (ALIGN_WORD(sizeof(struct kernel_cmsghdr)) + (n) * sizeof(int))
#define RIGHTS_SENT      4 /* descriptors with one message of ours, at most */
#define RIGHTS_WORDS(n)  (ALIGN_WORD(RIGHTS_SIZE(n)) / sizeof(long))

static int *rights(long *control)
{
        return (int *)(control + ALIGN_WORD(sizeof(struct kernel_cmsghdr)) / sizeof(long));
}

/* As many descriptors as are in a message, at most *@n_fds. */
static int take_rights(const struct kernel_msghdr *message, const long *control, int *fds, uint32_t *n_fds)
{
        const struct kernel_cmsghdr *header = (const struct kernel_cmsghdr *)control;
        uint32_t n = 0;

        /* Cut: more descriptors than there is room for, or than may be open. */
        if (message->flags & RECV_CUT)
                return -EPROTO;
        if (message->control_size >= sizeof(*header) && header->level == SOL_SOCKET && header->type == RIGHTS)
                n = (uint32_t)((header->size - RIGHTS_SIZE(0)) / sizeof(int));
        if (n > *n_fds)
                return -EPROTO;
        for (uint32_t i = 0; i < n; i++)
                fds[i] = rights((long *)(uintptr_t)control)[i];
        *n_fds = n;
        return 1;
}

int init_receive_bytes(int socket_fd, void *ret, size_t size, int *fds, uint32_t *n_fds)
{
        long control[RIGHTS_WORDS(PLAN_FDS_PER_MESSAGE)];
        struct kernel_iovec iov = { .base = ret, .size = size };
        struct kernel_msghdr message = {
                .iov = &iov, .n_iov = 1, .control = control, .control_size = sizeof(control)
        };
        long r;

        r = sys_recvmsg(socket_fd, &message, RECV_CLOEXEC);
        if (r == 0 || r == -ECONNRESET)
                return 0;
        if (r < 0)
                return (int)r;
        if (r != (long)size)
                return -EPROTO;
        return take_rights(&message, control, fds, n_fds);
}

int init_receive(int socket_fd, struct plan_message *ret, int *fds, uint32_t *n_fds)
{
        return init_receive_bytes(socket_fd, ret, sizeof(*ret), fds, n_fds);
}

int init_send_bytes(int socket_fd, struct kernel_iovec *iov, size_t n_iov, int fd)
{
        long control[RIGHTS_WORDS(1)];
        struct kernel_cmsghdr *header = (struct kernel_cmsghdr *)control;
        struct kernel_msghdr message = { .iov = iov, .n_iov = n_iov };

        if (fd >= 0) {
                header->size = RIGHTS_SIZE(1);
                header->level = SOL_SOCKET;
                header->type = RIGHTS;
                *rights(control) = fd;
                message.control = control;
                message.control_size = sizeof(control);
        }
        while (message.n_iov > 0) {
                long r = sys_sendmsg(socket_fd, &message, SEND_QUIET);

                if (r < 0)
                        return (int)r;
                message.control = NULL; /* descriptors go with the first byte */
                message.control_size = 0;
                for (; message.n_iov > 0 && (size_t)r >= message.iov->size; message.iov++, message.n_iov--)
                        r -= (long)message.iov->size;
                if (message.n_iov > 0) {
                        message.iov->base = (char *)message.iov->base + r;
                        message.iov->size -= (size_t)r;
                }
        }
        return 0;
}

int init_send_fds(int socket_fd, const struct plan_message *message, const int *fds, uint32_t n_fds)
{
        long control[RIGHTS_WORDS(RIGHTS_SENT)];
        struct kernel_cmsghdr *header = (struct kernel_cmsghdr *)control;
        struct kernel_iovec iov = { .base = (void *)(uintptr_t)message, .size = sizeof(*message) };
        struct kernel_msghdr head = { .iov = &iov, .n_iov = 1 };
        long r;

        if (n_fds > RIGHTS_SENT)
                return -EINVAL;
        if (n_fds > 0) {
                header->size = RIGHTS_SIZE(n_fds);
                header->level = SOL_SOCKET;
                header->type = RIGHTS;
                for (uint32_t i = 0; i < n_fds; i++)
                        rights(control)[i] = fds[i];
                head.control = control;
                head.control_size = ALIGN_WORD(header->size);
        }
        r = sys_sendmsg(socket_fd, &head, SEND_QUIET);
        return r < 0 ? (int)r : 0;
}

int init_send(int socket_fd, const struct plan_message *message, int fd)
{
        struct kernel_iovec iov = { .base = (void *)(uintptr_t)message, .size = sizeof(*message) };

        return init_send_bytes(socket_fd, &iov, 1, fd);
}

/* --- the plan ------------------------------------------------------------------------------- */

/* Without a host there is nobody to fail to. */
static int receive_or_exit(int socket_fd, struct plan_message *ret, int *fds, uint32_t *n_fds)
{
        int r = init_receive(socket_fd, ret, fds, n_fds);

        if (r == 0 || r == -ENOTSOCK)
                sys_exit(INIT_EXIT_ALONE);
        return r < 0 ? r : 0;
}

static int map_plan(struct init *in, int fd)
{
        long size = sys_seek(fd, 0, SEEK_END), address;
        uint64_t flaw;

        if (size < 0)
                return init_fail(in, PLAN_DETAIL_PLAN, size);
        if (size == 0 || size > PLAN_MAX_SIZE)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        address = sys_mmap((size_t)size, PROT_READ, MAP_PRIVATE, fd);
        if (address < 0 && address > -4096)
                return init_fail(in, PLAN_DETAIL_MEMORY, address);
        flaw = plan_verify((const void *)address, (uint64_t)size);
        if (flaw != 0) {
                in->value = flaw - 1;
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        }
        in->plan = (const struct plan_header *)address;
        return 0;
}

static int receive_slots(struct init *in, uint32_t n)
{
        uint32_t have = 0;

        if (n != in->plan->n_slots)
                return init_fail(in, PLAN_DETAIL_PROTOCOL, -EPROTO);
        if (n == 0)
                return 0;
        in->slots = init_alloc(in, n * sizeof(*in->slots));
        if (!in->slots)
                return init_fail(in, PLAN_DETAIL_MEMORY, -ENOMEM);
        while (have < n) {
                struct plan_message message;
                uint32_t n_fds = n - have;
                int r = receive_or_exit(in->host_fd, &message, in->slots + have, &n_fds);

                if (r < 0)
                        return init_fail(in, PLAN_DETAIL_PROTOCOL, r);
                if (message.kind != PLAN_MESSAGE_SLOTS || message.step != have || n_fds == 0)
                        return init_fail(in, PLAN_DETAIL_PROTOCOL, -EPROTO);
                have += n_fds;
        }
        return 0;
}

int init_receive_plan(struct init *in)
{
        struct plan_message message;
        uint32_t n_fds = 1;
        int r;

        r = receive_or_exit(in->host_fd, &message, &in->plan_fd, &n_fds);
        if (r < 0)
                return init_fail(in, PLAN_DETAIL_PROTOCOL, r);
        if (message.kind != PLAN_MESSAGE_PLAN || n_fds != 1)
                return init_fail(in, PLAN_DETAIL_PROTOCOL, -EPROTO);
        r = map_plan(in, in->plan_fd);
        if (r < 0)
                return r;
        return receive_slots(in, message.step);
}
