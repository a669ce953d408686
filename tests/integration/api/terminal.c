/* SPDX-License-Identifier: MIT */

/* Containers with a terminal: over a returned descriptor, and over a console socket. */

#include "api.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct json_object *terminal_config(const struct world *w, const char *script)
{
        struct json_object *config = config_new(w->rootfs, script);

        config_mount(config, "/dev/pts", "devpts", "devpts", "newinstance,ptmxmode=0666,mode=620,gid=5");
        config_set(config, "/process/terminal", "true");
        return config;
}

TEST(console_descriptor)
{
        struct winsize size = { 0 };
        struct json_object *config;
        contain_exit_t ended = { .size = sizeof(ended) };
        auto_container c = NULL;
        auto_text output = NULL;
        auto_fd master = -1;
        WORLD_OF_ANYBODY(w);

        config = terminal_config(&w, "tty; stty size; test -c /dev/console && stat -c %t /dev/console; read "
                                     "line; echo \"got $line\"; "
                                     "test -t 0 && test -t 1 && test -t 2 && echo all");
        config_set(config, "/process/consoleSize", "{'height': 30, 'width': 101}");
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        EXPECT_EQ(contain_console_fd(c, NULL), -ENOTTY);
        EXPECT_OK(contain_create(c, &error_));
        master = contain_console_fd(c, NULL);
        REQUIRE(master >= 0);
        EXPECT(isatty(master));
        EXPECT_EQ(ioctl(master, TIOCGWINSZ, &size), 0);
        EXPECT_EQ(size.ws_row, 30);
        EXPECT_EQ(size.ws_col, 101);
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_EQ(write(master, "hello\n", 6), 6);
        output = guest_read(master, 10000, NULL);
        EXPECT_CONTAINS(output, "/dev/pts/0\r\n");
        EXPECT_CONTAINS(output, "30 101\r\n");
        EXPECT_CONTAINS(output, "88\r\n"); /* 136, the major number of terminals, in hexadecimal */
        EXPECT_CONTAINS(output, "got hello\r\nall\r\n");
        EXPECT_OK(contain_wait(c, 10000, &ended, &error_));
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

TEST(terminal_is_the_controlling_one)
{
        contain_exit_t ended = { .size = sizeof(ended) };
        auto_container c = NULL;
        auto_text output = NULL;
        auto_fd master = -1;
        WORLD_OF_ANYBODY(w);

        c = guest_new(&w,
                      terminal_config(
                              &w, "echo through >/dev/tty; trap 'echo interrupted; exit 9' INT; echo ready; "
                                  "while :; do sleep 0.05; done"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        master = contain_console_fd(c, NULL);
        REQUIRE(master >= 0);
        EXPECT_OK(contain_start(c, &error_));
        usleep(300000);
        EXPECT_EQ(write(master, "\003", 1), 1);
        output = guest_read(master, 10000, NULL);
        EXPECT_CONTAINS(output, "through\r\nready\r\n");
        EXPECT_CONTAINS(output, "interrupted");
        EXPECT_OK(contain_wait(c, 10000, &ended, &error_));
        EXPECT_EQ(ended.code, 9);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

/* Takes one descriptor from a connection that is made to @listening. */
static int receive_console(int listening)
{
        union {
                struct cmsghdr header;
                char buffer[CMSG_SPACE(sizeof(int))];
        } control;
        char name[256];
        struct iovec data = { name, sizeof(name) };
        struct msghdr message = {
                .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
        };
        struct pollfd wait = { .fd = listening, .events = POLLIN };
        auto_fd connection = -1;
        struct cmsghdr *header;
        int fd = -1;

        if (poll(&wait, 1, 10000) <= 0)
                return -1;
        connection = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
        if (recvmsg(connection, &message, MSG_CMSG_CLOEXEC) < 0)
                return -1;
        header = CMSG_FIRSTHDR(&message);
        if (header && header->cmsg_type == SCM_RIGHTS)
                memcpy(&fd, CMSG_DATA(header), sizeof(fd));
        return fd;
}

TEST(console_socket)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        contain_exit_t ended = { .size = sizeof(ended) };
        auto_container c = NULL;
        auto_text output = NULL;
        auto_fd listening = -1;
        auto_fd master = -1;
        WORLD_OF_ANYBODY(w);

        listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        snprintf(address.sun_path, sizeof(address.sun_path), "%s/console", w.dir);
        REQUIRE_EQ(bind(listening, (struct sockaddr *)&address, sizeof(address)), 0);
        REQUIRE_EQ(listen(listening, 1), 0);
        c = guest_new(&w, terminal_config(&w, "echo over the socket"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_set_console_socket(c, address.sun_path, &error_));
        EXPECT_OK(contain_create(c, &error_));
        master = receive_console(listening);
        REQUIRE(master >= 0);
        EXPECT_EQ(contain_console_fd(c, NULL), -ENOTTY);
        EXPECT_OK(contain_start(c, &error_));
        output = guest_read(master, 10000, NULL);
        EXPECT_STR(output, "over the socket\r\n");
        EXPECT_OK(contain_wait(c, 10000, &ended, &error_));
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

TEST(nobody_listens)
{
        contain_error_t *error = NULL;
        auto_container c = NULL;
        char path[160];
        WORLD_OF_ANYBODY(w);

        snprintf(path, sizeof(path), "%s/nobody", w.dir);
        c = guest_new(&w, terminal_config(&w, "true"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_set_console_socket(c, path, &error_));
        EXPECT(contain_create(c, &error) < 0);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_CONSOLE);
        contain_error_free(error);
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_NONE);
}

TEST(terminal_of_another_user)
{
        struct json_object *config;
        contain_exit_t ended = { .size = sizeof(ended) };
        auto_container c = NULL;
        auto_text output = NULL;
        auto_fd master = -1;
        WORLD_OF_ANYBODY(w);

        config = terminal_config(
                &w, "echo written >/dev/console; stat -c %u /dev/pts/0; echo again >/dev/stdout");
        config_set(config, "/process/user", "{'uid': 1000, 'gid': 1000}");
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        master = contain_console_fd(c, NULL);
        REQUIRE(master >= 0);
        EXPECT_OK(contain_start(c, &error_));
        output = guest_read(master, 10000, NULL);
        EXPECT_STR(output, "written\r\n1000\r\nagain\r\n");
        EXPECT_OK(contain_wait(c, 10000, &ended, &error_));
        EXPECT_OK(contain_destroy(c, 0, &error_));
}
