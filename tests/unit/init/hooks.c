/* SPDX-License-Identifier: MIT */

/* Hooks inside, the wait for the start, and failures on either side of it, by the real contain-init as root.
 */

#include "container.h"
#include "harness/test.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct container c;

static void begin(void)
{
        struct build *build = &c.drive.build;

        container_begin(&c, 0);
        build->header.state_creating[0] = build_text(build, "{\"status\":\"creating\",\"pid\":");
        build->header.state_creating[1] = build_text(build, "}\n");
        build->header.state_created[0] = build_text(build, "{\"status\":\"created\",\"pid\":");
        build->header.state_created[1] = build_text(build, "}\n");
        container_add_root(&c);
}

static void hook(const char *script, uint64_t timeout)
{
        STEP_TABLE(&c.drive.build, LIST("sh", "-c", script, "WORD=word"), .op = STEP_HOOK,
                   .at = "/hooks/createContainer/0", .s = { "/bin/sh", "createContainer" },
                   .n = { 3, 1, timeout, 0 });
}

TEST(hooks_see_the_state_and_their_own_side_of_the_pivot)
{
        if (container_cannot_run())
                return;
        begin();
        hook("cat; echo $0 $1 $WORD $HOME; ls /proc/self/fd | grep -c .; test -e /usr && echo host;"
             "grep SigBlk /proc/self/status; trap 'exit 0' TERM; kill -TERM $$; exit 1",
             10);
        container_add_pivot(&c);
        hook("cat; test -e /usr && echo host", 0);
        container_add_start(&c);
        hook("cat", 5);
        container_add_exec(&c, "echo program; ls /proc | grep -c '^[0-9]'");
        drive_run(&c.drive);
        EXPECT_EQ(c.drive.failed.kind, PLAN_MESSAGE_FAILED); /* "test -e /usr" */
        EXPECT_EQ(c.drive.failed.detail, PLAN_DETAIL_EXIT);
        EXPECT_EQ(c.drive.failed.value, 1);
        EXPECT_STR(c.drive.output,
                   "{\"status\":\"creating\",\"pid\":1}\nsh word\n4\nhost\nSigBlk:\t0000000000000000\n"
                   "{\"status\":\"created\",\"pid\":1}\n");
        container_end(&c);

        begin();
        container_add_pivot(&c);
        container_add_start(&c);
        hook("cat", 5);
        container_add_exec(&c, "echo program; ls /proc | grep -c '^[0-9]'");
        drive_run(&c.drive);
        EXPECT_EQ(c.drive.failed.kind, 0);
        EXPECT_STR(c.drive.output, "{\"status\":\"created\",\"pid\":1}\nprogram\n3\n");
        container_end(&c);
}

static double now(void)
{
        struct timespec t;

        (void)clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

TEST(hooks_that_fail)
{
        static const struct {
                const char *script;
                uint64_t timeout, value;
                int error;
                enum plan_detail detail;
        } cases[] = {
                { "exit 3", 5, 3, ECANCELED, PLAN_DETAIL_EXIT },
                { "kill -KILL $$", 0, 256 + SIGKILL, ECANCELED, PLAN_DETAIL_EXIT },
                { "exec sleep 100", 1, 0, ETIMEDOUT, PLAN_DETAIL_TIMEOUT },
        };

        if (container_cannot_run())
                return;
        for (size_t i = 0; i < 3; i++) {
                double start;

                begin();
                hook(cases[i].script, cases[i].timeout);
                start = now();
                drive_run(&c.drive);
                EXPECT_EQ(c.drive.failed.error, cases[i].error);
                EXPECT_EQ(c.drive.failed.detail, cases[i].detail);
                EXPECT_EQ(c.drive.failed.value, cases[i].value);
                EXPECT_EQ(c.drive.status, 1);
                EXPECT(now() - start < 3);
                container_end(&c);
        }
        begin();
        STEP_TABLE(&c.drive.build, LIST("x"), .op = STEP_HOOK, .s = { "/no/such/hook", "createContainer" },
                   .n = { 1, 0, 0, 0 });
        drive_run(&c.drive);
        EXPECT_EQ(c.drive.failed.error, ENOENT);
        EXPECT_EQ(c.drive.failed.detail, PLAN_DETAIL_EXEC);
        container_end(&c);
}

/* --- the start ------------------------------------------------------------------------------ */

TEST(probes_of_the_start_socket_do_no_harm)
{
        if (container_cannot_run())
                return;
        container_begin_listening(&c, 0);
        c.drive.probes = true;
        container_add_root(&c);
        container_add_rest(&c, "echo started");
        drive_run(&c.drive);
        EXPECT_EQ(c.drive.failed.kind, 0);
        EXPECT(c.drive.started);
        EXPECT_STR(c.drive.output, "started\n");
        container_end(&c);
}

TEST(a_lost_host_ends_it)
{
        if (container_cannot_run())
                return;
        /* Before it is created: at its first turn. */
        container_begin(&c, 0);
        container_add_root(&c);
        CSTEP(&c, .op = STEP_HOOK, .s = { "/bin/true", "x" });
        container_add_rest(&c, "echo started");
        drive_create(&c.drive);
        EXPECT(c.drive.created);
        /* Created, and waiting on a connected pair: the host closes its end. */
        (void)close(c.drive.fds[BUILD_SLOTS - 1]);
        c.drive.fds[BUILD_SLOTS - 1] = -1;
        drive_wait(&c.drive);
        EXPECT_EQ(c.drive.status, 2);
        container_end(&c);

        /* Waiting on a listening socket it stays. */
        container_begin_listening(&c, 0);
        container_add_root(&c);
        container_add_rest(&c, "echo started");
        drive_create(&c.drive);
        (void)close(c.drive.host_fd);
        c.drive.host_fd = -1;
        EXPECT_EQ(poll(&(struct pollfd){ .fd = c.drive.pidfd, .events = POLLIN }, 1, 100), 0);
        drive_start(&c.drive);
        drive_wait(&c.drive);
        EXPECT_STR(c.drive.output, "started\n");
        container_end(&c);
}

TEST(a_created_container_can_be_killed)
{
        if (container_cannot_run())
                return;
        container_begin(&c, 0);
        c.drive.clone_flags &= ~(uint64_t)CLONE_NEWPID; /* pid 1 would ignore it */
        container_add_rootfs(&c);
        container_add_rest(&c, "echo started");
        drive_create(&c.drive);
        (void)usleep(100000);
        (void)kill(c.drive.pid, SIGTERM);
        drive_wait(&c.drive);
        EXPECT_EQ(c.drive.status, 128 + SIGTERM);
        container_end(&c);
}

static void exec_program(const char *program, const char *path)
{
        container_begin(&c, 0);
        container_put_file(&c, "bin/text", "no program\n");
        container_put_file(&c, "tmp/script", "#!/no/interpreter\n");
        container_add_root(&c);
        container_add_pivot(&c);
        CSTEP(&c, .op = STEP_READY);
        CSTEP(&c, .op = STEP_START_WAIT, .slot = c.start);
        STEP_TABLE(&c.drive.build, LIST(program), .op = STEP_EXEC, .at = "/process/args",
                   .s = { program, path }, .n = { 1, 0, 0 });
        drive_run(&c.drive);
        EXPECT_EQ(c.drive.failed.kind, PLAN_MESSAGE_FAILED);
        EXPECT_EQ(c.drive.failed.step, c.drive.build.n_steps - 1);
        EXPECT(c.drive.plan_came);
        container_end(&c);
}

TEST(programs_that_cannot_be_executed)
{
        static const struct {
                const char *program, *path;
                int status, error;
                enum plan_detail detail;
        } cases[] = {
                { "nothing", "/sbin:/bin::relative", 127, ENOENT, PLAN_DETAIL_NOT_FOUND },
                { "nothing", NULL, 127, ENOENT, PLAN_DETAIL_NOT_FOUND },
                { "", "/bin", 127, ENOENT, PLAN_DETAIL_NOT_FOUND },
                { "/bin/nothing", "/bin", 127, ENOENT, PLAN_DETAIL_NOT_FOUND },
                { "/bin/sh/below", "/bin", 127, ENOTDIR, PLAN_DETAIL_NOT_FOUND },
                { "text", "/sbin:/bin", 126, EACCES, PLAN_DETAIL_NOT_EXECUTABLE },
                { "/etc", "/bin", 126, EACCES, PLAN_DETAIL_NOT_EXECUTABLE },
        };

        if (container_cannot_run())
                return;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                exec_program(cases[i].program, cases[i].path);
                EXPECT_EQ(c.drive.status, cases[i].status);
                EXPECT_EQ(c.drive.failed.error, cases[i].error);
                EXPECT_EQ(c.drive.failed.detail, cases[i].detail);
        }
}

TEST(programs_are_looked_for_when_the_container_is_created)
{
        static const struct {
                const char *program, *path, *cwd;
                int error;
        } cases[] = {
                { "sh", "/sbin:/bin", "/", 0 },     { "/bin/sh", NULL, "/", 0 },
                { "./sh", NULL, "/bin", 0 },        { "sh", "bin", "/", 0 },
                { "./sh", NULL, "/etc", ENOENT },   { "./sh", NULL, "/not-yet", 0 },
                { "nothing", "/bin", "/", ENOENT }, { "text", "/bin", "/", EACCES },
        };

        if (container_cannot_run())
                return;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                container_begin(&c, 0);
                container_put_file(&c, "bin/text", "no program\n");
                container_add_root(&c);
                container_add_pivot(&c);
                CSTEP(&c, .op = STEP_FIND_PROGRAM, .s = { cases[i].program, cases[i].path, cases[i].cwd });
                container_add_start(&c);
                container_add_exec(&c, "exit 0");
                drive_run(&c.drive);
                EXPECT_EQ(c.drive.failed.error, cases[i].error);
                EXPECT_EQ(c.drive.status, cases[i].error ? 1 : 0);
                container_end(&c);
        }
}

TEST(no_working_directory_by_descriptor)
{
        if (container_cannot_run())
                return;
        for (int fd = 0; fd < 20; fd++) {
                char path[32];

                container_begin(&c, 0);
                container_add_root(&c);
                container_add_pivot(&c);
                container_add_start(&c);
                (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
                CSTEP(&c, .op = STEP_CWD, .s = { path });
                container_add_exec(&c, "pwd");
                drive_run(&c.drive);
                EXPECT_EQ(c.drive.failed.kind, PLAN_MESSAGE_FAILED);
                EXPECT_EQ(c.drive.status, 125);
                container_end(&c);
        }
}
