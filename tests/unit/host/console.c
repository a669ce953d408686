/* SPDX-License-Identifier: MIT */

#include "helper.h"

#include "host/console.h"

#include "harness/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/* Listens below @folder, at a path of a few hundred bytes when @deep. */
static int listen_in(const struct folder *folder, bool deep, int type, int backlog, char *ret_path,
                     size_t size)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_close_ int fd = -EBADF, dir_fd = -EBADF;
        char part[201];

        memset(part, 'x', sizeof part - 1);
        part[sizeof part - 1] = '\0';
        (void)snprintf(ret_path, size, "%s/%s", folder->path, part);
        if (mkdir(ret_path, 0700) < 0)
                return -errno;
        dir_fd = open(deep ? ret_path : folder->path, O_PATH | O_CLOEXEC);
        (void)snprintf(ret_path, size, "%s/%s%ssocket", folder->path, deep ? part : "", deep ? "/" : "");
        (void)snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/socket", dir_fd);
        fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
        if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 ||
            listen(fd, backlog) < 0)
                return -errno;
        return ct_take_fd(&fd);
}

/* Receives one message; its descriptor, or -1. */
static int receive_fd(int listener, char *text, size_t size)
{
        _cleanup_close_ int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(int))];
        } control;
        struct iovec data = { .iov_base = text, .iov_len = size - 1 };
        struct msghdr message = { .msg_iov = &data,
                                  .msg_iovlen = 1,
                                  .msg_control = control.space,
                                  .msg_controllen = sizeof control.space };
        ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
        int received = -1;

        if (n < 0 || !CMSG_FIRSTHDR(&message) || CMSG_FIRSTHDR(&message)->cmsg_type != SCM_RIGHTS)
                return -1;
        text[n] = '\0';
        memcpy(&received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof received);
        return received;
}

static void expect_sent(bool deep)
{
        _cleanup_(folder_remove) struct folder folder = { "" };
        _cleanup_close_ int listener = -EBADF, master = -EBADF, received = -EBADF;
        char path[600], text[64] = "", name[64] = "";

        REQUIRE(folder_make(&folder));
        listener = listen_in(&folder, deep, SOCK_STREAM, 4, path, sizeof path);
        REQUIRE(listener >= 0);
        master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        REQUIRE(master >= 0);
        EXPECT_EQ(ct_console_send(path, master, NULL), 0);
        received = receive_fd(listener, text, sizeof text);
        REQUIRE(received >= 0);
        EXPECT_EQ(ptsname_r(received, name, sizeof name), 0);
        EXPECT_STR(text, name);
}

TEST(console_is_sent)
{
        expect_sent(false);
}

TEST(console_is_sent_to_a_long_path)
{
        expect_sent(true);
}

TEST(console_without_listener)
{
        _cleanup_(folder_remove) struct folder folder = { "" };
        _cleanup_(contain_error_freep) contain_error_t *absent = NULL, *refused = NULL;
        char path[600];
        int fd;

        REQUIRE(folder_make(&folder));
        EXPECT_EQ(ct_console_send("/nowhere/socket", 0, &absent), -ENOENT);
        EXPECT_STR(contain_error_message(absent),
                   "cannot connect to the console socket '/nowhere/socket': no such file "
                   "or directory [CT-427]");
        fd = listen_in(&folder, false, SOCK_STREAM, 4, path, sizeof path);
        REQUIRE(fd >= 0);
        (void)close(fd);
        EXPECT_EQ(ct_console_send(path, 0, &refused), -ECONNREFUSED);
        EXPECT_CONTAINS(contain_error_sentence(refused), path);
        EXPECT_EQ(ct_connect_unix("/dev/null", SOCK_STREAM, 100), -ECONNREFUSED);
}

TEST(console_socket_of_another_type)
{
        _cleanup_(folder_remove) struct folder folder = { "" };
        _cleanup_close_ int listener = -EBADF;
        char path[600];

        REQUIRE(folder_make(&folder));
        listener = listen_in(&folder, false, SOCK_SEQPACKET, 4, path, sizeof path);
        REQUIRE(listener >= 0);
        EXPECT_EQ(ct_console_send(path, 0, NULL), -EPROTOTYPE);
}

TEST(connect_to_a_full_queue_takes_no_longer_than_allowed)
{
        _cleanup_(folder_remove) struct folder folder = { "" };
        _cleanup_close_ int listener = -EBADF;
        int clients[16], n;
        int64_t before;
        char path[600];

        REQUIRE(folder_make(&folder));
        listener = listen_in(&folder, false, SOCK_STREAM, 1, path, sizeof path);
        REQUIRE(listener >= 0);
        before = milliseconds();
        for (n = 0; n < 16; n++) {
                clients[n] = ct_connect_unix(path, SOCK_STREAM, 300);
                if (clients[n] < 0)
                        break;
        }
        REQUIRE(n < 16);
        EXPECT_EQ(clients[n], -ETIMEDOUT);
        EXPECT(milliseconds() - before >= 250 && milliseconds() - before < 3000);
        while (n > 0)
                (void)close(clients[--n]);
}
