/* SPDX-License-Identifier: MIT */

/* Standard streams, additional descriptors, and everything else the host has open. */

#include "api.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

TEST(three_streams)
{
        contain_exit_t ended = { .size = sizeof(ended) };
        auto_container c = NULL;
        auto_text out_text = NULL;
        auto_text err_text = NULL;
        int in[2], out[2], err[2], end = 0;
        WORLD_OF_ANYBODY(w);

        REQUIRE(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0);
        c = guest_new(&w, CONFIG(w, "tr a-z A-Z; echo problem >&2"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_set_stdio(c, in[0], out[1], err[1], &error_));
        EXPECT_OK(contain_create(c, &error_));
        close(in[0]);
        close(out[1]);
        close(err[1]);
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_EQ(write(in[1], "hello\n", 6), 6);
        close(in[1]);
        /* End of file comes with the container's end: neither library nor contain-init keep copies. */
        out_text = guest_read(out[0], 10000, &end);
        EXPECT_EQ(end, 1);
        err_text = guest_read(err[0], 10000, &end);
        EXPECT_EQ(end, 1);
        EXPECT_STR(out_text, "HELLO\n");
        EXPECT_STR(err_text, "problem\n");
        EXPECT_OK(contain_wait(c, 10000, &ended, &error_));
        EXPECT_OK(contain_destroy(c, 0, &error_));
        close(out[0]);
        close(err[0]);
}

TEST(descriptors_are_checked)
{
        auto_container c = NULL;
        WORLD_OF_ANYBODY(w);

        c = guest_new(&w, CONFIG(w, "true"));
        REQUIRE(c != NULL);
        EXPECT_EQ(contain_set_stdio(c, 9999, -1, -1, NULL), -EBADF);
        EXPECT_EQ(contain_add_fd(c, 9999, NULL), -EBADF);
}

TEST(additional_descriptors_begin_at_three)
{
        auto_container c = NULL;
        auto_text output = NULL;
        int first[2], second[2];
        WORLD_OF_ANYBODY(w);

        REQUIRE(pipe2(first, O_CLOEXEC) == 0 && pipe2(second, O_CLOEXEC) == 0);
        EXPECT_EQ(write(first[1], "one\n", 4), 4);
        EXPECT_EQ(write(second[1], "two\n", 4), 4);
        close(first[1]);
        close(second[1]);
        c = guest_new(&w, CONFIG(w, "cat <&4; cat <&3; echo /proc/self/fd/*"));
        REQUIRE(c != NULL);
        EXPECT_EQ(contain_add_fd(c, first[0], NULL), 3);
        EXPECT_EQ(contain_add_fd(c, second[0], NULL), 4);
        close(first[0]);
        close(second[0]);
        output = guest_run(c);
        EXPECT_STR(
                output,
                "two\none\n/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3 /proc/self/fd/4 "
                "/proc/self/fd/5\n");
}

TEST(there_is_a_limit_to_them)
{
        auto_container c = NULL;
        int r = 0;
        WORLD_OF_ANYBODY(w);

        c = guest_new(&w, CONFIG(w, "ls /proc/self/fd | wc -l"));
        REQUIRE(c != NULL);
        for (int i = 0; i < 128 && r >= 0; i++)
                r = contain_add_fd(c, 0, NULL);
        EXPECT_EQ(r, 130);
        EXPECT_EQ(contain_add_fd(c, 0, NULL), -E2BIG);
        auto_text output = guest_run(c);
        EXPECT_STR(output, "132\n");
}

TEST(what_the_host_forgot_to_mark_stays_outside)
{
        auto_text output = NULL;
        int leaked[40];
        WORLD_OF_ANYBODY(w);

        for (size_t i = 0; i < 40; i++)
                leaked[i] = open("/etc", O_RDONLY | O_DIRECTORY);
        output = guest_output(&w, CONFIG(w, "echo /proc/self/fd/*"));
        EXPECT_STR(output, "/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3\n");
        for (size_t i = 0; i < 40; i++)
                close(leaked[i]);
}

TEST(nothing_is_open_while_it_waits_for_start)
{
        auto_container c = NULL;
        char path[64], target[256];
        auto_fd leaked = -1;
        WORLD_OF_ANYBODY(w);

        leaked = open("/etc/passwd", O_RDONLY);
        c = guest_new(&w, CONFIG(w, "true"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        for (int fd = 0; fd < 64; fd++) {
                ssize_t n;

                snprintf(path, sizeof(path), "/proc/%d/fd/%d", contain_pid(c), fd);
                n = readlink(path, target, sizeof(target) - 1);
                target[n < 0 ? 0 : n] = '\0';
                (void)test_check(strcmp(target, "/etc/passwd") != 0, __FILE__, __LINE__, "%s not to be %s",
                                 path, target);
        }
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

TEST(closed_streams_become_dev_null)
{
        contain_exit_t ended = { .size = sizeof(ended) };
        auto_container c = NULL;
        auto_text seen = NULL;
        char path[160];
        int saved[3], r;
        WORLD_OF_ANYBODY(w);

        c = guest_new(
                &w, CONFIG(w, "(for i in 0 1 2; do stat -L -c %t:%T /proc/1/fd/$i; done) >/tmp/seen; true"));
        REQUIRE(c != NULL);
        for (int i = 0; i < 3; i++) {
                saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
                close(i);
        }
        r = contain_create(c, NULL);
        r = r < 0 ? r : contain_start(c, NULL);
        r = r < 0 ? r : contain_wait(c, 10000, &ended, NULL);
        for (int i = 0; i < 3; i++) {
                dup2(saved[i], i);
                close(saved[i]);
        }
        EXPECT_EQ(r, 0);
        EXPECT_EQ(ended.code, 0);
        contain_destroy(c, CONTAIN_DESTROY_FORCE, NULL);
        snprintf(path, sizeof(path), "%s/tmp/seen", w.rootfs);
        seen = read_text(path);
        EXPECT_STR(seen, "1:3\n1:3\n1:3\n");
}
