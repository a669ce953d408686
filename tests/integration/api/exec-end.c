/* SPDX-License-Identifier: MIT */

/* How one more process in a container ends: by itself, with its handle, with the container. */

#include "api.h"
#include "exec.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

TEST(exit_codes_and_signals)
{
        contain_exit_t ended = { .size = sizeof(ended) };
        auto_container c = NULL;
        auto_process p = NULL;
        WORLD_OF_ANYBODY(w);

        c = exec_running(&w, config_new(w.rootfs, "sleep 100"));
        REQUIRE(c != NULL);
        p = exec_script(c, "{}", "exit 7", NULL);
        REQUIRE(p != NULL);
        EXPECT_OK(contain_process_wait(p, 10000, &ended, &error_));
        EXPECT_EQ(ended.known, 1);
        EXPECT_EQ(ended.code, 7);
        EXPECT(ended.started_nsec > 0 && ended.ended_nsec >= ended.started_nsec);
        EXPECT_FAILS(contain_process_signal(p, SIGTERM, &error_), ESRCH, CONTAIN_E_NOT_RUNNING);
        EXPECT_OK(contain_process_wait(p, 0, &ended, &error_));
        p = contain_process_unref(p);

        p = exec_script(c, "{}", "sleep 100", NULL);
        REQUIRE(p != NULL);
        EXPECT_FAILS(contain_process_wait(p, 10, NULL, &error_), ETIMEDOUT, CONTAIN_E_TIMEOUT);
        EXPECT_FAILS(contain_process_signal(p, 0, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        EXPECT_OK(contain_process_signal(p, SIGKILL, &error_));
        EXPECT_OK(contain_process_wait(p, 10000, &ended, &error_));
        EXPECT_EQ(ended.signo, SIGKILL);
        EXPECT_EQ(ended.code, -1);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

TEST(what_its_handle_leaves)
{
        contain_exec_options_t options = { .size = sizeof(options), .flags = CONTAIN_EXEC_DETACH };
        auto_container c = NULL;
        contain_process_t *p;
        siginfo_t info;
        auto_fd left = -1, killed = -1;
        WORLD_OF_ANYBODY(w);

        c = exec_running(&w, config_new(w.rootfs, "sleep 100"));
        REQUIRE(c != NULL);
        p = exec_script(c, "{}", "sleep 100", &options);
        REQUIRE(p != NULL);
        left = contain_process_pidfd(p, NULL);
        EXPECT(contain_process_ref(p) == p);
        contain_process_unref(p);
        contain_process_unref(p);
        EXPECT_EQ(poll(&(struct pollfd){ .fd = left, .events = POLLIN }, 1, 100), 0);

        p = exec_script(c, "{}", "sleep 100", NULL);
        REQUIRE(p != NULL);
        killed = contain_process_pidfd(p, NULL);
        contain_process_unref(p);
        EXPECT_EQ(poll(&(struct pollfd){ .fd = killed, .events = POLLIN }, 1, 10000), 1);

        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
        EXPECT_EQ(poll(&(struct pollfd){ .fd = left, .events = POLLIN }, 1, 10000), 1);
        EXPECT(waitid(P_PIDFD, (id_t)left, &info, WEXITED) == 0 || errno == ECHILD);
}

/* A zombie that nobody has waited for would keep pid 1 of its namespace from ending. */
TEST(processes_that_nobody_waits_for)
{
        contain_exit_t ended = { .size = sizeof(ended) };
        auto_container c = NULL;
        auto_process p = NULL;
        auto_process q = NULL;
        auto_fd events = -1;
        WORLD_OF_ANYBODY(w);

        c = exec_running(&w, config_new(w.rootfs, "sleep 100"));
        REQUIRE(c != NULL);
        p = exec_script(c, "{}", "exit 5", NULL);
        q = exec_script(c, "{}", "sleep 100", NULL);
        REQUIRE(p != NULL && q != NULL);
        events = contain_event_fd(c, NULL);
        EXPECT_OK(contain_signal(c, SIGKILL, 0, &error_));
        EXPECT_OK(contain_wait(c, 5000, NULL, &error_));
        EXPECT_OK(contain_process_wait(p, 0, &ended, &error_));
        EXPECT_EQ(ended.code, 5);
        EXPECT_OK(contain_process_wait(q, 0, &ended, &error_));
        EXPECT_EQ(ended.signo, SIGKILL);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

/* The same for a loop of one's own, which has nothing but a descriptor to go by. */
TEST(end_to_poll_for)
{
        contain_exit_t ended = { .size = sizeof(ended) };
        struct pollfd end = { .fd = -1, .events = POLLIN };
        auto_container c = NULL;
        auto_process p = NULL;
        int r = -ETIMEDOUT, turns = 0;
        WORLD_OF_ANYBODY(w);

        c = exec_running(&w, config_new(w.rootfs, "sleep 100"));
        REQUIRE(c != NULL);
        end.fd = contain_exit_fd(c, NULL);
        REQUIRE(end.fd >= 0);
        EXPECT_EQ(poll(&end, 1, 0), 0);
        p = exec_script(c, "{}", "sleep 100", NULL);
        REQUIRE(p != NULL);
        EXPECT_EQ(poll(&end, 1, 0), 0);
        EXPECT_OK(contain_signal(c, SIGKILL, 0, &error_));
        while (r == -ETIMEDOUT && turns++ < 5 && poll(&end, 1, 10000) == 1)
                r = contain_wait(c, 0, &ended, NULL);
        EXPECT_EQ(r, 0);
        EXPECT_EQ(ended.signo, SIGKILL);
        (void)close(end.fd);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}
