/* SPDX-License-Identifier: MIT */

/* What a container may tell the service manager; how it gets there. */

#include "harness/test.h"

#include "base/fds.h"
#include "host/notify.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

TEST(notify_addresses)
{
        char longest[109] = "/";

        memset(longest + 1, 'x', 106);
        EXPECT_EQ(ct_notify_check("/run/systemd/notify"), 0);
        EXPECT_EQ(ct_notify_check("@/org/freedesktop/systemd1/notify"), 0);
        EXPECT_EQ(ct_notify_check(longest), 0);
        longest[107] = 'x';
        EXPECT_EQ(ct_notify_check(longest), -ENAMETOOLONG);
        EXPECT_EQ(ct_notify_check(""), -EINVAL);
        EXPECT_EQ(ct_notify_check("/"), -EINVAL);
        EXPECT_EQ(ct_notify_check("@"), -EINVAL);
        EXPECT_EQ(ct_notify_check("notify"), -EINVAL);
        EXPECT_EQ(ct_notify_check("vsock:2:1234"), -EINVAL);
}

TEST(notify_filter)
{
        static const struct {
                const char *text, *passed;
                bool ready;
        } rows[] = {
                { "READY=1", "READY=1\n", true },
                { "READY=1\n", "READY=1\n", true },
                { "READY=0", "READY=0\n", false },
                { "READY=11", "READY=11\n", false },
                { "STATUS=a b\nREADY=1\nERRNO=2", "STATUS=a b\nREADY=1\nERRNO=2\n", true },
                { "MAINPID=1", "", false },
                { "MAINPID=1\nREADY=1\nFDSTORE=1\nFDNAME=x\nNOTIFYACCESS=all", "READY=1\n", true },
                { "\n\nREADY=1\n\n", "READY=1\n", true },
                { " READY=1", "", false },
                { "READY", "", false },
                { "xREADY=1", "", false },
                { "", "", false },
                { "\n", "", false },
                { "BARRIER=1", "", false },
                { "WATCHDOG=1\nWATCHDOG_USEC=5\nEXTEND_TIMEOUT_USEC=5\nRELOADING=1\nMONOTONIC_USEC="
                  "7\nSTOPPING=1",
                  "WATCHDOG=1\nWATCHDOG_USEC=5\nEXTEND_TIMEOUT_USEC=5\nRELOADING=1\nMONOTONIC_USEC="
                  "7\nSTOPPING=1\n",
                  false },
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
                bool ready = false;

                ct_notify_filter(rows[i].text, strlen(rows[i].text), &buf, &ready);
                (void)test_string(buf.data ? buf.data : "", rows[i].passed, __FILE__, __LINE__, rows[i].text);
                EXPECT_EQ(ready, rows[i].ready);
        }
}

/* A line that the manager would read otherwise than we do. */
TEST(notify_filter_nul)
{
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        bool ready = false;

        ct_notify_filter("STATUS=\0\nREADY=1", 16, &buf, &ready);
        EXPECT_EQ(buf.size, 0);
        EXPECT(!ready);
}

/* Binds a socket of its own to an abstract name. */
static int bind_to(const char *address)
{
        struct sockaddr_un name = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        (void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", address);
        name.sun_path[0] = '\0';
        if (fd >= 0 && bind(fd, (const struct sockaddr *)&name,
                            (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(address))) < 0)
                return ct_close(fd);
        return fd;
}

TEST(notify_forward)
{
        _cleanup_close_ int manager = -EBADF, own = -EBADF, program = -EBADF;
        char address[64], text[256] = "";
        int ends[2];

        (void)snprintf(address, sizeof(address), "@contain-unit-%d", (int)getpid());
        manager = bind_to(address);
        REQUIRE(manager >= 0);
        REQUIRE_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
        own = ends[0];
        program = ends[1];

        EXPECT_EQ(ct_notify_forward(own, address, 7), 0);
        EXPECT_EQ(send(program, "STATUS=x", 8, 0), 8);
        EXPECT_EQ(send(program, "MAINPID=1", 9, 0), 9);
        EXPECT_EQ(ct_notify_forward(own, address, 7), 0);
        EXPECT_EQ(recv(manager, text, sizeof(text), 0), 9);
        EXPECT_EQ(memcmp(text, "STATUS=x\n", 9), 0);
        EXPECT_EQ(recv(manager, text, sizeof(text), 0), -1);

        /* With the manager gone it is an error, and not a wait. */
        manager = ct_close(manager);
        EXPECT_EQ(send(program, "READY=1", 7, 0), 7);
        EXPECT_EQ(ct_notify_forward(own, address, 7), -ECONNREFUSED);
}

/* Reads all there is up to "STATUS=end"; exits with the number of barriers. */
static pid_t play_manager(int fd)
{
        struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
        char text[256];
        int barriers = 0;
        pid_t pid = fork();

        while (pid == 0) {
                ssize_t n = poll(&poll_fd, 1, 10000) == 1 ? recv(fd, text, sizeof(text), 0) : -1;

                barriers += n == 9 && memcmp(text, "BARRIER=1", 9) == 0;
                if (n < 0 || (n == 11 && memcmp(text, "STATUS=end\n", 11) == 0))
                        _exit(n < 0 ? 99 : barriers);
        }
        return pid;
}

/* However often a container says that it is ready, the manager is waited for once. */
TEST(notify_ready_again_and_again)
{
        _cleanup_close_ int manager = -EBADF, own = -EBADF, program = -EBADF;
        int ends[2], status = 0;
        char address[64];
        pid_t pid;

        (void)snprintf(address, sizeof(address), "@contain-unit-ready-%d", (int)getpid());
        manager = bind_to(address);
        REQUIRE(manager >= 0);
        REQUIRE_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
        own = ends[0];
        program = ends[1];
        pid = play_manager(manager);
        REQUIRE(pid > 0);
        for (int i = 0; i < 5; i++)
                EXPECT_EQ(send(program, "READY=1", 7, 0), 7);
        EXPECT_EQ(ct_notify_forward(own, address, 7), 1);
        EXPECT_EQ(send(program, "STATUS=end", 10, 0), 10);
        EXPECT_EQ(ct_notify_forward(own, address, 7), 0);
        EXPECT_EQ(waitpid(pid, &status, 0), pid);
        EXPECT_EQ(WEXITSTATUS(status), 1);
}

/* More descriptors than one, which nobody has asked for, must not stay open with the host. */
TEST(notify_descriptors)
{
        _cleanup_close_ int manager = -EBADF, own = -EBADF, program = -EBADF, reader = -EBADF;
        union {
                char bytes[CMSG_SPACE(2 * sizeof(int))];
                struct cmsghdr align;
        } control = { .bytes = { 0 } };
        char address[64], text[] = "BARRIER=0";
        struct iovec iov = { text, sizeof(text) - 1 };
        struct msghdr message = {
                .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
        };
        int ends[2], passed[2];

        (void)snprintf(address, sizeof(address), "@contain-unit-fds-%d", (int)getpid());
        manager = bind_to(address);
        REQUIRE(manager >= 0);
        REQUIRE_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
        own = ends[0];
        program = ends[1];
        REQUIRE_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
        reader = ends[0];
        passed[0] = passed[1] = ends[1];
        control.align.cmsg_level = SOL_SOCKET;
        control.align.cmsg_type = SCM_RIGHTS;
        control.align.cmsg_len = CMSG_LEN(sizeof(passed));
        memcpy(CMSG_DATA(&control.align), passed, sizeof(passed));
        EXPECT_EQ(sendmsg(program, &message, 0), (ssize_t)sizeof(text) - 1);
        ct_close(ends[1]);

        EXPECT_EQ(ct_notify_forward(own, address, 7), 0);
        EXPECT_EQ(read(reader, text, 1), 0);
}
