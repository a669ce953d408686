/* SPDX-License-Identifier: MIT */

/* Kernel facts: a child can be waited for by its pidfd alone; other processes tell their exit from Linux 6.15
 * on. */

#include "base/pidfd.h"

#include "base/cleanup.h"
#include "harness/test.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

/* A child that exits with @code, or waits to be killed if that is negative. */
static pid_t start(int code)
{
        pid_t pid = fork();

        if (pid != 0)
                return pid;
        if (code < 0)
                for (;;)
                        (void)pause();
        _exit(code);
}

/* Whatever became of the test, its child goes. One that was reaped is not a child: its pid may be somebody
 * else's. */
static void stop(pid_t *pid)
{
        if (*pid > 0 && waitpid(*pid, NULL, WNOHANG) == 0) {
                (void)kill(*pid, SIGKILL);
                (void)waitpid(*pid, NULL, 0);
        }
}

/* Tools that run programs on a kernel of their own making, such as valgrind, may not have these calls. */
static bool is_supported(void)
{
        _cleanup_close_ int pidfd = ct_pidfd_open(getpid());

        return pidfd >= 0 && ct_pidfd_signal(pidfd, 0) != -ENOSYS;
}

TEST(pidfd_tells_the_exit_code_and_reaps)
{
        _cleanup_close_ int pidfd = -EBADF;
        struct ct_exit ended;
        _cleanup_(stop) pid_t pid = -1;

        if (!is_supported())
                SKIP("no pidfd system calls here");
        pid = start(42);
        REQUIRE(pid > 0);
        pidfd = ct_pidfd_open(pid);
        REQUIRE(pidfd >= 0);
        EXPECT_EQ(ct_pidfd_poll(pidfd, -1), 1);
        REQUIRE_EQ(ct_pidfd_exit(pidfd, &ended), 0);
        EXPECT(ended.known);
        EXPECT_EQ(ended.code, 42);
        EXPECT_EQ(ended.signo, 0);
        EXPECT_EQ(waitpid(pid, NULL, WNOHANG), -1);
        EXPECT_EQ(ct_pidfd_signal(pidfd, 0), -ESRCH);
}

TEST(pidfd_tells_the_signal)
{
        _cleanup_close_ int pidfd = -EBADF;
        struct ct_exit ended;
        _cleanup_(stop) pid_t pid = -1;

        if (!is_supported())
                SKIP("no pidfd system calls here");
        pid = start(-1);
        REQUIRE(pid > 0);
        pidfd = ct_pidfd_open(pid);
        REQUIRE(pidfd >= 0);
        EXPECT_EQ(ct_pidfd_poll(pidfd, 0), 0);
        EXPECT_EQ(ct_pidfd_exit(pidfd, &ended), 0);
        EXPECT(!ended.known);
        EXPECT_EQ(ct_pidfd_signal(pidfd, SIGKILL), 0);
        EXPECT_EQ(ct_pidfd_poll(pidfd, 10000), 1);
        REQUIRE_EQ(ct_pidfd_exit(pidfd, &ended), 0);
        EXPECT(ended.known);
        EXPECT_EQ(ended.code, -1);
        EXPECT_EQ(ended.signo, SIGKILL);
        EXPECT(!ended.core);
}

TEST(pidfd_of_a_child_that_somebody_else_reaped)
{
        _cleanup_close_ int pidfd = -EBADF;
        struct ct_exit ended;
        _cleanup_(stop) pid_t pid = -1;

        if (!is_supported())
                SKIP("no pidfd system calls here");
        pid = start(7);
        REQUIRE(pid > 0);
        pidfd = ct_pidfd_open(pid);
        REQUIRE(pidfd >= 0);
        EXPECT_EQ(waitpid(pid, NULL, 0), pid);
        EXPECT_EQ(ct_pidfd_poll(pidfd, -1), 1);
        REQUIRE_EQ(ct_pidfd_exit(pidfd, &ended), 0);
        if (!ended.known)
                SKIP("the kernel does not tell the exit of others (Linux 6.15)");
        EXPECT_EQ(ended.code, 7);
        EXPECT_EQ(ended.signo, 0);
}

TEST(pidfd_poll_keeps_its_time)
{
        _cleanup_close_ int pidfd = -EBADF;
        struct timespec before, after;
        long msec;

        if (!is_supported())
                SKIP("no pidfd system calls here");
        pidfd = ct_pidfd_open(getpid());
        REQUIRE(pidfd >= 0);
        (void)clock_gettime(CLOCK_MONOTONIC, &before);
        EXPECT_EQ(ct_pidfd_poll(pidfd, 30), 0);
        (void)clock_gettime(CLOCK_MONOTONIC, &after);
        msec = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
        EXPECT(msec >= 29);
}

TEST(pidfd_errors)
{
        struct ct_exit ended;

        if (!is_supported())
                SKIP("no pidfd system calls here");
        EXPECT_EQ(ct_pidfd_open(0), -EINVAL);
        EXPECT_EQ(ct_pidfd_open(0x3fffffff), -ESRCH);
        EXPECT_EQ(ct_pidfd_poll(9999, 0), -EBADF);
        EXPECT_EQ(ct_pidfd_exit(9999, &ended), -EBADF);
        EXPECT_EQ(ct_pidfd_signal(9999, 0), -EBADF);
}

TEST(pidfd_is_opened_only_for_the_process_meant)
{
        _cleanup_close_ int pidfd = -EBADF;
        uint64_t start_time = 0;

        if (!is_supported())
                SKIP("no pidfd system calls here");
        REQUIRE_EQ(ct_process_start_time(getpid(), &start_time), 0);
        EXPECT(start_time > 0);
        pidfd = ct_pidfd_open_checked(getpid(), start_time);
        EXPECT(pidfd >= 0);
        EXPECT_EQ(ct_pidfd_open_checked(getpid(), start_time + 1), -ESRCH);
        EXPECT_EQ(ct_process_start_time(0x3fffffff, &start_time), -ESRCH);
}
