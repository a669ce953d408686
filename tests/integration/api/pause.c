/* SPDX-License-Identifier: MIT */

/* Paused containers: nothing in them moves, and whatever is done to them works, or says why not. */

#include "api.h"
#include "harness/snapshot.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define COUNTER "while :; do echo >>/shared/beats; done"

static bool is_v2(void)
{
        return access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0;
}

/* Freezes or thaws the cgroup at @path, as another program would. */
static int freeze(const char *path, bool frozen)
{
        char file[400];

        if (is_v2())
                snprintf(file, sizeof(file), "/sys/fs/cgroup%s/cgroup.freeze", path);
        else
                snprintf(file, sizeof(file), "/sys/fs/cgroup/freezer%s/freezer.state", path);
        return write_text(file, is_v2() ? (frozen ? "1" : "0") : (frozen ? "FROZEN" : "THAWED"));
}

#define FREEZER_OR_SKIP(w)                                                                                   \
        WORLD(w);                                                                                            \
        if (!is_v2() && access("/sys/fs/cgroup/freezer", F_OK) < 0)                                          \
        SKIP("no freezer")

static int write_int(const char *file, int number)
{
        char text[16];

        snprintf(text, sizeof(text), "%d", number);
        return write_text(file, text);
}

/* A container that runs @script, with WORLD/shared at /shared. */
static contain_t *started(struct world *w, const char *script, unsigned flags)
{
        struct json_object *config = config_new(w->rootfs, script);
        contain_error_t *error = NULL;
        char shared[96];
        contain_t *c;

        snprintf(shared, sizeof(shared), "%s/shared", w->dir);
        (void)mkdir(shared, 0755);
        config_mount(config, "/shared", "bind", shared, "bind");
        c = guest_new(w, config);
        if (c && (contain_set_flags(c, flags, &error) < 0 || contain_create(c, &error) < 0 ||
                  contain_start(c, &error) < 0)) {
                EXPECT_STR(contain_error_message(error), "");
                contain_error_free(error);
                return contain_unref(c);
        }
        return c;
}

static long beats(struct world *w)
{
        char path[112];
        struct stat st;

        snprintf(path, sizeof(path), "%s/shared/beats", w->dir);
        return stat(path, &st) < 0 ? 0 : (long)st.st_size;
}

static void forget_beats(struct world *w)
{
        char path[112];

        snprintf(path, sizeof(path), "%s/shared/beats", w->dir);
        (void)unlink(path);
}

static bool beats_on(struct world *w)
{
        long before = beats(w);

        for (int i = 0; i < 1000 && beats(w) == before; i++)
                (void)poll(NULL, 0, 10);
        return beats(w) > before;
}

/* The next event, waited for by poll(2); 0 when none comes in time. */
static int next_event(contain_t *c, int fd)
{
        for (int i = 0; i < 100; i++) {
                struct pollfd wait = { .fd = fd, .events = POLLIN };
                int event = contain_event_next(c, NULL);

                if (event != 0 || poll(&wait, 1, 10000) <= 0)
                        return event;
        }
        return 0;
}

TEST(nothing_moves_until_it_is_resumed)
{
        auto_container c = NULL;
        auto_text state = NULL;
        long before;
        FREEZER_OR_SKIP(w);

        c = started(&w, COUNTER, 0);
        REQUIRE(c != NULL);
        for (int round = 0; round < 20; round++) {
                EXPECT(beats_on(&w));
                EXPECT_OK(contain_pause(c, &error_));
                before = beats(&w);
                EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_PAUSED);
                (void)poll(NULL, 0, 20);
                EXPECT_EQ(beats(&w), before);
                EXPECT_OK(contain_resume(c, &error_));
                EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_RUNNING);
        }
        EXPECT(beats_on(&w));
        EXPECT_OK(contain_pause(c, &error_));
        EXPECT_OK(contain_state_json(c, &state, &error_));
        EXPECT_CONTAINS(state, "\"status\":\"paused\"");
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
        EXPECT_EQ(cgroups_left(w.name), 0);
}

/* Whoever may write to a freezer of version 1 can have itself kept from being killed, by a part of it. */
TEST(a_part_that_is_frozen_is_killed)
{
        auto_container c = NULL;
        char path[320], *text, *place;
        WORLD(w);

        if (is_v2() || access("/sys/fs/cgroup/freezer", F_OK) < 0)
                SKIP("no freezer of version 1");
        c = started(&w, "sleep 1000", 0);
        REQUIRE(c != NULL);
        snprintf(path, sizeof(path), "/proc/%d/cgroup", contain_pid(c));
        text = read_text(path);
        place = text ? strstr(text, ":freezer:") : NULL;
        REQUIRE(place != NULL);
        place += strlen(":freezer:");
        place[strcspn(place, "\n")] = '\0';
        for (int i = 0; i < 2; i++) {
                snprintf(path, sizeof(path), "/sys/fs/cgroup/freezer%s/%s", place, i ? "part/deep" : "part");
                EXPECT_EQ(mkdir(path, 0755), 0);
        }
        snprintf(path, sizeof(path), "/sys/fs/cgroup/freezer%s/part/deep/cgroup.procs", place);
        EXPECT_EQ(write_int(path, contain_pid(c)), 0);
        snprintf(path, sizeof(path), "%s/part/deep", place);
        EXPECT_EQ(freeze(path, true), 0);
        free(text);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
        EXPECT_EQ(cgroups_left(w.name), 0);
}

TEST(out_of_order)
{
        auto_container c = NULL;
        FREEZER_OR_SKIP(w);

        c = guest_new(&w, CONFIG(w, "exit 0"));
        REQUIRE(c != NULL);
        EXPECT_FAILS(contain_pause(c, &error_), ESRCH, CONTAIN_E_NOT_RUNNING);
        EXPECT_FAILS(contain_resume(c, &error_), ESRCH, CONTAIN_E_NOT_RUNNING);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_FAILS(contain_resume(c, &error_), EALREADY, CONTAIN_E_STATUS);
        EXPECT_OK(contain_pause(c, &error_));
        EXPECT_FAILS(contain_pause(c, &error_), EALREADY, CONTAIN_E_STATUS);
        /* It could not answer: to start it is refused, not tried. */
        EXPECT_FAILS(contain_start(c, &error_), EINVAL, CONTAIN_E_STATUS);
        EXPECT_FAILS(contain_destroy(c, 0, &error_), EBUSY, CONTAIN_E_STATUS);
        EXPECT_OK(contain_resume(c, &error_));
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_CREATED);
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_OK(contain_wait(c, 10000, NULL, &error_));
        EXPECT_FAILS(contain_pause(c, &error_), ESRCH, CONTAIN_E_NOT_RUNNING);
        EXPECT_FAILS(contain_resume(c, &error_), ESRCH, CONTAIN_E_NOT_RUNNING);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

TEST(kill_ends_it_and_other_signals_wait)
{
        static const unsigned flags[] = { 0, CONTAIN_SIGNAL_ALL };
        FREEZER_OR_SKIP(w);

        for (size_t i = 0; i < 2; i++) {
                contain_exit_t ended = { .size = sizeof(ended) };
                auto_container c = started(&w, "sleep 100 & " COUNTER, 0);

                REQUIRE(c != NULL);
                EXPECT_OK(contain_pause(c, &error_));
                EXPECT_OK(contain_signal(c, SIGKILL, flags[i], &error_));
                EXPECT_OK(contain_wait(c, 10000, &ended, &error_));
                EXPECT_EQ(ended.signo, SIGKILL);
                EXPECT_OK(contain_destroy(c, 0, &error_));
        }
        for (size_t i = 0; i < 2; i++) {
                contain_exit_t ended = { .size = sizeof(ended) };
                auto_container c = NULL;

                forget_beats(&w);
                c = started(&w, "trap 'exit 7' TERM; echo >>/shared/beats; sleep 100 & wait", 0);

                while (beats(&w) == 0)
                        (void)poll(NULL, 0, 5);
                EXPECT_OK(contain_pause(c, &error_));
                EXPECT_OK(contain_signal(c, SIGTERM, flags[i], &error_));
                EXPECT_FAILS(contain_wait(c, 50, NULL, &error_), ETIMEDOUT, CONTAIN_E_TIMEOUT);
                EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_PAUSED);
                EXPECT_OK(contain_resume(c, &error_));
                EXPECT_OK(contain_wait(c, 10000, &ended, &error_));
                EXPECT_EQ(ended.code, 7);
                EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
        }
        EXPECT_EQ(cgroups_left(w.name), 0);
}

TEST(ephemeral_one_ends_while_paused)
{
        contain_t *c;
        FREEZER_OR_SKIP(w);

        c = started(&w, COUNTER, CONTAIN_EPHEMERAL);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_pause(c, &error_));
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_PAUSED);
        contain_unref(c);
        EXPECT_EQ(cgroups_left(w.name), 0);
        EXPECT_EQ(children_left(), 0);
}

TEST(without_a_cgroup)
{
        contain_ctx_t *ctx = NULL;
        contain_error_t *error = NULL;
        auto_container c = NULL;
        WORLD_OF_ANYBODY(w);

        EXPECT_OK(contain_ctx_new(&ctx, &error_));
        EXPECT_OK(contain_ctx_set_state_root(ctx, w.state, &error_));
        EXPECT_OK(contain_ctx_set_cgroup_manager(ctx, "disabled", &error_));
        contain_ctx_unref(w.ctx);
        w.ctx = ctx;
        c = guest_new(&w, CONFIG(w, "sleep 100"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_EQ(contain_pause(c, &error), -EOPNOTSUPP);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_UNSUPPORTED);
        EXPECT_CONTAINS(contain_error_message(error), "without which it cannot be paused");
        contain_error_free(error);
        EXPECT_FAILS(contain_resume(c, &error_), EALREADY, CONTAIN_E_STATUS);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

TEST(cgroup_above_is_frozen)
{
        struct json_object *config;
        auto_container c = NULL;
        char above[96];
        FREEZER_OR_SKIP(w);

        snprintf(above, sizeof(above), "/%s-above", w.name);
        config = CONFIG(w, "sleep 100");
        config_set(config, "/linux/cgroupsPath", "'%s/one'", above);
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_EQ(freeze(above, true), 0);
        for (int i = 0; i < 500 && contain_status(c, NULL) != CONTAIN_STATUS_PAUSED; i++)
                (void)poll(NULL, 0, 10);
        EXPECT_FAILS(contain_pause(c, &error_), EALREADY, CONTAIN_E_STATUS);
        EXPECT_FAILS(contain_resume(c, &error_), ETIMEDOUT, CONTAIN_E_CGROUP);
        EXPECT_EQ(freeze(above, false), 0);
        for (int i = 0; i < 500 && contain_status(c, NULL) != CONTAIN_STATUS_RUNNING; i++)
                (void)poll(NULL, 0, 10);
        EXPECT_FAILS(contain_resume(c, &error_), EALREADY, CONTAIN_E_STATUS);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
        EXPECT_EQ(cgroups_left(w.name), 0);
}

/* --- events --------------------------------------------------------------------------------- */

TEST(own_pauses_are_events)
{
        static const int expected[] = { CONTAIN_EVENT_CREATED, CONTAIN_EVENT_STARTED, CONTAIN_EVENT_PAUSED,
                                        CONTAIN_EVENT_RESUMED, CONTAIN_EVENT_PAUSED,  CONTAIN_EVENT_RESUMED };
        auto_container c = NULL;
        auto_fd fd = -1;
        FREEZER_OR_SKIP(w);

        c = started(&w, "sleep 100", 0);
        REQUIRE(c != NULL);
        for (int i = 0; i < 2; i++) {
                EXPECT_OK(contain_pause(c, &error_));
                EXPECT_OK(contain_resume(c, &error_));
        }
        fd = contain_event_fd(c, NULL);
        REQUIRE(fd >= 0);
        for (size_t i = 0; i < 6; i++)
                EXPECT_EQ(next_event(c, fd), expected[i]);
        EXPECT_EQ(contain_event_next(c, NULL), 0);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
        EXPECT_EQ(next_event(c, fd), CONTAIN_EVENT_EXITED);
        EXPECT_EQ(next_event(c, fd), CONTAIN_EVENT_DESTROYED);
}

/* However many there are, those that are told are in turns, and the rest of its life is told as well. */
TEST(pauses_do_not_crowd_out_other_events)
{
        int event, last = CONTAIN_EVENT_RESUMED, destroyed = 0;
        auto_container c = NULL;
        FREEZER_OR_SKIP(w);

        c = started(&w, "sleep 100", 0);
        REQUIRE(c != NULL);
        for (int i = 0; i < 25; i++) {
                EXPECT_OK(contain_pause(c, &error_));
                EXPECT_OK(contain_resume(c, &error_));
        }
        EXPECT_OK(contain_pause(c, &error_));
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
        while ((event = contain_event_next(c, NULL)) > 0) {
                if (event == CONTAIN_EVENT_PAUSED || event == CONTAIN_EVENT_RESUMED) {
                        EXPECT(event != last);
                        last = event;
                }
                destroyed += event == CONTAIN_EVENT_DESTROYED;
        }
        EXPECT_EQ(last, CONTAIN_EVENT_PAUSED);
        EXPECT_EQ(destroyed, 1);
}

TEST(pauses_of_others_are_events)
{
        auto_container c = NULL;
        auto_container other = NULL;
        auto_fd fd = -1;
        FREEZER_OR_SKIP(w);

        c = started(&w, "sleep 100", 0);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_open(&other, w.ctx, contain_id(c), &error_));
        REQUIRE(other != NULL);
        fd = contain_event_fd(other, NULL);
        REQUIRE(fd >= 0);
        EXPECT_EQ(contain_event_next(other, NULL), 0);
        for (int i = 0; i < 3; i++) {
                EXPECT_OK(contain_pause(c, &error_));
                /* v1 does not wake the descriptor; asked, the handle knows. */
                EXPECT_EQ(is_v2() ? next_event(other, fd) : contain_event_next(other, NULL),
                          CONTAIN_EVENT_PAUSED);
                EXPECT_EQ(contain_event_next(other, NULL), 0);
                EXPECT_OK(contain_resume(c, &error_));
                EXPECT_EQ(is_v2() ? next_event(other, fd) : contain_event_next(other, NULL),
                          CONTAIN_EVENT_RESUMED);
                EXPECT_EQ(contain_event_next(other, NULL), 0);
        }
        EXPECT_OK(contain_pause(c, &error_));
        EXPECT_EQ(is_v2() ? next_event(other, fd) : contain_event_next(other, NULL), CONTAIN_EVENT_PAUSED);
        /* Resumed by the other one: the kernel is asked, no record. */
        EXPECT_OK(contain_resume(other, &error_));
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_RUNNING);
        EXPECT_EQ(next_event(other, fd), CONTAIN_EVENT_RESUMED);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}
