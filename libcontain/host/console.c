/* SPDX-License-Identifier: MIT */

/* Sends the master end of a terminal to whoever listens on the console socket. */

#include "host/console.h"

#include "base/clock.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#define SEND_TIMEOUT_MS 5000

/*
 * Limits how long connect(2) and sendmsg(2) may block; 0 for ever. A full queue of an AF_UNIX socket cannot
 * be polled for: without blocking, connect(2) only says EAGAIN.
 */
static int set_timeout(int fd, int64_t timeout_ms)
{
        struct timeval timeout = { .tv_sec = (time_t)(timeout_ms / 1000),
                                   .tv_usec = (suseconds_t)(timeout_ms % 1000 * 1000) };

        return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) < 0 ? -errno : 0;
}

static int connect_until(int fd, const struct sockaddr_un *address, int timeout_ms)
{
        int64_t deadline = ct_clock_deadline(timeout_ms);

        for (;;) {
                int left = ct_clock_left(deadline);
                int r;

                /* 0 would be for ever. */
                r = set_timeout(fd, left < 0 ? 0 : left == 0 ? 1 : left);
                if (r < 0)
                        return r;
                if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
                        return set_timeout(fd, 0);
                /* Interrupted while it waited for room in the queue: not begun yet, unlike with TCP. */
                if (errno == EAGAIN)
                        return -ETIMEDOUT;
                if (errno != EINTR)
                        return -errno;
        }
}

int ct_connect_unix(const char *path, int type, int timeout_ms)
{
        _cleanup_close_ int fd = -EBADF, path_fd = -EBADF;
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int r;

        /* An address holds 107 bytes: whatever the length of the path, go by the socket file opened. */
        path_fd = open(path, O_PATH | O_CLOEXEC);
        if (path_fd < 0)
                return -errno;
        (void)snprintf(address.sun_path, sizeof address.sun_path, "/proc/thread-self/fd/%d", path_fd);
        fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -errno;
        r = connect_until(fd, &address, timeout_ms);
        return r < 0 ? r : ct_take_fd(&fd);
}

/* The name of the other end, as the container knows it: receivers show it, and none relies on it. */
static void terminal_name(int master_fd, char *ret, size_t size)
{
        unsigned number = 0;

        if (ioctl(master_fd, TIOCGPTN, &number) < 0)
                (void)snprintf(ret, size, "/dev/ptmx");
        else
                (void)snprintf(ret, size, "/dev/pts/%u", number);
}

static int send_fd(int socket_fd, int fd, char *text)
{
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(int))];
        } control;
        struct iovec data = { .iov_base = text, .iov_len = strlen(text) };
        struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };
        struct cmsghdr *header;
        ssize_t n;

        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = sizeof control.space;
        header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(header), &fd, sizeof fd);

        do
                n = sendmsg(socket_fd, &message, MSG_NOSIGNAL);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return errno == EAGAIN ? -ETIMEDOUT : -errno;
        return 0;
}

int ct_console_send(const char *path, int master_fd, contain_error_t **err)
{
        _cleanup_close_ int fd = -EBADF;
        char name[32];
        int r;

        fd = ct_connect_unix(path, SOCK_STREAM, SEND_TIMEOUT_MS);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_CONSOLE, -fd, NULL, "cannot connect to the console socket '%s'",
                               path);
        terminal_name(master_fd, name, sizeof name);
        r = set_timeout(fd, SEND_TIMEOUT_MS);
        if (r == 0)
                r = send_fd(fd, master_fd, name);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_CONSOLE, -r, NULL,
                               "cannot send the terminal to the console socket '%s'", path);
        return 0;
}
