/* SPDX-License-Identifier: MIT */

/*
 * Hosts that are killed anywhere in create, start and destroy: whatever they leave is removed by
 * contain_destroy() with CONTAIN_DESTROY_FORCE, and the id can be used again.
 */

#include "api.h"
#include "harness/snapshot.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

static double now_us(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* create, start, destroy of one id. */
static int one_life(struct world *w, const char *id)
{
        contain_error_t *error = NULL;
        contain_t *c = NULL;
        int r;

        r = contain_new(&c, w->ctx, id, &error);
        r = r < 0 ? r : guest_load(c, w, config_new(w->rootfs, "sleep 100 & exec sleep 100"), &error);
        r = r < 0 ? r : contain_create(c, &error);
        r = r < 0 ? r : contain_start(c, &error);
        r = r < 0 ? r : contain_destroy(c, CONTAIN_DESTROY_FORCE, &error);
        if (r < 0)
                fprintf(stderr, "%s: %s\n", id, contain_error_message(error));
        contain_error_free(error);
        contain_unref(c);
        return r;
}

/* A host that lives one life after the other until it is killed. */
static pid_t begin_host(struct world *w, const char *id)
{
        int ready[2];
        char byte;
        pid_t pid;

        if (pipe(ready) < 0)
                return -1;
        pid = fork();
        if (pid == 0) {
                close(ready[0]);
                if (world_forked(w) < 0 || write(ready[1], "!", 1) != 1)
                        _exit(1);
                while (one_life(w, id) >= 0)
                        ;
                _exit(2);
        }
        close(ready[1]);
        if (read(ready[0], &byte, 1) != 1)
                pid = -1;
        close(ready[0]);
        return pid;
}

/* This process is the subreaper, so that what a dead host leaves running is among its children. */
static int orphans_left(void)
{
        int left = 1;

        for (int i = 0; i < 500 && left; i++) {
                while (waitpid(-1, NULL, WNOHANG) > 0)
                        ;
                left = children_left();
                if (left)
                        usleep(10000);
        }
        return left;
}

/* Returns 0, or -errno of the call that failed. */
static int clean_up(struct world *w, const char *id)
{
        contain_error_t *error = NULL;
        contain_t *c = NULL;
        int r;

        r = contain_open(&c, w->ctx, id, &error);
        if (r >= 0)
                r = contain_destroy(c, CONTAIN_DESTROY_FORCE, &error);
        if (r < 0 && r != -ENOENT)
                fprintf(stderr, "%s: %s\n", id, contain_error_message(error));
        contain_error_free(error);
        contain_unref(c);
        return r == -ENOENT ? 0 : r;
}

TEST(killed_at_random_moments)
{
        struct snapshot *before, *after;
        unsigned seed = (unsigned)time(NULL);
        double length;
        int failed = 0, rounds = test_rounds(200);
        WORLD_OF_ANYBODY(w);

        prctl(PR_SET_CHILD_SUBREAPER, 1);
        length = now_us();
        EXPECT_EQ(one_life(&w, w.name), 0);
        length = now_us() - length;
        printf("  a life takes %.1f ms, seed %u\n", length / 1000, seed);
        EXPECT_EQ(orphans_left(), 0);
        before = snapshot_take(w.state, w.name);

        for (int round = 0; round < rounds && failed < 5; round++) {
                char id[64];
                pid_t pid;

                snprintf(id, sizeof(id), "%s-%d", w.name, round % 7);
                pid = begin_host(&w, id);
                REQUIRE(pid > 0);
                usleep((useconds_t)(1.3 * length * rand_r(&seed) / RAND_MAX));
                kill(pid, SIGKILL);
                EXPECT_EQ(waitpid(pid, NULL, 0), pid);

                failed += !test_check(clean_up(&w, id) == 0, __FILE__, __LINE__, "round %d to be cleaned up",
                                      round);
                failed += !test_check(orphans_left() == 0, __FILE__, __LINE__, "no process after round %d",
                                      round);
                failed += !test_check(cgroups_left(w.name) == 0, __FILE__, __LINE__,
                                      "no cgroup after round %d", round);
                failed += !test_check(one_life(&w, id) == 0, __FILE__, __LINE__,
                                      "the id to be free after round %d", round);
                while (waitpid(-1, NULL, WNOHANG) > 0)
                        ;
        }
        after = snapshot_take(w.state, w.name);
        EXPECT_EQ(snapshot_compare(before, after), 0);
        snapshot_free(before);
        snapshot_free(after);
        prctl(PR_SET_CHILD_SUBREAPER, 0);
}
