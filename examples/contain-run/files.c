/* SPDX-License-Identifier: MIT */

/* Files and sockets that the options name. */

#include "files.h"

#include "cleanup.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

/* One byte more than the library takes: a longer file fails there, with the library's words. */
enum { READ_LIMIT = 4 * 1024 * 1024 + 1 };

enum { SEND_SECONDS = 5 };

int files_read_fd(int fd, char **ret, size_t *ret_length)
{
        _cleanup_free_ char *text = NULL;
        size_t capacity, length = 0;
        struct stat st;
        ssize_t n;

        if (fstat(fd, &st) < 0)
                return -errno;
        /* Pipes have no size, nor do files of the kernel's. */
        capacity = S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size < READ_LIMIT ? (size_t)st.st_size + 1
                                                                                    : READ_LIMIT;
        text = malloc(capacity + 1);
        if (!text)
                return -ENOMEM;
        while (length < capacity) {
                n = read(fd, text + length, capacity - length);
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                length += (size_t)n;
        }
        text[length] = '\0';
        *ret = take(text);
        *ret_length = length;
        return 0;
}

int files_read(const char *path, char **ret, size_t *ret_length)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);

        return fd < 0 ? -errno : files_read_fd(fd, ret, ret_length);
}

static int write_whole(int fd, const char *text)
{
        size_t left = strlen(text);

        while (left > 0) {
                ssize_t n = write(fd, text, left);

                if (n < 0)
                        return -errno;
                text += n;
                left -= (size_t)n;
        }
        return 0;
}

int files_write_new(const char *path, const char *text)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOCTTY | O_CLOEXEC, 0666);
        if (fd < 0)
                return -errno;
        r = write_whole(fd, text);
        if (r < 0)
                (void)unlink(path);
        return r;
}

int files_write_pid(const char *path, int pid)
{
        _cleanup_free_ char *temporary = NULL;
        char text[16];
        int r;

        if (asprintf(&temporary, "%s.%d.new", path, getpid()) < 0)
                return -ENOMEM;
        (void)snprintf(text, sizeof(text), "%d", pid);
        r = files_write_new(temporary, text);
        if (r < 0)
                return r;
        if (rename(temporary, path) < 0) {
                r = -errno;
                (void)unlink(temporary);
                return r;
        }
        return 0;
}

static int connect_to(const char *path)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        /* Who listens and does not accept must not hold the container up. */
        const struct timeval timeout = { .tv_sec = SEND_SECONDS };
        _cleanup_close_ int fd = -EBADF;
        int connected;

        if (strlen(path) >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        strcpy(address.sun_path, path);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0)
                return -errno;
        if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                return errno == EAGAIN ? -ETIMEDOUT : -errno;
        connected = fd;
        fd = -EBADF;
        return connected;
}

int files_send_fd(const char *path, int fd)
{
        union {
                struct cmsghdr header;
                char bytes[CMSG_SPACE(sizeof(int))];
        } control = { 0 };
        char name[] = "pidfd";
        struct iovec data = { .iov_base = name, .iov_len = sizeof(name) - 1 };
        struct msghdr message = {
                .msg_iov = &data,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof(control.bytes),
        };
        _cleanup_close_ int socket_fd = connect_to(path);

        if (socket_fd < 0)
                return socket_fd;
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
        return sendmsg(socket_fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}
