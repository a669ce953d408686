/* SPDX-License-Identifier: MIT */

/* Starting a keeper, and talking with one: see host/keeper.h. */

#include "host/keeper.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fds.h"
#include "base/pidfd.h"
#include "host/converse.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define FDS_MAX 4

/* --- messages ------------------------------------------------------------------------------- */

int ct_keeper_send(int socket_fd, enum keeper_message_kind kind, uint32_t step, uint64_t value)
{
        struct plan_message message = { .kind = (uint32_t)kind, .step = step, .value = value };

        return ct_converse_send_fds(socket_fd, &message, sizeof(message), NULL, 0);
}

static void close_all(int *fds, size_t n)
{
        for (size_t i = 0; i < n; i++)
                fds[i] = ct_close(fds[i]);
}

static size_t collect_fds(struct msghdr *msg, int fds[FDS_MAX])
{
        size_t n = 0;

        for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
                size_t came;

                if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
                        continue;
                came = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
                for (size_t i = 0; i < came && n < FDS_MAX; i++)
                        memcpy(&fds[n++], CMSG_DATA(cmsg) + i * sizeof(int), sizeof(int));
        }
        return n;
}

/* One message that is there: 1, 0 at the end of file. */
static int receive_now(int socket_fd, struct plan_message *ret, int fds[FDS_MAX], size_t *ret_n)
{
        union {
                char bytes[CMSG_SPACE(sizeof(int) * FDS_MAX)];
                struct cmsghdr align;
        } control;
        struct iovec iov = { .iov_base = ret, .iov_len = sizeof(*ret) };
        struct msghdr msg = {
                .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
        };
        ssize_t n;

        do
                n = recvmsg(socket_fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return errno == ECONNRESET ? 0 : -errno;
        if (n == 0)
                return 0;
        *ret_n = collect_fds(&msg, fds);
        if ((size_t)n == sizeof(*ret) && !(msg.msg_flags & MSG_CTRUNC))
                return 1;
        close_all(fds, *ret_n);
        return -EPROTO;
}

int ct_keeper_receive(int socket_fd, enum keeper_message_kind kind, int timeout_ms, struct plan_message *ret,
                      int *fds, size_t *n_fds)
{
        int64_t deadline = ct_clock_deadline(timeout_ms);

        for (;;) {
                struct plan_message message;
                int came[FDS_MAX], r;
                size_t n = 0;

                r = ct_pidfd_poll(socket_fd, ct_clock_left(deadline));
                if (r <= 0)
                        return r < 0 ? r : -ETIMEDOUT;
                r = receive_now(socket_fd, &message, came, &n);
                if (r == -EAGAIN)
                        continue;
                if (r <= 0)
                        return r;
                if (message.kind != (uint32_t)kind || n > (n_fds ? *n_fds : 0)) {
                        close_all(came, n);
                        continue;
                }
                if (n_fds) {
                        *n_fds = n;
                        memcpy(fds, came, n * sizeof(int));
                }
                *ret = message;
                return 1;
        }
}

int ct_keeper_ask(int socket_fd, struct plan_message *message, int *fds, size_t *n_fds)
{
        enum keeper_message_kind kind = (enum keeper_message_kind)message->kind;
        int r = ct_keeper_send(socket_fd, kind, message->step, message->value);

        if (r == 0)
                r = ct_keeper_receive(socket_fd, kind, CT_KEEPER_PATIENCE_MS, message, fds, n_fds);
        if (r <= 0)
                return r < 0 ? r : -EPIPE;
        if (message->error != 0 && n_fds)
                close_all(fds, *n_fds);
        return -message->error;
}

/* --- the beginning -------------------------------------------------------------------------- */

static int send_setup(int socket_fd, struct keeper_setup *setup, const int fds[KEEPER_DESCRIPTORS])
{
        int sent[KEEPER_DESCRIPTORS];
        size_t n = 0;

        setup->descriptors = 0;
        for (unsigned i = 0; i < KEEPER_DESCRIPTORS; i++) {
                if (fds[i] < 0)
                        continue;
                setup->descriptors |= 1u << i;
                sent[n++] = fds[i];
        }
        return ct_converse_send_fds(socket_fd, setup, sizeof(*setup), sent, n);
}

/* The keeper forks away from the process that was spawned, which ends at once and is reaped here. */
static int spawn_keeper(int program_fd, int socket_fd)
{
        struct ct_spawn_init what = {
                .program_fd = program_fd, .socket_fd = socket_fd, .name = KEEPER_NAME, .cgroup_fd = -1
        };
        struct ct_child child;
        struct ct_exit exit;
        int r;

        r = ct_spawn_init(&what, &child, NULL);
        if (r < 0)
                return r;
        (void)ct_pidfd_poll(child.pidfd, -1);
        (void)ct_pidfd_exit(child.pidfd, &exit);
        ct_close(child.pidfd);
        return 0;
}

int ct_keeper_spawn(int program_fd, struct keeper_setup *setup, const int fds[KEEPER_DESCRIPTORS],
                    int *ret_socket, pid_t *ret_keeper, struct ct_child *ret, int *ret_in_cgroup)
{
        _cleanup_close_ int own = -EBADF, other = -EBADF, pidfd = -EBADF;
        struct plan_message message;
        size_t n = 1;
        int ends[2], r;

        r = ct_converse_pair(ends);
        if (r < 0)
                return r;
        own = ends[0];
        other = ends[1];
        r = send_setup(own, setup, fds);
        if (r == 0)
                r = spawn_keeper(program_fd, other);
        if (r < 0)
                return r;
        other = ct_close(other);
        r = ct_keeper_receive(own, KEEPER_SPAWNED, CT_KEEPER_PATIENCE_MS, &message, &pidfd, &n);
        if (r <= 0)
                return r < 0 ? r : -EPIPE;
        if (message.error != 0 || n != 1)
                return message.error != 0 ? message.error : -EPROTO;
        *ret_socket = ct_take_fd(&own);
        *ret_keeper = (pid_t)message.detail;
        *ret = (struct ct_child){ .pid = (pid_t)message.value, .pidfd = ct_take_fd(&pidfd) };
        *ret_in_cgroup = message.step != 0;
        return 0;
}
