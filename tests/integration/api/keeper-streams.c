/* SPDX-License-Identifier: MIT */

/* A keeper's streams: for whoever attaches, and leaves, is slow, or dies. */

#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>

TEST(attached_before_the_start)
{
        WORLD_OF_ANYBODY(w);
        contain_keeper_options_t options = { .size = sizeof(options), .flags = CONTAIN_KEEPER_STDIN_ONCE };
        auto_container c = kept_new(&w, CONFIG(w, "read a; echo \"out $a\"; cat; echo err >&2"), &options);
        auto_attach attach = NULL;
        auto_text out = NULL;
        auto_text err = NULL;
        uint64_t lost = 1;
        int fds[3], end = 0;

        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_attach(c, 0, &attach, &error_));
        REQUIRE(attach != NULL);
        for (int i = 0; i < 3; i++) {
                EXPECT_OK(fds[i] = contain_attachment_fd(attach, i, &error_));
                EXPECT_FAILS(contain_attachment_fd(attach, i, &error_), EBADF, CONTAIN_E_KEEPER);
        }
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_EQ(write(fds[0], "one\ntwo\n", 8), 8);
        close(fds[0]);
        out = guest_read(fds[1], 20000, &end);
        EXPECT_EQ(end, 1);
        err = guest_read(fds[2], 20000, &end);
        EXPECT_EQ(end, 1);
        EXPECT_STR(out, "out one\ntwo\n");
        EXPECT_STR(err, "err\n");
        close(fds[1]);
        close(fds[2]);
        EXPECT_EQ(kept_wait(c).code, 0);
        (void)contain_attachment_lost(attach, &lost, NULL);
        EXPECT_FAILS(contain_attach(c, 0, &attach, &error_), ENOTCONN, CONTAIN_E_KEEPER);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

/* What was sent before a client left arrives, all of it. */
TEST(input_of_a_client_that_leaves)
{
        WORLD_OF_ANYBODY(w);
        contain_keeper_options_t options = { .size = sizeof(options), .flags = CONTAIN_KEEPER_STDIN_ONCE };
        auto_container c = kept_new(&w, CONFIG(w, "sleep 0.2; wc -c"), &options);
        auto_attach watcher = NULL;
        contain_attachment_t *attach = NULL;
        auto_text out = NULL;
        auto_fd out_fd = -1;
        char bytes[60000];
        int fd;

        memset(bytes, 'x', sizeof(bytes));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_attach(c, CONTAIN_ATTACH_STDOUT, &watcher, &error_));
        EXPECT_OK(contain_attach(c, CONTAIN_ATTACH_STDIN, &attach, &error_));
        REQUIRE(watcher != NULL && attach != NULL);
        out_fd = contain_attachment_fd(watcher, 1, NULL);
        fd = contain_attachment_fd(attach, 0, NULL);
        EXPECT_EQ(write(fd, bytes, sizeof(bytes)), (ssize_t)sizeof(bytes));
        close(fd);
        contain_attachment_free(attach);
        EXPECT_OK(contain_start(c, &error_));
        out = guest_read(out_fd, 20000, NULL);
        EXPECT_STR(out, "60000\n");
        (void)kept_wait(c);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

/*
 * One client reads nothing, another is gone without a word: the container is not held up, and a third gets
 * all. That one sends a line for each round, so it never has more to read than its pipe holds.
 */
TEST(slow_and_dead_clients)
{
        enum { ROUND = 32768, ROUNDS = 128 };
        WORLD_OF_ANYBODY(w);
        contain_keeper_options_t options = { .size = sizeof(options), .flags = CONTAIN_KEEPER_STDIN_ONCE };
        auto_container c =
                kept_new(&w, CONFIG(w, "while read x; do head -c 32768 /dev/zero; done; exit 5"), &options);
        auto_attach slow = NULL;
        auto_attach third = NULL;
        contain_attachment_t *dead = NULL;
        auto_fd slow_fd = -1;
        auto_fd third_fd = -1;
        uint64_t lost = 0, third_lost = 1;
        int in_fd, held = 0, end = 0;
        size_t got = 0;
        char *rest, bytes[4096];

        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_attach(c, CONTAIN_ATTACH_STDOUT, &slow, &error_));
        EXPECT_OK(contain_attach(c, CONTAIN_ATTACH_STDOUT, &dead, &error_));
        EXPECT_OK(contain_attach(c, CONTAIN_ATTACH_STDIN | CONTAIN_ATTACH_STDOUT, &third, &error_));
        REQUIRE(slow != NULL && dead != NULL && third != NULL);
        EXPECT_OK(slow_fd = contain_attachment_fd(slow, 1, &error_));
        EXPECT_OK(third_fd = contain_attachment_fd(third, 1, &error_));
        EXPECT_OK(in_fd = contain_attachment_fd(third, 0, &error_));
        contain_attachment_free(dead);
        EXPECT_OK(contain_start(c, &error_));
        for (size_t round = 1; round <= ROUNDS; round++) {
                REQUIRE_EQ(write(in_fd, "\n", 1), 1);
                while (got < round * ROUND) {
                        struct pollfd ready = { .fd = third_fd, .events = POLLIN };
                        ssize_t n = poll(&ready, 1, 20000) == 1 ? read(third_fd, bytes, sizeof(bytes)) : 0;

                        REQUIRE(n > 0);
                        got += (size_t)n;
                }
        }
        EXPECT_EQ(got, (size_t)ROUND * ROUNDS);
        EXPECT_OK(contain_attachment_lost(third, &third_lost, &error_));
        EXPECT_EQ(third_lost, 0);
        /* What the slow one has not lost is waiting for it. */
        EXPECT_OK(contain_attachment_lost(slow, &lost, &error_));
        EXPECT_EQ(ioctl(slow_fd, FIONREAD, &held), 0);
        EXPECT(held > 0 && lost > 0);
        EXPECT_EQ((uint64_t)held + lost, (uint64_t)ROUND * ROUNDS);
        close(in_fd);
        EXPECT_EQ(kept_wait(c).code, 5);
        for (got = 0; got < (size_t)held;) {
                ssize_t n = read(slow_fd, bytes, sizeof(bytes));

                REQUIRE(n > 0);
                got += (size_t)n;
        }
        rest = guest_read(slow_fd, 20000, &end);
        EXPECT_EQ(end, 1);
        EXPECT_STR(rest, "");
        free(rest);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

TEST(terminal)
{
        WORLD_OF_ANYBODY(w);
        struct json_object *config =
                CONFIG(w, "stty -echo; echo ready; read line; stty size; echo \"got $line\"");
        auto_container c = NULL;
        auto_attach first = NULL;
        auto_attach attach = NULL;
        auto_text out = NULL;
        auto_fd fd = -1;
        auto_fd in_fd = -1;
        auto_fd first_fd = -1;
        char byte;

        config_set(config, "/process/terminal", "true");
        config_mount(config, "/dev/pts", "devpts", "devpts", "newinstance,ptmxmode=0666");
        c = kept_new(&w, config, NULL);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_FAILS(contain_console_fd(c, &error_), ENOTTY, CONTAIN_E_CONSOLE);
        EXPECT_OK(contain_attach(c, 0, &first, &error_));
        REQUIRE(first != NULL);
        first_fd = contain_attachment_fd(first, 1, NULL);
        EXPECT_OK(contain_start(c, &error_));
        do
                REQUIRE_EQ(read(first_fd, &byte, 1), 1);
        while (byte != '\n');
        first = contain_attachment_free(first);

        /* Again, with another size. */
        EXPECT_OK(contain_attach(c, 0, &attach, &error_));
        REQUIRE(attach != NULL);
        EXPECT_OK(fd = contain_attachment_fd(attach, 1, &error_));
        EXPECT_OK(in_fd = contain_attachment_fd(attach, 0, &error_));
        EXPECT_FAILS(contain_attachment_fd(attach, 2, &error_), EBADF, CONTAIN_E_KEEPER);
        EXPECT_OK(contain_resize(c, 33, 77, &error_));
        EXPECT_EQ(write(in_fd, "hello\n", 6), 6);
        out = guest_read(fd, 20000, NULL);
        EXPECT_STR(out, "33 77\r\ngot hello\r\n");
        EXPECT_EQ(kept_wait(c).code, 0);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}
