/* SPDX-License-Identifier: MIT */

/* The counters of network devices, from texts and from processes. */

#include "base/buf.h"
#include "base/pidfd.h"
#include "harness/test.h"
#include "host/members.h"
#include "host/net-stats.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What @text comes to. In a static buffer. */
static const char *parse(const char *text)
{
        static char result[1024];
        _cleanup_free_ char *copy = strdup(text);
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;

        EXPECT_EQ(ct_net_stats_parse(copy, &buf), 0);
        (void)snprintf(result, sizeof result, "%s", buf.data ? buf.data : "");
        return result;
}

#define HEADING                                                                                              \
        "Inter-|   Receive                                                |  Transmit\n"                     \
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs\n"

TEST(net_stats_of_texts)
{
        EXPECT_STR(parse(""), "");
        EXPECT_STR(parse(HEADING), "");
        EXPECT_STR(parse(HEADING "    lo:    1296      16    1    2    0     0          0         0     1297"
                                 "      17    3    4    0     0       0          0\n"
                                 "  e\"\\:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 18446744073709551615\n"),
                   "{\"Name\":\"lo\",\"RxBytes\":1296,\"RxPackets\":16,\"RxErrors\":1,\"RxDropped\":2,"
                   "\"TxBytes\":1297,\"TxPackets\":17,\"TxErrors\":3,\"TxDropped\":4},"
                   "{\"Name\":\"e\\\"\\\\\",\"RxBytes\":1,\"RxPackets\":2,\"RxErrors\":3,\"RxDropped\":4,"
                   "\"TxBytes\":9,\"TxPackets\":10,\"TxErrors\":11,\"TxDropped\":12}");
        EXPECT_STR(parse("lo: 1 2 3\nlo\n:\nlo: -1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
                         "lo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 99999999999999999999\n"
                         "lo: 1x 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"),
                   "");
}

/* A child that does @prepare, tells and waits. */
static pid_t child(int (*prepare)(void), int *ret_ready)
{
        int fds[2];
        char byte;
        pid_t pid;

        if (pipe(fds) < 0)
                return -1;
        pid = fork();
        if (pid == 0) {
                if (prepare() < 0 || write(fds[1], "", 1) != 1)
                        _exit(1);
                (void)pause();
                _exit(0);
        }
        (void)close(fds[1]);
        *ret_ready = read(fds[0], &byte, 1) == 1;
        (void)close(fds[0]);
        return pid;
}

static void end(pid_t pid)
{
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
}

static int stay(void)
{
        return 0;
}

static int own_network(void)
{
        return unshare(CLONE_NEWNET);
}

TEST(net_stats_of_processes)
{
        static const struct {
                int (*prepare)(void);
                const char *expected;
        } cases[] = { { stay, "" }, { own_network, "{\"Name\":\"lo\"" } };

        if (geteuid() != 0)
                SKIP("needs root");
        for (size_t i = 0; i < 2; i++) {
                _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
                int ready = 0, pidfd, fd;
                pid_t pid = child(cases[i].prepare, &ready);

                pidfd = ct_pidfd_open(pid);
                fd = ct_pidfd_open_folder(pidfd, pid);
                EXPECT(fd >= 0);
                if (ready) {
                        EXPECT_EQ(ct_net_stats(fd, &buf), 0);
                        EXPECT_EQ(strncmp(buf.data ? buf.data : "", cases[i].expected,
                                          strlen(cases[i].expected) + (i == 0)),
                                  0);
                }
                end(pid);
                /* Whoever has the number now: the folder is not theirs. */
                buf.size = 0;
                EXPECT_EQ(ct_net_stats(fd, &buf), 0);
                EXPECT_EQ(buf.size, 0);
                EXPECT_EQ(ct_pidfd_open_folder(pidfd, getpid()), -ESRCH);
                (void)close(fd);
                (void)close(pidfd);
        }
}

TEST(members_of_the_own_pid_namespace_are_not_told)
{
        _cleanup_free_ pid_t *pids = NULL;
        int ready = 0, pidfd, fd;
        size_t n = 0;
        pid_t pid;

        pid = child(stay, &ready);
        pidfd = ct_pidfd_open(pid);
        fd = ct_pidfd_open_folder(pidfd, pid);
        EXPECT_EQ(ct_pid_namespace_members(fd, &pids, &n), -ENOENT);
        end(pid);
        EXPECT_EQ(ct_pid_namespace_members(fd, &pids, &n), -ENOENT);
        (void)close(fd);
        (void)close(pidfd);
}
