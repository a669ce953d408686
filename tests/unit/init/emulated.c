/* SPDX-License-Identifier: MIT */

/*
 * What contain-init does without privilege or namespaces, also for another CPU under a user-mode emulator
 * (INIT_EMULATOR), which knows few of the system calls.
 */

#include "container.h"
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct drive drive;

static bool has_program(void)
{
        if (getenv("INIT_PROGRAM"))
                return true;
        test_skip("needs contain-init in INIT_PROGRAM");
        return false;
}

TEST(a_harmless_plan_from_exec_to_exec)
{
        int stdio[3], start;

        if (!has_program())
                return;
        drive_begin(&drive, 0);
        drive_stdio_slots(&drive, stdio);
        start = drive_start_slot(&drive);
        STEP(&drive.build, .op = STEP_HIDE);
        STEP(&drive.build, .op = STEP_ROOTFS, .s = { "/" });
        STEP(&drive.build, .op = STEP_RLIMIT, .s = { "RLIMIT_CORE" }, .n = { 4, 0, 0 });
        STEP(&drive.build, .op = STEP_FIND_PROGRAM, .s = { "busybox", "/nowhere:/bin" });
        STEP(&drive.build, .op = STEP_READY);
        STEP(&drive.build, .op = STEP_START_WAIT, .slot = start);
        drive_stdio_steps(&drive, stdio);
        STEP(&drive.build, .op = STEP_UMASK, .n = { 035 });
        STEP(&drive.build, .op = STEP_CWD, .s = { "/tmp" });
        STEP(&drive.build, .op = STEP_NO_NEW_PRIVS);
        STEP_TABLE(&drive.build, LIST("sh", "-c", "umask; pwd; echo $A ${HOME%%root}; exit 9", "A=b"),
                   .op = STEP_EXEC, .s = { "busybox", "/nowhere:/bin" }, .n = { 3, 1, 1 });
        drive_run(&drive);
        EXPECT_EQ(drive.failed.kind, 0);
        EXPECT_EQ(drive.failed.error, 0);
        EXPECT_EQ(drive.failed.step, 0);
        EXPECT_EQ(drive.status, 9);
        EXPECT_STR(drive.output, "0035\n/tmp\nb /\n");
        drive_end(&drive);
}

TEST(a_step_that_fails)
{
        int start;

        if (!has_program())
                return;
        drive_begin(&drive, 0);
        start = drive_start_slot(&drive);
        STEP(&drive.build, .op = STEP_READY);
        STEP(&drive.build, .op = STEP_START_WAIT, .slot = start);
        STEP_TABLE(&drive.build, LIST("x"), .op = STEP_EXEC, .s = { "/no/such/program" }, .n = { 1 });
        drive_run(&drive);
        EXPECT_EQ(drive.failed.detail, PLAN_DETAIL_NOT_FOUND);
        EXPECT_EQ(drive.failed.error, 2);
        EXPECT_EQ(drive.status, 127);
        drive_end(&drive);
}

static int run(int socket_fd)
{
        const char *program = getenv("INIT_PROGRAM"), *emulator = getenv("INIT_EMULATOR");
        int status = -1;
        pid_t pid;

        (void)fflush(stdout);
        pid = fork();
        if (pid == 0) {
                if (socket_fd < 0)
                        (void)close(PLAN_SOCKET_FD);
                else
                        (void)dup2(socket_fd, PLAN_SOCKET_FD);
                if (emulator)
                        (void)execl(emulator, emulator, program, NULL);
                else
                        (void)execl(program, program, NULL);
                _exit(99);
        }
        (void)waitpid(pid, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(without_anybody_to_talk_to)
{
        int ends[2];

        if (!has_program())
                return;
        EXPECT_EQ(run(-1), 2);
        (void)!pipe(ends);
        EXPECT_EQ(run(ends[0]), 2);
        (void)close(ends[0]);
        (void)close(ends[1]);
        (void)!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
        (void)close(ends[0]);
        EXPECT_EQ(run(ends[1]), 2);
        (void)close(ends[1]);
}
