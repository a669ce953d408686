/* SPDX-License-Identifier: MIT */

/* Cgroups of this machine with processes in them: entered, listed, signalled, frozen, taken down. */

#include "live.h"

#include "base/fds.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

/* Whether the process is in the cgroup, in every hierarchy. */
static void expect_inside(const struct live *live, pid_t pid)
{
        _cleanup_free_ char *text = NULL;
        char file[64];
        size_t n = 0;

        (void)snprintf(file, sizeof file, "/proc/%d/cgroup", (int)pid);
        REQUIRE(ct_read_file_at(AT_FDCWD, file, 65536, &text, NULL) >= 0);
        for (const char *p = text; (p = strstr(p, live->path)); p++)
                n++;
        EXPECT_EQ(n, live->layout->n);
}

TEST(live_enter_and_destroy)
{
        pid_t *pids = NULL, pid;
        struct live live;
        size_t n = 0;

        LIVE(&live, "/in/the/deep", NULL);
        EXPECT_STR(live_create(&live, "{}"), "");
        EXPECT_EQ(live_count(&live), 2 * live.layout->n);
        EXPECT_EQ(ct_cgroup_v2_fd(live.cgroup) >= 0, ct_cgroup_find_v2(live.cgroup) >= 0);
        pid = live_child(&live, NULL);
        expect_inside(&live, pid);
        EXPECT_EQ(ct_cgroup_pids(live.cgroup, &pids, &n), 0);
        EXPECT_EQ(n, 1);
        EXPECT(n == 1 && pids[0] == pid);
        free(pids);
        /* The process has not ended: destroying kills it. */
        EXPECT_EQ(ct_cgroup_destroy(live.cgroup, 5000, NULL), 0);
        EXPECT_EQ(live_wait(&live, pid), -SIGKILL);
        EXPECT_EQ(live_count(&live), 0);
        EXPECT_EQ(ct_cgroup_destroy(live.cgroup, 0, NULL), 0);
        live_end(&live);
}

TEST(live_enter_a_process_that_is_gone)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        struct live live;
        pid_t pid;

        LIVE(&live, "", NULL);
        EXPECT_STR(live_create(&live, "{}"), "");
        pid = live_child(&live, NULL);
        EXPECT_EQ(ct_cgroup_signal(live.cgroup, SIGTERM), 0);
        EXPECT_EQ(live_wait(&live, pid), -SIGTERM);
        EXPECT_EQ(ct_cgroup_enter(live.cgroup, pid, false, &error), -ESRCH);
        EXPECT_CONTAINS(contain_error_message(error), "cannot move process");
        live_end(&live);
}

TEST(live_enter_moves_back_when_it_fails)
{
        struct live live;
        pid_t pid;

        LIVE(&live, "", NULL);
        EXPECT_STR(live_create(&live, "{}"), "");
        pid = live_child(&live, NULL);
        EXPECT_EQ(ct_cgroup_destroy(live.cgroup, 5000, NULL), 0);
        EXPECT_EQ(live_wait(&live, pid), -SIGKILL);
        /* All but the last hierarchy: this process enters them, is refused there, and is back where it was.
         */
        EXPECT_STR(live_create(&live, "{}"), "");
        {
                struct ct_hierarchy *last = &live.layout->items[live.layout->n - 1];
                char full[PATH_MAX];

                (void)ct_cgroup_format(full, last, live.path, NULL);
                EXPECT_EQ(rmdir(full), 0);
        }
        EXPECT_EQ(ct_cgroup_enter(live.cgroup, getpid(), false, NULL), -ENOENT);
        live_end(&live);
}

/* Moves the process into a new cgroup two levels below the container's, in every hierarchy. */
static void move_below(const struct live *live, pid_t pid)
{
        char number[16], folder[PATH_MAX];

        (void)snprintf(number, sizeof number, "%d", (int)pid);
        for (size_t i = 0; i < live->layout->n; i++) {
                const struct ct_hierarchy *hierarchy = &live->layout->items[i];
                const char *path = folder + strlen(hierarchy->mountpoint);

                (void)ct_cgroup_format(folder, hierarchy, live->path, "below");
                EXPECT_EQ(mkdir(folder, 0755), 0);
                (void)ct_cgroup_format(folder, hierarchy, live->path, "below/deeper");
                EXPECT_EQ(mkdir(folder, 0755), 0);
                if (!hierarchy->v2 && ct_hierarchy_has(hierarchy, "cpuset"))
                        EXPECT_EQ(ct_cpuset_inherit(hierarchy, path, 2), 0);
                (void)ct_cgroup_format(folder, hierarchy, live->path, "below/deeper/cgroup.procs");
                EXPECT_EQ(ct_write_file_at(AT_FDCWD, folder, number), 0);
        }
}

TEST(live_signal_reaches_what_is_below)
{
        struct live live;
        pid_t first, second, outside;

        LIVE(&live, "", NULL);
        EXPECT_STR(live_create(&live, "{}"), "");
        first = live_child(&live, NULL);
        second = live_child(&live, NULL);
        outside = fork();
        if (outside == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                for (;;)
                        (void)pause();
        }
        move_below(&live, second);
        EXPECT_EQ(ct_cgroup_signal(live.cgroup, SIGUSR1), 0);
        EXPECT_EQ(live_wait(&live, first), -SIGUSR1);
        EXPECT_EQ(live_wait(&live, second), -SIGUSR1);
        EXPECT_EQ(waitpid(outside, NULL, WNOHANG), 0);
        (void)kill(outside, SIGKILL);
        EXPECT_EQ(waitpid(outside, NULL, 0), outside);
        live_end(&live); /* with the folders below */
}

/* Makes the folder, with @name in it unless that is NULL, in every hierarchy. */
static void make_before(const struct live *live, const char *name)
{
        char folder[PATH_MAX];

        for (size_t i = 0; i < live->layout->n; i++) {
                (void)ct_cgroup_format(folder, &live->layout->items[i], live->path, NULL);
                EXPECT_EQ(mkdir(folder, 0755), 0);
                (void)ct_cgroup_format(folder, &live->layout->items[i], live->path, name);
                if (name)
                        EXPECT_EQ(mkdir(folder, 0755), 0);
        }
}

/* Removes NAME in it where there is one, or the folder itself. Returns how many there were. */
static size_t remove_after(const struct live *live, const char *name)
{
        char folder[PATH_MAX];
        size_t n = 0;

        for (size_t i = 0; i < live->layout->n; i++) {
                (void)ct_cgroup_format(folder, &live->layout->items[i], live->path, name);
                n += rmdir(folder) == 0;
        }
        return n;
}

TEST(live_what_was_there_before_stays)
{
        struct live live;
        pid_t pid;

        LIVE(&live, "", NULL);
        make_before(&live, NULL);
        EXPECT_STR(live_create(&live, "{}"), "");
        EXPECT_EQ(ct_cgroup_end(live.cgroup, 0), CT_CGROUP_EMPTIED);
        pid = live_child(&live, NULL);
        move_below(&live, pid);
        EXPECT_EQ(ct_cgroup_destroy(live.cgroup, 5000, NULL), 0);
        EXPECT_EQ(live_wait(&live, pid), -SIGKILL);
        EXPECT_EQ(remove_after(&live, "below/deeper"), 0);
        EXPECT_EQ(remove_after(&live, "below"), 0);
        EXPECT_EQ(remove_after(&live, NULL), live.layout->n);
        live_end(&live);
}

TEST(live_what_was_below_before_stays)
{
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *loaded = NULL;
        _cleanup_free_ char *record = NULL;
        struct live live;
        pid_t pid;

        LIVE(&live, "", "v2"); /* v1 changes no device rules above other cgroups */
        make_before(&live, "others");
        EXPECT_STR(live_create(&live, "{}"), "");
        pid = live_child(&live, NULL);
        EXPECT_EQ(ct_cgroup_save(live.cgroup, &record), 0);
        EXPECT_EQ(ct_cgroup_load(live.layout, record, &loaded, NULL), 0);
        EXPECT_EQ(ct_cgroup_end(loaded, 0), CT_CGROUP_LEFT);
        EXPECT_EQ(ct_cgroup_destroy(loaded, 5000, NULL), 0);
        EXPECT_EQ(live_wait(&live, pid), -SIGKILL);
        EXPECT_EQ(remove_after(&live, "others"), live.layout->n);
        EXPECT_EQ(remove_after(&live, NULL), live.layout->n);
        loaded = ct_cgroup_free(loaded);
        live_end(&live);
}

/* Processes that make others as fast as they can are killed all the same. */
static int fork_for_ever(void)
{
        for (int i = 0; i < 3; i++)
                (void)fork();
        for (;;) {
                pid_t pid = fork();

                if (pid == 0)
                        _exit(0);
                if (pid > 0)
                        (void)waitpid(pid, NULL, 0);
        }
}

static void destroy_forkers(const char *controller)
{
        struct timespec moment = { .tv_nsec = 20000000 };
        struct live live;
        pid_t pid;

        LIVE(&live, "", controller);
        EXPECT_STR(live_create(&live, "{}"), "");
        pid = live_child(&live, fork_for_ever);
        (void)nanosleep(&moment, NULL);
        EXPECT_EQ(ct_cgroup_destroy(live.cgroup, 10000, NULL), 0);
        EXPECT_EQ(live_wait(&live, pid), -SIGKILL);
        live_end(&live);
}

TEST(live_destroy_forkers)
{
        destroy_forkers(NULL);
}

TEST(live_destroy_forkers_without_v2)
{
        destroy_forkers("freezer");
}

TEST(live_frozen)
{
        struct timespec moment = { .tv_nsec = 5000000 };
        struct live live;
        pid_t pid;

        LIVE(&live, "", NULL);
        EXPECT_STR(live_create(&live, "{}"), "");
        EXPECT_EQ(ct_cgroup_frozen(live.cgroup), 0);
        pid = live_child(&live, NULL);
        if (live_has_v1(&live, "freezer"))
                EXPECT(live_put(&live, "freezer", "freezer.state", "FROZEN"));
        else
                EXPECT(live_put(&live, "v2", "cgroup.freeze", "1"));
        for (int i = 0; i < 200 && ct_cgroup_frozen(live.cgroup) == 0; i++)
                (void)nanosleep(&moment, NULL);
        EXPECT_EQ(ct_cgroup_frozen(live.cgroup), 1);
        EXPECT_EQ(ct_cgroup_destroy(live.cgroup, 5000, NULL), 0);
        EXPECT_EQ(live_wait(&live, pid), -SIGKILL);
        live_end(&live);
}

TEST(live_record)
{
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *early = NULL, *late = NULL;
        _cleanup_free_ char *before = NULL, *after = NULL;
        struct live live;
        pid_t pid;

        LIVE(&live, "/a/b", NULL);
        EXPECT_EQ(ct_cgroup_save(live.cgroup, &before), 0);
        EXPECT_STR(live_create(&live, "{}"), "");
        EXPECT_EQ(ct_cgroup_save(live.cgroup, &after), 0);
        EXPECT_STR(before, after);
        EXPECT_EQ(ct_cgroup_load(live.layout, after, &late, NULL), 0);
        EXPECT_EQ(ct_cgroup_v2_fd(late) >= 0, ct_cgroup_find_v2(late) >= 0);
        pid = live_child(&live, NULL);
        EXPECT_EQ(ct_cgroup_signal(late, SIGKILL), 0);
        EXPECT_EQ(live_wait(&live, pid), -SIGKILL);
        /* The record from before anything was made cleans up as well. */
        EXPECT_EQ(ct_cgroup_load(live.layout, before, &early, NULL), 0);
        EXPECT_EQ(ct_cgroup_destroy(early, 5000, NULL), 0);
        EXPECT_EQ(live_count(&live), 0);
        early = ct_cgroup_free(early);
        late = ct_cgroup_free(late);
        live_end(&live);
}

TEST(live_caller_is_not_killed)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        char self[16];
        struct live live;

        LIVE(&live, "", "v2");
        if (!live.layout->items[0].own_path) {
                live_end(&live);
                SKIP("own cgroup not visible");
        }
        (void)snprintf(self, sizeof self, "%d", (int)getpid());
        EXPECT_STR(live_create(&live, "{}"), "");
        EXPECT_EQ(ct_cgroup_enter(live.cgroup, getpid(), false, NULL), 0);
        EXPECT_EQ(ct_cgroup_destroy(live.cgroup, 0, &error), -EBUSY);
        EXPECT_CONTAINS(contain_error_message(error), "the calling process is in cgroup");
        {
                char file[PATH_MAX];

                (void)ct_cgroup_format(file, &live.layout->items[0], live.layout->items[0].own_path,
                                       "cgroup.procs");
                EXPECT_EQ(ct_write_file_at(AT_FDCWD, file, self), 0);
        }
        live_end(&live);
}
