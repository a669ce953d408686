/* SPDX-License-Identifier: MIT */

/* Ephemeral containers: no file, and gone with the last handle or with the host, however that ends. */

#include "api.h"
#include "harness/snapshot.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static contain_t *ephemeral(struct world *w, const char *script)
{
        contain_t *c = guest_new(w, config_new(w->rootfs, script));

        if (c && contain_set_flags(c, CONTAIN_EPHEMERAL, NULL) < 0)
                c = contain_unref(c);
        return c;
}

TEST(nothing_on_disk)
{
        contain_exit_t ended = { .size = sizeof(ended) };
        auto_container c = NULL;
        auto_container other = NULL;
        auto_text list = NULL;
        WORLD_OF_ANYBODY(w);

        c = ephemeral(&w, "exit 8");
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT(access(w.state, F_OK) < 0);
        EXPECT_EQ(contain_open(&other, w.ctx, contain_id(c), NULL), -ENOENT);
        EXPECT_OK(contain_list_json(w.ctx, &list, &error_));
        EXPECT(list && !strstr(list, w.name));
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_CREATED);
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_OK(contain_wait(c, 10000, &ended, &error_));
        EXPECT_EQ(ended.code, 8);
        EXPECT_OK(contain_destroy(c, 0, &error_));
        EXPECT(access(w.state, F_OK) < 0);
        EXPECT_EQ(cgroups_left(w.name), 0);
}

TEST(gone_with_its_last_handle)
{
        struct pollfd wait = { .events = POLLIN };
        auto_container second = NULL;
        auto_fd pidfd = -1;
        contain_t *c;
        WORLD_OF_ANYBODY(w);

        c = ephemeral(&w, "sleep 100 & exec sleep 100");
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        pidfd = contain_pidfd(c, NULL);
        REQUIRE(pidfd >= 0);
        second = contain_ref(c);
        EXPECT(contain_unref(c) == NULL);
        wait.fd = pidfd;
        EXPECT_EQ(poll(&wait, 1, 100), 0);
        second = contain_unref(second);
        EXPECT_EQ(poll(&wait, 1, 0), 1);
        EXPECT_EQ(cgroups_left(w.name), 0);
        EXPECT_EQ(children_left(), 0);
}

/* A host that makes one and waits to be killed; says so over @ready_fd. */
static void host(struct world *w, int ready_fd, bool start)
{
        contain_t *c = world_forked(w) < 0 ? NULL : ephemeral(w, "trap '' TERM; sleep 100 & exec sleep 100");

        if (!c || contain_create(c, NULL) < 0 || (start && contain_start(c, NULL) < 0))
                _exit(1);
        if (write(ready_fd, "!", 1) != 1)
                _exit(2);
        for (;;)
                pause();
}

TEST(gone_with_its_host)
{
        WORLD_OF_ANYBODY(w);

        /* What the host leaves comes to this process, where it can be seen. */
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        for (int round = 0; round < 4; round++) {
                int ready[2], left = 1, status;
                char byte;
                pid_t pid;

                REQUIRE_EQ(pipe(ready), 0);
                pid = fork();
                if (pid == 0) {
                        close(ready[0]);
                        host(&w, ready[1], round % 2 == 0);
                }
                close(ready[1]);
                EXPECT_EQ(read(ready[0], &byte, 1), 1);
                close(ready[0]);
                kill(pid, SIGKILL);
                EXPECT_EQ(waitpid(pid, &status, 0), pid);
                for (int i = 0; i < 500 && left; i++) {
                        while (waitpid(-1, &status, WNOHANG) > 0)
                                ;
                        left = children_left();
                        usleep(10000);
                }
                EXPECT_EQ(left, 0);
                EXPECT_EQ(cgroups_left(w.name), 0);
                EXPECT(access(w.state, F_OK) < 0);
        }
        prctl(PR_SET_CHILD_SUBREAPER, 0);
}
