/* SPDX-License-Identifier: MIT */

/* One more process for a container that is frozen: what is frozen is in the container, never the host. */

#include "exec.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* The folder of the container's cgroup of version 2; false where there is none that freezes. */
static bool find_folder(contain_t *c, char *ret, size_t size)
{
        const char *top = access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0 ? "/sys/fs/cgroup"
                                                                                 : "/sys/fs/cgroup/unified";
        char path[64], file[512];
        char *text, *line;

        snprintf(path, sizeof(path), "/proc/%d/cgroup", contain_pid(c));
        text = read_text(path);
        line = text ? strstr(text, "0::/") : NULL;
        if (line) {
                line[strcspn(line, "\n")] = '\0';
                snprintf(ret, size, "%s%s", top, line + 3);
                snprintf(file, sizeof(file), "%s/cgroup.freeze", ret);
        }
        free(text);
        return line && access(file, W_OK) == 0;
}

static int freeze(const char *folder, bool frozen)
{
        char file[512];

        snprintf(file, sizeof(file), "%s/cgroup.freeze", folder);
        return write_text(file, frozen ? "1" : "0");
}

/* Waits until @n processes are in it. */
static bool has_processes(const char *folder, unsigned n)
{
        char file[512];

        snprintf(file, sizeof(file), "%s/cgroup.procs", folder);
        for (int i = 0; i < 1000; i++) {
                char *text = read_text(file);
                unsigned found = 0;

                for (const char *p = text; p && (p = strchr(p, '\n')); p++)
                        found++;
                free(text);
                if (found >= n)
                        return true;
                (void)poll(NULL, 0, 10);
        }
        return false;
}

static atomic_int heard;

static void hear(int signo)
{
        (void)signo;
        atomic_fetch_add(&heard, 1);
}

static void *run_one(void *arg)
{
        contain_exec_options_t options = { .size = sizeof(options), .flags = CONTAIN_EXEC_IGNORE_PAUSED };

        return exec_script(arg, "{}", "exit 7", &options);
}

/* A thread that is a parent in vfork(2) could not even be told to end. */
TEST(who_waits_for_it_hears_signals)
{
        struct sigaction before, action = { .sa_handler = hear };
        contain_exit_t ended = { .size = sizeof(ended) };
        auto_container c = NULL;
        auto_process p = NULL;
        char folder[400];
        pthread_t thread;
        void *got = NULL;
        WORLD(w);

        c = exec_running(&w, config_new(w.rootfs, "sleep 100"));
        REQUIRE(c != NULL);
        if (!find_folder(c, folder, sizeof(folder)))
                SKIP("no cgroup of version 2 that freezes");
        REQUIRE_EQ(sigaction(SIGUSR1, &action, &before), 0);
        EXPECT_EQ(freeze(folder, true), 0);
        REQUIRE_EQ(pthread_create(&thread, NULL, run_one, c), 0);
        EXPECT(has_processes(folder, 2));
        EXPECT_EQ(pthread_kill(thread, SIGUSR1), 0);
        for (int i = 0; i < 200 && atomic_load(&heard) == 0; i++)
                (void)poll(NULL, 0, 10);
        EXPECT_EQ(atomic_load(&heard), 1);
        EXPECT_EQ(freeze(folder, false), 0);
        REQUIRE_EQ(pthread_join(thread, &got), 0);
        p = got;
        (void)sigaction(SIGUSR1, &before, NULL);
        REQUIRE(p != NULL);
        EXPECT_OK(contain_process_wait(p, 10000, &ended, &error_));
        EXPECT_EQ(ended.code, 7);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

/* Nobody has to wait for a container that somebody else stops. */
TEST(only_for_so_long)
{
        static const unsigned flags[] = { CONTAIN_EXEC_IGNORE_PAUSED,
                                          CONTAIN_EXEC_IGNORE_PAUSED | CONTAIN_EXEC_DETACH };
        auto_container c = NULL;
        auto_text before = NULL;
        auto_text after = NULL;
        WORLD(w);

        c = exec_running(&w, config_new(w.rootfs, "sleep 100"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_processes_json(c, &before, &error_));
        EXPECT_OK(contain_pause(c, &error_));
        for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
                contain_exec_options_t options = { .size = sizeof(options),
                                                   .flags = flags[i],
                                                   .timeout_ms = 100 };
                contain_error_t *error = NULL;
                contain_process_t *p = exec_changed(c, "{'args':['true']}", &options, &error);

                EXPECT(p == NULL);
                EXPECT_EQ(contain_error_errno(error), ETIMEDOUT);
                EXPECT_EQ(contain_error_code(error), CONTAIN_E_TIMEOUT);
                contain_error_free(error);
        }
        EXPECT_OK(contain_resume(c, &error_));
        for (int i = 0; i < 200; i++) {
                after = (contain_free(after), NULL);
                EXPECT_OK(contain_processes_json(c, &after, &error_));
                if (after && strcmp(after, before) == 0)
                        break;
                (void)poll(NULL, 0, 10);
        }
        EXPECT_STR(after, before);
        EXPECT_EXEC(c, "{}", "echo well", "well\n");
        EXPECT_OK(contain_signal(c, SIGKILL, 0, &error_));
        EXPECT_OK(contain_wait(c, 5000, NULL, &error_));
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
        EXPECT(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

/* On version 1, what is frozen is not killed before it is thawed: the host's child until then. */
TEST(one_that_cannot_be_killed_yet_is_reaped_later)
{
        auto_container c = NULL;
        contain_process_t *p;
        auto_fd pidfd = -1;
        WORLD(w);

        c = exec_running(&w, config_new(w.rootfs, "sleep 100"));
        REQUIRE(c != NULL);
        p = exec_script(c, "{}", "sleep 100", NULL);
        REQUIRE(p != NULL);
        pidfd = contain_process_pidfd(p, NULL);
        EXPECT_OK(contain_pause(c, &error_));
        contain_process_unref(p);
        EXPECT_OK(contain_resume(c, &error_));
        EXPECT_EQ(poll(&(struct pollfd){ .fd = pidfd, .events = POLLIN }, 1, 10000), 1);
        EXPECT_OK(contain_signal(c, SIGKILL, 0, &error_));
        EXPECT_OK(contain_wait(c, 5000, NULL, &error_));
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
        EXPECT(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}
