/* SPDX-License-Identifier: MIT */

/* Many at once in one parent that comes and goes with them; and makers that are killed at any moment. */

#include "live.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

enum { THREADS = 4, ROUNDS = 15, KILLS = 30 };

struct worker {
        const struct ct_cgroup_layout *layout;
        const char *parent;
        int number, failures;
        char message[256];
};

/* Creates and destroys; neither may fail, whatever the neighbours do to the parent. */
static int create_and_destroy(struct worker *worker, int round)
{
        static const struct ct_spec_resources resources = { .has = true, .pids_limit = { true, 10 } };
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *cgroup = NULL;
        char path[256];
        int r;

        (void)snprintf(path, sizeof path, "%s/deeper/%d-%d-%d", worker->parent, (int)getpid(), worker->number,
                       round);
        r = ct_cgroup_new(worker->layout, path, "unit", &cgroup, &error);
        if (r >= 0)
                r = ct_cgroup_create(cgroup, &resources, &error);
        if (r >= 0)
                r = ct_cgroup_destroy(cgroup, 1000, &error);
        if (r < 0)
                (void)snprintf(worker->message, sizeof worker->message, "%s", contain_error_message(error));
        return r;
}

static void *work(void *argument)
{
        struct worker *worker = argument;

        for (int i = 0; i < ROUNDS; i++)
                worker->failures += create_and_destroy(worker, i) < 0;
        return NULL;
}

static int run_threads(const struct live *live)
{
        struct worker workers[THREADS];
        pthread_t threads[THREADS];
        int failures = 0;

        for (int i = 0; i < THREADS; i++) {
                workers[i] = (struct worker){ .layout = live->layout, .parent = live->path, .number = i };
                if (pthread_create(&threads[i], NULL, work, &workers[i]) != 0)
                        return 1000;
        }
        for (int i = 0; i < THREADS; i++) {
                (void)pthread_join(threads[i], NULL);
                failures += workers[i].failures;
                if (workers[i].failures > 0)
                        (void)fprintf(stderr, "%s\n", workers[i].message);
        }
        return failures;
}

TEST(live_race_for_a_shared_parent)
{
        struct live live;
        int status = -1;
        pid_t pid;

        LIVE(&live, "", NULL);
        (void)fflush(NULL);
        pid = fork();
        if (pid == 0)
                _exit(run_threads(&live) > 0);
        EXPECT_EQ(run_threads(&live), 0);
        EXPECT_EQ(waitpid(pid, &status, 0), pid);
        EXPECT_EQ(status, 0);
        /* Whoever made the parent may have left before the last of the others, and then it is still there. */
        live_end(&live);
}

/* What a maker does until it is killed: its record is there before anything else is. */
static void make_until_killed(struct live *live)
{
        pid_t maker = getpid();

        for (;;) {
                pid_t pid;

                if (ct_cgroup_create(live->cgroup, NULL, NULL) < 0)
                        _exit(1);
                pid = fork();
                if (pid == 0) {
                        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                        while (getppid() == maker)
                                (void)sleep(1);
                        _exit(0);
                }
                if (ct_cgroup_enter(live->cgroup, pid, false, NULL) < 0) {
                        (void)kill(pid, SIGKILL);
                        _exit(2);
                }
                if (ct_cgroup_destroy(live->cgroup, 1000, NULL) < 0)
                        _exit(3);
                (void)waitpid(pid, NULL, 0);
        }
}

TEST(live_maker_killed_at_any_moment)
{
        _cleanup_free_ char *record = NULL;
        struct live live;

        LIVE(&live, "/a/b", "pids");
        REQUIRE_EQ(ct_cgroup_save(live.cgroup, &record), 0);
        for (long i = 0; i < KILLS; i++) {
                _cleanup_(ct_cgroup_freep) struct ct_cgroup *loaded = NULL;
                struct timespec moment = { .tv_nsec = 1000000 + i * 137000 };
                int status = 0;
                pid_t pid;

                (void)fflush(NULL);
                pid = fork();
                if (pid == 0)
                        make_until_killed(&live);
                (void)nanosleep(&moment, NULL);
                (void)kill(pid, SIGKILL);
                EXPECT_EQ(waitpid(pid, &status, 0), pid);
                EXPECT(WIFSIGNALED(status));
                EXPECT_EQ(ct_cgroup_load(live.layout, record, &loaded, NULL), 0);
                EXPECT_EQ(ct_cgroup_destroy(loaded, 5000, NULL), 0);
                EXPECT_EQ(live_count(&live), 0);
        }
        live_end(&live);
}
