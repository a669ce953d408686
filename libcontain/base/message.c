/* SPDX-License-Identifier: MIT */

/* Texts with descriptors: see base/message.h. */

#include "base/message.h"

#include "base/fds.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* Fits into the smallest buffer that a socket has. */
#define SHORT 16384

/* Stands for a text that is in the memfd which comes before the other descriptors. */
#define IN_MEMFD '@'

union control {
        char bytes[CMSG_SPACE(sizeof(int) * (CT_MESSAGE_FDS + 1))];
        struct cmsghdr align;
};

void ct_message_done(struct ct_message *message)
{
        ct_buf_done(&message->text);
        for (size_t i = 0; i < message->n_fds; i++)
                ct_close(message->fds[i]);
        message->n_fds = 0;
}

static int send_short(int socket_fd, const char *text, size_t size, const int *fds, size_t n_fds, bool wait)
{
        union control control;
        struct iovec iov = { .iov_base = (void *)(uintptr_t)text, .iov_len = size };
        struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
        ssize_t n;

        if (n_fds > 0) {
                memset(&control, 0, sizeof(control));
                msg.msg_control = &control;
                msg.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
                control.align.cmsg_level = SOL_SOCKET;
                control.align.cmsg_type = SCM_RIGHTS;
                control.align.cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
                memcpy(CMSG_DATA(&control.align), fds, sizeof(int) * n_fds);
        }
        do
                n = sendmsg(socket_fd, &msg, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
        while (n < 0 && errno == EINTR);
        return n < 0 ? -errno : 0;
}

int ct_message_send(int socket_fd, const char *text, size_t size, const int *fds, size_t n_fds, bool wait)
{
        static const char in_memfd = IN_MEMFD;
        _cleanup_close_ int memfd = -EBADF;
        int all[CT_MESSAGE_FDS + 1];

        if (n_fds > CT_MESSAGE_FDS || size == 0)
                return -EINVAL;
        if (size <= SHORT)
                return send_short(socket_fd, text, size, fds, n_fds, wait);
        memfd = ct_memfd("contain-message", text, size, true);
        if (memfd < 0)
                return memfd;
        all[0] = memfd;
        if (n_fds > 0)
                memcpy(all + 1, fds, n_fds * sizeof(int));
        return send_short(socket_fd, &in_memfd, 1, all, n_fds + 1, wait);
}

/* Takes all descriptors of a message; those that there is no room for are closed. */
static size_t take_fds(struct msghdr *msg, int *fds, size_t max)
{
        size_t taken = 0;

        for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
                size_t n;

                if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
                        continue;
                n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
                for (size_t i = 0; i < n; i++) {
                        int fd;

                        memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int), sizeof(int));
                        if (taken < max)
                                fds[taken++] = fd;
                        else
                                ct_close(fd);
                }
        }
        return taken;
}

/* The text in a memfd; -EPROTO for a file of another kind, which might change, or never end. */
static int read_memfd(int fd, size_t max, struct ct_buf *ret)
{
        struct stat status;
        size_t done = 0;
        int seals = fcntl(fd, F_GET_SEALS);

        if (seals < 0 || (seals & (F_SEAL_SHRINK | F_SEAL_WRITE)) != (F_SEAL_SHRINK | F_SEAL_WRITE) ||
            fstat(fd, &status) < 0)
                return -EPROTO;
        if ((uint64_t)status.st_size > max)
                return -EFBIG;
        while (done < (size_t)status.st_size) {
                char chunk[SHORT];
                ssize_t n = pread(fd, chunk, sizeof(chunk), (off_t)done);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 ? -errno : -EPROTO;
                if (ct_buf_append(ret, chunk, (size_t)n) < 0)
                        return -ENOMEM;
                done += (size_t)n;
        }
        return 1;
}

static int take_message(struct msghdr *msg, const char *bytes, size_t size, size_t max,
                        struct ct_message *ret)
{
        int fds[CT_MESSAGE_FDS + 1];
        size_t n_fds = take_fds(msg, fds, CT_MESSAGE_FDS + 1), first = 0;
        int r = 1;

        if (msg->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
                r = -EPROTO;
        } else if (size == 1 && bytes[0] == IN_MEMFD) {
                first = n_fds > 0 ? 1 : 0;
                r = n_fds > 0 ? read_memfd(fds[0], max, &ret->text) : -EPROTO;
                ct_close(n_fds > 0 ? fds[0] : -EBADF);
        } else if (size > max) {
                r = -EFBIG;
        } else if (ct_buf_append(&ret->text, bytes, size) < 0) {
                r = -ENOMEM;
        }
        for (size_t i = first; i < n_fds; i++) {
                if (r > 0 && ret->n_fds < CT_MESSAGE_FDS)
                        ret->fds[ret->n_fds++] = fds[i];
                else
                        ct_close(fds[i]);
        }
        return r;
}

int ct_message_receive(int socket_fd, size_t max, struct ct_message *ret)
{
        union control control;
        char bytes[SHORT];
        struct iovec iov = { .iov_base = bytes, .iov_len = sizeof(bytes) };
        struct msghdr msg = {
                .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
        };
        ssize_t n;

        ct_message_done(ret);
        do
                n = recvmsg(socket_fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return errno == ECONNRESET ? 0 : -errno;
        if (n == 0)
                return 0;
        return take_message(&msg, bytes, (size_t)n, max, ret);
}
