/* SPDX-License-Identifier: MIT */

/* How a container ended: why, and when. */

#include "api.h"

#include <signal.h>
#include <time.h>

static int64_t now(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

TEST(times_of_start_and_end)
{
        WORLD_OF_ANYBODY(w);
        auto_container c = guest_new(&w, CONFIG(w, "sleep 0.2; exit 3"));
        contain_exit_t ended = { .size = sizeof(ended) };
        int64_t before, after;

        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        before = now();
        EXPECT_OK(contain_start(c, &error_));
        after = now();
        EXPECT_OK(contain_wait(c, 10000, &ended, &error_));
        EXPECT_EQ(ended.known, 1);
        EXPECT_EQ(ended.code, 3);
        EXPECT_EQ(ended.oom, 0);
        EXPECT(ended.started_nsec >= before && ended.started_nsec <= after);
        EXPECT(ended.ended_nsec >= ended.started_nsec + 200 * 1000 * 1000);
        EXPECT(ended.ended_nsec <= now());
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

TEST(never_started)
{
        WORLD_OF_ANYBODY(w);
        auto_container c = guest_new(&w, CONFIG(w, "exit 0"));
        contain_exit_t ended = { .size = sizeof(ended) };

        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_signal(c, SIGKILL, 0, &error_));
        EXPECT_OK(contain_wait(c, 10000, &ended, &error_));
        EXPECT_EQ(ended.signo, SIGKILL);
        EXPECT_EQ(ended.started_nsec, 0);
        EXPECT(ended.ended_nsec > 0);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

/* The time of the start is known to others, also when they open it after that. */
TEST(start_seen_by_another_handle)
{
        WORLD_OF_ANYBODY(w);
        auto_container c = guest_new(&w, CONFIG(w, "sleep 0.2"));
        auto_container other = NULL;
        contain_exit_t ended = { .size = sizeof(ended) }, seen = { .size = sizeof(seen) };

        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_OK(contain_open(&other, w.ctx, contain_id(c), &error_));
        EXPECT_OK(contain_wait(other, 10000, &seen, &error_));
        EXPECT_OK(contain_wait(c, 10000, &ended, &error_));
        EXPECT(ended.started_nsec > 0);
        EXPECT_EQ(seen.started_nsec, ended.started_nsec);
        EXPECT_OK(contain_destroy(c, 0, &error_));
        EXPECT_OK(contain_wait(c, 0, &seen, &error_));
        EXPECT_EQ(seen.ended_nsec, ended.ended_nsec);
}

/* The first process outlives the one that is killed: why, only the cgroup can tell. */
TEST(killed_for_memory)
{
        WORLD(w);
        struct json_object *config = CONFIG(w, "a=x; while true; do a=$a$a; done & wait $!; exit 7");
        auto_container c = NULL;
        contain_exit_t ended = { .size = sizeof(ended) };

        if (access("/sys/fs/cgroup/memory/memory.limit_in_bytes", F_OK) < 0 &&
            access("/sys/fs/cgroup/cgroup.controllers", F_OK) < 0)
                SKIP("no memory controller");
        config_set(config, "/linux/resources/memory/limit", "%d", 16 << 20);
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_OK(contain_wait(c, 60000, &ended, &error_));
        EXPECT_EQ(ended.code, 7);
        EXPECT_EQ(ended.oom, 1);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}
