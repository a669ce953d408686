/* SPDX-License-Identifier: MIT */

/* Reads, chooses and sends notifications. */

#include "host/notify.h"

#include "base/fds.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#define MESSAGE_MAX  4096 /* as much as the manager takes */
#define BARRIER      "BARRIER=1"
/* One call passes on no more than this: a container could go on for ever. */
#define MESSAGES_MAX 64

/* How long the manager may take to read. */
enum { READ_TIMEOUT_MS = 5000 };

int ct_notify_check(const char *address)
{
        struct sockaddr_un unused;

        if ((address[0] != '/' && address[0] != '@') || address[1] == '\0')
                return -EINVAL;
        return strlen(address) < sizeof(unused.sun_path) ? 0 : -ENAMETOOLONG;
}

static bool is_allowed(const char *line, size_t length)
{
        static const char *const names[] = {
                "READY=",    "STATUS=",         "ERRNO=",    "BUSERROR=",      "RELOADING=",
                "STOPPING=", "MONOTONIC_USEC=", "WATCHDOG=", "WATCHDOG_USEC=", "EXTEND_TIMEOUT_USEC="
        };

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (length >= strlen(names[i]) && memcmp(line, names[i], strlen(names[i])) == 0)
                        return true;
        return false;
}

void ct_notify_filter(const char *text, size_t size, struct ct_buf *ret, bool *ret_ready)
{
        if (memchr(text, '\0', size))
                return;
        while (size > 0) {
                const char *end = memchr(text, '\n', size);
                size_t length = end ? (size_t)(end - text) : size;

                if (is_allowed(text, length)) {
                        (void)ct_buf_append(ret, text, length);
                        (void)ct_buf_append(ret, "\n", 1);
                        if (length == strlen("READY=1") && memcmp(text, "READY=1", length) == 0)
                                *ret_ready = true;
                }
                text += end ? length + 1 : length;
                size -= end ? length + 1 : length;
        }
}

/* One message. Its size; *ret_fd receives the descriptor that came along, or -EBADF. -EAGAIN: there is none.
 */
static ssize_t receive(int fd, char *text, int *ret_fd)
{
        union {
                char bytes[CMSG_SPACE(sizeof(int))];
                struct cmsghdr align;
        } control;
        struct iovec iov = { text, MESSAGE_MAX };
        /* The padding is left out: there would be room in it for a second descriptor, which would stay open.
         */
        struct msghdr message = { .msg_iov = &iov,
                                  .msg_iovlen = 1,
                                  .msg_control = &control,
                                  .msg_controllen = CMSG_LEN(sizeof(int)) };
        ssize_t size;

        *ret_fd = -EBADF;
        do
                size = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        while (size < 0 && errno == EINTR);
        if (size < 0)
                return -errno;
        for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head))
                if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
                        memcpy(ret_fd, CMSG_DATA(head), sizeof(int));
        return message.msg_flags & MSG_TRUNC ? 0 : size;
}

/* Sends one message, with a descriptor unless that is negative. */
static int send_message(const char *address, const char *text, size_t size, int passed_fd)
{
        struct timeval timeout = { .tv_sec = READ_TIMEOUT_MS / 1000 };
        struct sockaddr_un to = { .sun_family = AF_UNIX };
        size_t length = strlen(address);
        union {
                char bytes[CMSG_SPACE(sizeof(int))];
                struct cmsghdr align;
        } control = { .bytes = { 0 } };
        struct iovec iov = { (void *)(uintptr_t)text, size };
        struct msghdr message = { .msg_name = &to,
                                  .msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length),
                                  .msg_iov = &iov,
                                  .msg_iovlen = 1 };
        _cleanup_close_ int fd = -EBADF;
        ssize_t r;

        if (ct_notify_check(address) < 0)
                return -EINVAL;
        memcpy(to.sun_path, address, length);
        if (address[0] == '@')
                to.sun_path[0] = '\0';
        if (passed_fd >= 0) {
                message.msg_control = &control;
                message.msg_controllen = sizeof(control);
                control.align.cmsg_level = SOL_SOCKET;
                control.align.cmsg_type = SCM_RIGHTS;
                control.align.cmsg_len = CMSG_LEN(sizeof(int));
                memcpy(CMSG_DATA(&control.align), &passed_fd, sizeof(int));
        }
        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -errno;
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
        do
                r = sendmsg(fd, &message, MSG_NOSIGNAL);
        while (r < 0 && errno == EINTR);
        return r < 0 ? -errno : 0;
}

/* Until the manager has read all before: it closes the pipe's other end then. It knows us no more once we
 * end. */
static int wait_until_read(const char *address)
{
        _cleanup_close_ int own = -EBADF, other = -EBADF;
        struct pollfd poll_fd;
        int ends[2], r;

        if (pipe2(ends, O_CLOEXEC) < 0)
                return -errno;
        own = ends[0];
        other = ends[1];
        r = send_message(address, BARRIER, strlen(BARRIER), other);
        other = ct_close(other);
        poll_fd = (struct pollfd){ .fd = own };
        if (r == 0 && poll(&poll_fd, 1, READ_TIMEOUT_MS) < 0)
                r = errno == EINTR ? 0 : -errno;
        return r;
}

/* 1 when it was READY=1. */
static int pass_on(const char *text, size_t size, int fd, const char *address, pid_t pid)
{
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        bool ready = false;
        int r;

        if (fd >= 0) /* whoever waits for the other end to be closed waits for the manager */
                return size == strlen(BARRIER) && memcmp(text, BARRIER, size) == 0
                               ? send_message(address, text, size, fd)
                               : 0;
        ct_notify_filter(text, size, &buf, &ready);
        if (ready && pid > 0)
                (void)ct_buf_printf(&buf, "MAINPID=%d\n", (int)pid);
        if (buf.failed)
                return -ENOMEM;
        r = buf.size > 0 ? send_message(address, buf.data, buf.size, -1) : 0;
        return r < 0 ? r : ready;
}

int ct_notify_forward(int fd, const char *address, pid_t pid)
{
        _cleanup_free_ char *text = malloc(MESSAGE_MAX);
        int r, result = 0;

        if (!text)
                return -ENOMEM;
        for (int i = 0; i < MESSAGES_MAX; i++) {
                _cleanup_close_ int passed_fd = -EBADF;
                ssize_t size = receive(fd, text, &passed_fd);

                if (size == -EAGAIN)
                        break;
                if (size < 0)
                        return (int)size;
                r = pass_on(text, (size_t)size, passed_fd, address, pid);
                if (r < 0)
                        return r;
                result |= r;
        }
        /* Once, however often it was said: whoever calls is not to be held up by a container. */
        r = result > 0 ? wait_until_read(address) : 0;
        return r < 0 ? r : result;
}
