/* SPDX-License-Identifier: MIT */

/* CONTAIN_EVENT_OOM: told when it happens, to every handle, of kills of any process in the container. */

#include "api.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define LIMIT "{'limit': 16777216, 'swap': 16777216}"

/* Its first process lives on when the other one has been killed. */
#define SURVIVOR "read go; tail /dev/zero; echo killed; read go; tail /dev/zero; echo again; exec sleep 100"

/* WORLD(w), and a memory controller. */
#define WORLD_WITH_MEMORY(w)                                                                                 \
        WORLD(w);                                                                                            \
        if (access("/sys/fs/cgroup/memory/memory.limit_in_bytes", F_OK) < 0 &&                               \
            access("/sys/fs/cgroup/cgroup.controllers", F_OK) < 0)                                           \
        SKIP("no memory controller")

/* The next event, waited for by poll(2); 0 when none comes in @ms. */
static int next_event(contain_t *c, int fd, int ms)
{
        for (int i = 0; i < 100; i++) {
                struct pollfd wait = { .fd = fd, .events = POLLIN };
                int event = contain_event_next(c, NULL);

                if (event != 0 || poll(&wait, 1, ms) <= 0)
                        return event;
        }
        return 0;
}

/* How many times @fd says that there is something, within @ms, when events are taken each time. */
static int wake_ups(contain_t *c, int fd, int ms)
{
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        int n = 0;

        while (n < 1000 && poll(&wait, 1, ms) > 0) {
                n++;
                while (contain_event_next(c, NULL) > 0)
                        ;
        }
        return n;
}

/* A container that runs @script, reads from *ret_in and is limited; started. */
static contain_t *started(struct world *w, const char *script, int *ret_in)
{
        struct json_object *config = config_new(w->rootfs, script);
        int in[2], r;
        contain_t *c;

        config_set(config, "/linux/resources/memory", LIMIT);
        c = guest_new(w, config);
        if (!c || pipe2(in, O_CLOEXEC) < 0)
                return c;
        EXPECT_OK(contain_set_stdio(c, in[0], -1, -1, &error_));
        EXPECT_OK(contain_create(c, &error_));
        r = contain_start(c, NULL);
        EXPECT_EQ(r, 0);
        close(in[0]);
        *ret_in = in[1];
        return c;
}

TEST(oom_of_a_process_that_is_not_the_first)
{
        auto_container c = NULL;
        auto_fd fd = -1, in = -1;
        WORLD_WITH_MEMORY(w);

        c = started(&w, SURVIVOR, &in);
        REQUIRE(c != NULL);
        fd = contain_event_fd(c, NULL);
        REQUIRE(fd >= 0);
        while (contain_event_next(c, NULL) > 0)
                ;
        for (int i = 0; i < 2; i++) {
                EXPECT_EQ(write(in, "\n", 1), 1);
                EXPECT_EQ(next_event(c, fd, 30000), CONTAIN_EVENT_OOM);
        }
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_RUNNING);
        EXPECT(wake_ups(c, fd, 300) < 50);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

TEST(oom_for_another_handle)
{
        auto_container c = NULL;
        auto_container other = NULL;
        auto_container late = NULL;
        auto_fd in = -1, fd = -1, late_fd = -1;
        WORLD_WITH_MEMORY(w);

        c = started(&w, SURVIVOR, &in);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_open(&other, w.ctx, contain_id(c), &error_));
        fd = contain_event_fd(other, NULL);
        EXPECT_EQ(write(in, "\n", 1), 1);
        EXPECT_EQ(next_event(other, fd, 30000), CONTAIN_EVENT_OOM);
        /* Who comes later is told of what happens later. */
        EXPECT_OK(contain_open(&late, w.ctx, contain_id(c), &error_));
        late_fd = contain_event_fd(late, NULL);
        EXPECT_EQ(next_event(late, late_fd, 200), 0);
        EXPECT_EQ(write(in, "\n", 1), 1);
        EXPECT_EQ(next_event(late, late_fd, 30000), CONTAIN_EVENT_OOM);
        EXPECT_EQ(next_event(other, fd, 30000), CONTAIN_EVENT_OOM);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

/* The maker is told of what was before it asked. */
TEST(oom_before_the_descriptor)
{
        contain_exit_t ended = { .size = sizeof(ended) };
        auto_container c = NULL;
        auto_fd in = -1, fd = -1;
        int event;
        WORLD_WITH_MEMORY(w);

        c = started(&w, "tail /dev/zero; exit 3", &in);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_wait(c, 30000, &ended, &error_));
        EXPECT_EQ(ended.code, 3);
        fd = contain_event_fd(c, NULL);
        do
                event = next_event(c, fd, 10000);
        while (event == CONTAIN_EVENT_CREATED || event == CONTAIN_EVENT_STARTED);
        EXPECT_EQ(event, CONTAIN_EVENT_OOM);
        EXPECT_EQ(next_event(c, fd, 10000), CONTAIN_EVENT_EXITED);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

/* The kernel tells of a cgroup's end, too; once is enough. */
TEST(oom_descriptor_after_the_end)
{
        auto_container c = NULL;
        auto_container other = NULL;
        auto_fd in = -1, fd = -1, other_fd = -1;
        WORLD_WITH_MEMORY(w);

        c = started(&w, "exec sleep 100", &in);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_open(&other, w.ctx, contain_id(c), &error_));
        fd = contain_event_fd(c, NULL);
        other_fd = contain_event_fd(other, NULL);
        EXPECT_OK(contain_signal(c, SIGKILL, 0, &error_));
        EXPECT_OK(contain_wait(c, 10000, NULL, &error_));
        EXPECT(wake_ups(c, fd, 300) < 50);
        EXPECT_OK(contain_destroy(c, 0, &error_));
        EXPECT(wake_ups(other, other_fd, 300) < 50);
        EXPECT(wake_ups(c, fd, 300) < 50);
}

/* In a process of its own; 0 when it was told. */
static int told_elsewhere(const char *state_root, const char *id, int ready)
{
        contain_ctx_t *ctx = NULL;
        contain_t *c = NULL;
        int fd, event;

        if (contain_ctx_new(&ctx, NULL) < 0 || contain_ctx_set_state_root(ctx, state_root, NULL) < 0 ||
            contain_open(&c, ctx, id, NULL) < 0)
                return 1;
        fd = contain_event_fd(c, NULL);
        if (fd < 0 || write(ready, "", 1) != 1)
                return 2;
        event = next_event(c, fd, 30000);
        return event == CONTAIN_EVENT_OOM ? 0 : 10 + event;
}

TEST(oom_for_another_process)
{
        auto_container c = NULL;
        auto_fd in = -1;
        int ready[2], status = 0;
        char byte;
        pid_t child;
        WORLD_WITH_MEMORY(w);

        c = started(&w, SURVIVOR, &in);
        REQUIRE(c != NULL);
        REQUIRE_EQ(pipe2(ready, O_CLOEXEC), 0);
        child = fork();
        if (child == 0)
                _exit(told_elsewhere(w.state, contain_id(c), ready[1]));
        close(ready[1]);
        EXPECT_EQ(read(ready[0], &byte, 1), 1);
        close(ready[0]);
        EXPECT_EQ(write(in, "\n", 1), 1);
        EXPECT_EQ(waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}
