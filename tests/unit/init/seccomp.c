/* SPDX-License-Identifier: MIT */

/* System call filters by the real contain-init, as root: also those that notify of what it needs itself. */

#include "container.h"
#include "harness/test.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct container c;

/* A filter that does @action on @nr, or on every call when it is negative. */
static void add_filter(int slot, int nr, uint32_t action)
{
        const struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | (nr < 0 ? BPF_JGE : BPF_JEQ) | BPF_K, (uint32_t)(nr < 0 ? 0 : nr), 0, 1),
                BPF_STMT(BPF_RET | BPF_K, action),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };

        CSTEP(&c, .op = STEP_SECCOMP, .slot = slot, .s = { "{\"pid\":", ",\"state\":{\"pid\":", "}}" },
              .n = { SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_TSYNC }, .blob = filter,
              .blob_size = sizeof(filter));
}

TEST(a_filter_before_the_identity_and_one_after_it)
{
        if (container_cannot_run())
                return;
        for (int late = 0; late < 2; late++) {
                container_begin(&c, 0);
                container_add_root(&c);
                container_add_pivot(&c);
                container_add_start(&c);
                if (!late)
                        add_filter(0, SYS_mkdirat, SECCOMP_RET_ERRNO | EXDEV);
                CSTEP(&c, .op = STEP_IDENTITY, .n = { 1000, 1000, 1 });
                CSTEP(&c, .op = STEP_CWD, .s = { "/" });
                CSTEP(&c, .op = STEP_CAPABILITIES, .n = { 0 });
                if (late) {
                        CSTEP(&c, .op = STEP_NO_NEW_PRIVS);
                        /* Nothing but what execve needs: the program's own first call kills it. */
                        add_filter(0, SYS_brk, SECCOMP_RET_KILL_PROCESS);
                }
                STEP_TABLE(&c.drive.build, LIST("sh", "-c", "id -u"), .op = STEP_EXEC, .s = { "sh", "/bin" },
                           .n = { 3, 0, 1 });
                drive_run(&c.drive);
                EXPECT_EQ(c.drive.failed.kind, 0);
                EXPECT_EQ(c.drive.status, late ? 128 + SIGSYS : 0);
                EXPECT_STR(c.drive.output, late ? "" : "1000\n");
                container_end(&c);
        }
}

/* A supervisor that lets everything go on. Writes the message that brought the descriptor, then the calls'
 * numbers. */
static pid_t supervise(int socket_fd, int output_fd)
{
        pid_t pid;

        (void)fflush(stdout);
        pid = fork();
        if (pid != 0)
                return pid;
        {
                char text[256], control[CMSG_SPACE(sizeof(int))] = { 0 };
                struct iovec iov = { text, sizeof(text) };
                struct msghdr msg = { .msg_iov = &iov,
                                      .msg_iovlen = 1,
                                      .msg_control = control,
                                      .msg_controllen = sizeof(control) };
                ssize_t n = recvmsg(socket_fd, &msg, 0);
                int fd;

                if (n < 0 || !CMSG_FIRSTHDR(&msg))
                        _exit(1);
                memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
                (void)!write(output_fd, text, (size_t)n);
                (void)!write(output_fd, "\n", 1);
                for (;;) {
                        struct seccomp_notif request = { 0 };
                        struct seccomp_notif_resp response = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
                        struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

                        if (poll(&poll_fd, 1, -1) < 0 || (poll_fd.revents & POLLHUP))
                                _exit(0);
                        if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0)
                                continue;
                        if (request.data.nr == SYS_execve)
                                (void)!write(output_fd, "execve\n", 7);
                        response.id = request.id;
                        (void)ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &response);
                }
        }
}

/*
 * Also of every single call that there is: nothing may be called between loading and the supervisor. No
 * pipelines in the script: a call that waits for the supervisor when SIGCHLD comes is interrupted, also
 * close(2).
 */
static void notify(int nr, bool late, const uint64_t *scheduler)
{
        int ends[2], output[2], slot, status;
        char text[512] = "", expected[128];
        ssize_t size = 0, n;
        pid_t pid;

        (void)!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
        (void)!pipe(output);
        pid = supervise(ends[0], output[1]);
        (void)close(ends[0]);
        (void)close(output[1]);

        container_begin(&c, 0);
        slot = drive_slot(&c.drive, PLAN_SLOT_SECCOMP, 0, ends[1]);
        container_add_root(&c);
        container_add_pivot(&c);
        container_add_start(&c);
        if (scheduler)
                CSTEP(&c, .op = STEP_SCHEDULER, .blob = scheduler, .blob_size = 7 * sizeof(*scheduler));
        if (late)
                CSTEP(&c, .op = STEP_NO_NEW_PRIVS);
        else
                add_filter(slot, nr, SECCOMP_RET_USER_NOTIF);
        CSTEP(&c, .op = STEP_IDENTITY, .n = { 0, 0, 1 });
        CSTEP(&c, .op = STEP_CWD, .s = { "/" });
        if (late)
                add_filter(slot, nr, SECCOMP_RET_USER_NOTIF);
        STEP_TABLE(&c.drive.build,
                   LIST("sh", "-c", "ls /proc/self/fd /proc/1/task; grep -l ' Z ' /proc/[0-9]*/stat; exit 0"),
                   .op = STEP_EXEC, .s = { "/bin/sh", NULL }, .n = { 3, 0, 1 });
        drive_create(&c.drive);
        EXPECT_EQ(c.drive.failed.kind, 0);
        (void)snprintf(expected, sizeof(expected), "{\"pid\":%d,\"state\":{\"pid\":%d}}\n", (int)c.drive.pid,
                       (int)c.drive.pid);
        drive_start(&c.drive);
        drive_wait(&c.drive);
        EXPECT_EQ(c.drive.failed.kind, 0);
        EXPECT_EQ(c.drive.failed.error, 0);
        EXPECT_EQ(c.drive.status, 0);
        EXPECT_STR(c.drive.output, "/proc/1/task:\n1\n\n/proc/self/fd:\n0\n1\n2\n3\n");
        (void)waitpid(pid, &status, 0);
        while ((n = read(output[0], text + size, sizeof(text) - 1 - (size_t)size)) > 0)
                size += n;
        (void)close(output[0]);
        EXPECT(strncmp(text, expected, strlen(expected)) == 0);
        EXPECT_CONTAINS(text, "execve\n");
        container_end(&c);
}

TEST(notifications)
{
        if (container_cannot_run())
                return;
        notify(SYS_execve, false, NULL);
        notify(SYS_execve, true, NULL);
}

TEST(notifications_of_every_call)
{
        if (container_cannot_run())
                return;
        notify(-1, false, NULL);
        notify(-1, true, NULL);
}

TEST(notifications_many_times)
{
        if (container_cannot_run())
                return;
        for (int i = 0; i < 20; i++)
                notify(-1, i % 2 == 0, NULL);
}

/* The thread that loads the filter waits for the other one, at an equal priority, on the only CPU. */
TEST(notifications_under_fifo_scheduling)
{
        const uint64_t fifo[] = { SCHED_FIFO, 0, 0, 10, 0, 0, 0 };
        const struct sched_param parameter = { .sched_priority = 10 };
        cpu_set_t before, one;
        pid_t pid;
        int status;

        if (container_cannot_run())
                return;
        pid = fork();
        if (pid == 0)
                _exit(sched_setscheduler(0, SCHED_FIFO, &parameter) < 0);
        (void)waitpid(pid, &status, 0);
        if (status != 0)
                SKIP("no real-time scheduling here");
        (void)sched_getaffinity(0, sizeof(before), &before);
        CPU_ZERO(&one);
        for (size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; cpu++)
                if (CPU_ISSET(cpu, &before))
                        CPU_SET(cpu, &one);
        (void)sched_setaffinity(0, sizeof(one), &one);
        notify(SYS_execve, false, fifo);
        (void)sched_setaffinity(0, sizeof(before), &before);
}

TEST(filters_that_the_kernel_refuses)
{
        const struct sock_filter bad[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4096),
                                           BPF_STMT(BPF_RET | BPF_K, 0) };

        if (container_cannot_run())
                return;
        for (int i = 0; i < 2; i++) {
                int ends[2], slot = 0;

                container_begin(&c, 0);
                if (i == 1) {
                        (void)!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
                        (void)close(ends[0]);
                        slot = drive_slot(&c.drive, PLAN_SLOT_SECCOMP, 0, ends[1]);
                }
                container_add_root(&c);
                container_add_pivot(&c);
                container_add_start(&c);
                CSTEP(&c, .op = STEP_SECCOMP, .slot = slot, .blob = bad, .blob_size = sizeof(bad));
                container_add_exec(&c, "true");
                drive_run(&c.drive);
                EXPECT_EQ(c.drive.build.steps[c.drive.failed.step].op, STEP_SECCOMP);
                EXPECT_EQ(c.drive.failed.error, EINVAL);
                EXPECT_EQ(c.drive.status, 125);
                container_end(&c);
        }
}

TEST(a_supervisor_that_has_gone)
{
        int ends[2], slot;

        if (container_cannot_run())
                return;
        container_begin(&c, 0);
        (void)!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
        (void)close(ends[0]);
        slot = drive_slot(&c.drive, PLAN_SLOT_SECCOMP, 0, ends[1]);
        container_add_root(&c);
        container_add_pivot(&c);
        container_add_start(&c);
        add_filter(slot, SYS_mkdirat, SECCOMP_RET_USER_NOTIF);
        container_add_exec(&c, "true");
        drive_run(&c.drive);
        EXPECT_EQ(c.drive.failed.error, EPIPE);
        EXPECT_EQ(c.drive.failed.detail, PLAN_DETAIL_SEND);
        EXPECT_EQ(c.drive.status, 125);
        container_end(&c);
}
