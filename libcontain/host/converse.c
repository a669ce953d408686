/* SPDX-License-Identifier: MIT */

/* Messages to and from contain-init: see host/converse.h. */

#include "host/converse.h"

#include "base/clock.h"
#include "base/fds.h"
#include "plan/verify.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* How often to look at the process where end of file may be kept away by a forked copy of the host. */
#define LOOK_MS 20

int ct_converse_pair(int ret[2])
{
        int ends[2];

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
                return -errno;
        for (int i = 0; i < 2; i++) {
                int moved;

                if (ends[i] > PLAN_SOCKET_FD)
                        continue;
                moved = fcntl(ends[i], F_DUPFD_CLOEXEC, PLAN_SOCKET_FD + 1);
                if (moved < 0) {
                        int saved = errno;

                        ct_close(ends[0]);
                        ct_close(ends[1]);
                        return -saved;
                }
                ct_close(ends[i]);
                ends[i] = moved;
        }
        ret[0] = ends[0];
        ret[1] = ends[1];
        return 0;
}

int ct_converse_send_fds(int socket_fd, const void *bytes, size_t size, const int *fds, size_t n_fds)
{
        union {
                char bytes[CMSG_SPACE(sizeof(int) * PLAN_FDS_PER_MESSAGE)];
                struct cmsghdr align;
        } control;
        struct iovec iov = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = size };
        struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

        if (n_fds > PLAN_FDS_PER_MESSAGE)
                return -EINVAL;
        if (n_fds > 0) {
                struct cmsghdr *cmsg = &control.align;

                memset(&control, 0, sizeof(control));
                msg.msg_control = &control;
                msg.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
                cmsg->cmsg_level = SOL_SOCKET;
                cmsg->cmsg_type = SCM_RIGHTS;
                cmsg->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
                memcpy(CMSG_DATA(cmsg), fds, sizeof(int) * n_fds);
        }
        for (;;) {
                ssize_t n = sendmsg(socket_fd, &msg, MSG_NOSIGNAL);

                if (n >= 0)
                        return 0;
                if (errno != EINTR)
                        return -errno;
        }
}

int ct_converse_send(int socket_fd, enum plan_message_kind kind, uint32_t step, uint64_t value)
{
        struct plan_message message = { .kind = kind, .step = step, .value = value };

        return ct_converse_send_fds(socket_fd, &message, sizeof(message), NULL, 0);
}

int ct_converse_queue(int socket_fd, const struct ct_plan *plan, const struct ct_slots *slots)
{
        struct plan_message message = { .kind = PLAN_MESSAGE_PLAN, .step = (uint32_t)slots->n };
        _cleanup_close_ int plan_fd = ct_memfd("contain-plan", plan->bytes, plan->size, true);
        int r;

        if (plan_fd < 0)
                return plan_fd;
        r = ct_converse_send_fds(socket_fd, &message, sizeof(message), &plan_fd, 1);
        for (size_t i = 0; i < slots->n && r == 0; i += PLAN_FDS_PER_MESSAGE) {
                size_t n = slots->n - i < PLAN_FDS_PER_MESSAGE ? slots->n - i : PLAN_FDS_PER_MESSAGE;

                message = (struct plan_message){ .kind = PLAN_MESSAGE_SLOTS, .step = (uint32_t)i };
                r = ct_converse_send_fds(socket_fd, &message, sizeof(message), slots->fds + i, n);
        }
        return r;
}

int ct_converse_take_fd(struct msghdr *msg)
{
        int taken = -EBADF;

        for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
                size_t n;

                if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
                        continue;
                n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
                for (size_t i = 0; i < n; i++) {
                        int fd;

                        memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int), sizeof(int));
                        if (taken < 0)
                                taken = fd;
                        else
                                ct_close(fd);
                }
        }
        return taken;
}

/* One message if one is there: 1, 0 for end of file, -EAGAIN for none. */
static int receive_now(int socket_fd, struct plan_message *ret, int *ret_fd)
{
        union {
                char bytes[CMSG_SPACE(sizeof(int))];
                struct cmsghdr align;
        } control;
        struct plan_message message;
        struct iovec iov = { .iov_base = &message, .iov_len = sizeof(message) };
        struct msghdr msg = {
                .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
        };
        _cleanup_close_ int fd = -EBADF;
        ssize_t n;

        do
                n = recvmsg(socket_fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return errno == ECONNRESET ? 0 : -errno;
        if (n == 0)
                return 0;
        fd = ct_converse_take_fd(&msg);
        if ((size_t)n != sizeof(message))
                return -EPROTO;
        *ret = message;
        if (ret_fd)
                *ret_fd = ct_take_fd(&fd);
        return 1;
}

int ct_converse_receive(int socket_fd, int pidfd, int64_t deadline, struct plan_message *ret, int *ret_fd)
{
        for (;;) {
                struct pollfd fds[] = { { .fd = socket_fd, .events = POLLIN },
                                        { .fd = pidfd, .events = POLLIN } };
                int left = ct_clock_left(deadline), r;
                bool ended;

                if (poll(fds, 2, left) < 0) {
                        if (errno == EINTR)
                                continue;
                        return -errno;
                }
                /* The process is asked as well: a forked copy of the host may hold its end of the socket
                 * open. */
                ended = fds[1].revents != 0;
                r = receive_now(socket_fd, ret, ret_fd);
                if (r == -EAGAIN && left == 0)
                        return -ETIMEDOUT;
                if (r == -EAGAIN && !ended)
                        continue;
                if (r == 0 || r == -EAGAIN)
                        return -EPIPE;
                return r < 0 ? r : 0;
        }
}

/* Does the process still run @program_fd? One that may not be looked at is contain-init: it hides itself. */
static bool runs(pid_t pid, int program_fd)
{
        struct stat program, now;
        char path[32];

        (void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
        if (stat(path, &now) < 0)
                return errno == EACCES || errno == EPERM;
        return fstat(program_fd, &program) == 0 && now.st_dev == program.st_dev &&
               now.st_ino == program.st_ino;
}

int ct_converse_started(int socket_fd, const struct ct_child *child, int program_fd, int64_t deadline,
                        struct plan_message *ret, int *ret_fd)
{
        for (;;) {
                struct pollfd fds[] = { { .fd = socket_fd, .events = POLLIN },
                                        { .fd = child->pidfd, .events = POLLIN } };
                int left = ct_clock_left(deadline), r;

                if (poll(fds, 2, program_fd < 0 || (left >= 0 && left < LOOK_MS) ? left : LOOK_MS) < 0 &&
                    errno != EINTR)
                        return -errno;
                r = receive_now(socket_fd, ret, ret_fd);
                if (r > 0 && ret->kind == PLAN_MESSAGE_FAILED)
                        return 1;
                if (r > 0) {
                        *ret_fd = ct_close(*ret_fd);
                        continue;
                }
                if (r == 0)
                        return 0;
                if (r != -EAGAIN)
                        return r;
                /* No word, and no process: the program ran, and is over; it would have told of a failure. */
                if (fds[1].revents != 0)
                        return 0;
                if (program_fd >= 0 && !runs(child->pid, program_fd))
                        return 0;
                if (left == 0)
                        return -ETIMEDOUT;
        }
}

int ct_converse_read_plan(int plan_fd, struct ct_plan **ret)
{
        _cleanup_(ct_plan_freep) struct ct_plan *plan = NULL;
        struct stat st;

        if (fstat(plan_fd, &st) < 0)
                return -errno;
        if (st.st_size <= 0 || st.st_size > (off_t)PLAN_MAX_SIZE)
                return -EPROTO;
        plan = calloc(1, sizeof(*plan));
        if (!plan)
                return -ENOMEM;
        plan->size = (size_t)st.st_size;
        plan->bytes = malloc(plan->size);
        if (!plan->bytes)
                return -ENOMEM;
        if (pread(plan_fd, plan->bytes, plan->size, 0) != (ssize_t)plan->size)
                return -EIO;
        if (plan_verify(plan->bytes, plan->size) != 0)
                return -EPROTO;
        *ret = ct_take(plan);
        return 0;
}
