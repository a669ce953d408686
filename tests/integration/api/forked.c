/* SPDX-License-Identifier: MIT */

/* Handles in a forked copy of the process that made them: refused, and harmless. */

#include "api.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

/* In the child: the number of the first call that was not refused, 0 when all were. */
static int all_refused(contain_t *c)
{
        contain_exit_t ended = { .size = sizeof(ended) };
        contain_error_t *error = NULL;
        char *text = NULL;

        if (contain_create(c, &error) != -ECHILD || contain_error_code(error) != CONTAIN_E_FORKED)
                return 1;
        contain_error_free(error);
        if (contain_start(c, NULL) != -ECHILD)
                return 2;
        if (contain_signal(c, SIGKILL, 0, NULL) != -ECHILD)
                return 3;
        if (contain_wait(c, 0, &ended, NULL) != -ECHILD)
                return 4;
        if (contain_destroy(c, CONTAIN_DESTROY_FORCE, NULL) != -ECHILD)
                return 5;
        if (contain_status(c, NULL) != -ECHILD)
                return 6;
        if (contain_state_json(c, &text, NULL) != -ECHILD || contain_plan_json(c, &text, NULL) != -ECHILD)
                return 7;
        if (contain_pidfd(c, NULL) != -ECHILD || contain_console_fd(c, NULL) != -ECHILD)
                return 8;
        if (contain_event_fd(c, NULL) != -ECHILD || contain_event_next(c, NULL) != -ECHILD)
                return 9;
        if (contain_load_bundle(c, "/", NULL) != -ECHILD || contain_set_flags(c, 0, NULL) != -ECHILD)
                return 10;
        if (contain_become(c, NULL) != -ECHILD)
                return 11;
        contain_unref(c);
        return 0;
}

static int in_a_fork(contain_t *c)
{
        int status = -1;
        pid_t pid = fork();

        if (pid == 0)
                _exit(all_refused(c));
        waitpid(pid, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

TEST(forked_copy_is_refused)
{
        auto_container c = NULL;
        WORLD_OF_ANYBODY(w);

        c = guest_new(&w, CONFIG(w, "sleep 100"));
        REQUIRE(c != NULL);
        EXPECT_EQ(in_a_fork(c), 0);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_EQ(in_a_fork(c), 0);
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_EQ(in_a_fork(c), 0);
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_RUNNING);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

TEST(forked_copy_does_not_end_an_ephemeral_container)
{
        auto_container c = NULL;
        WORLD_OF_ANYBODY(w);

        c = guest_new(&w, CONFIG(w, "sleep 100"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_set_flags(c, CONTAIN_EPHEMERAL, &error_));
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_EQ(in_a_fork(c), 0);
        usleep(100000);
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_RUNNING);
}

/* A forked copy that keeps the handle's descriptors must not keep the container's lock with them. */
TEST(forked_copy_does_not_hold_locks)
{
        auto_container c = NULL;
        pid_t pid;
        WORLD_OF_ANYBODY(w);

        c = guest_new(&w, CONFIG(w, "sleep 100"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        pid = fork();
        if (pid == 0)
                for (;;)
                        pause();
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
}
