/* SPDX-License-Identifier: MIT */

/* The event descriptor: what happened, in order, in any loop that can poll. */

#include "api.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* The next event, waited for by poll(2); 0 when none comes in time. */
static int next_event(contain_t *c, int fd)
{
        for (int i = 0; i < 100; i++) {
                struct pollfd wait = { .fd = fd, .events = POLLIN };
                int event = contain_event_next(c, NULL);

                if (event != 0 || poll(&wait, 1, 30000) <= 0)
                        return event;
        }
        return 0;
}

TEST(whole_life_in_events)
{
        static const int expected[] = { CONTAIN_EVENT_CREATED, CONTAIN_EVENT_STARTED, CONTAIN_EVENT_EXITED };
        contain_exit_t ended = { .size = sizeof(ended) };
        auto_container c = NULL;
        auto_fd fd = -1;
        WORLD_OF_ANYBODY(w);

        c = guest_new(&w, CONFIG(w, "exit 6"));
        REQUIRE(c != NULL);
        fd = contain_event_fd(c, NULL);
        REQUIRE(fd >= 0);
        EXPECT_EQ(contain_event_next(c, NULL), 0);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        for (size_t i = 0; i < 3; i++)
                EXPECT_EQ(next_event(c, fd), expected[i]);
        EXPECT_OK(contain_wait(c, 0, &ended, &error_));
        EXPECT_EQ(ended.code, 6);
        EXPECT_EQ(contain_event_next(c, NULL), 0);
        EXPECT_OK(contain_destroy(c, 0, &error_));
        EXPECT_EQ(next_event(c, fd), CONTAIN_EVENT_DESTROYED);
        EXPECT_EQ(contain_event_next(c, NULL), 0);
}

TEST(descriptor_is_quiet_until_something_happens)
{
        struct pollfd wait = { .events = POLLIN };
        auto_container c = NULL;
        auto_fd fd = -1;
        WORLD_OF_ANYBODY(w);

        c = guest_new(&w, CONFIG(w, "sleep 100"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        fd = contain_event_fd(c, NULL);
        REQUIRE(fd >= 0);
        while (contain_event_next(c, NULL) > 0)
                ;
        wait.fd = fd;
        EXPECT_EQ(poll(&wait, 1, 200), 0);
        EXPECT_OK(contain_signal(c, SIGKILL, 0, &error_));
        EXPECT_EQ(poll(&wait, 1, 10000), 1);
        EXPECT_EQ(next_event(c, fd), CONTAIN_EVENT_EXITED);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

TEST(every_handle_has_its_own_events)
{
        auto_container c = NULL;
        auto_container other = NULL;
        auto_fd fd = -1;
        WORLD_OF_ANYBODY(w);

        c = guest_new(&w, CONFIG(w, "sleep 100"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_open(&other, w.ctx, contain_id(c), &error_));
        REQUIRE(other != NULL);
        fd = contain_event_fd(other, NULL);
        REQUIRE(fd >= 0);
        while (contain_event_next(other, NULL) > 0)
                ;
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_OK(contain_signal(c, SIGKILL, 0, &error_));
        while (1) {
                int event = next_event(other, fd);

                if (event == CONTAIN_EVENT_STARTED)
                        continue;
                EXPECT_EQ(event, CONTAIN_EVENT_EXITED);
                break;
        }
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

TEST(out_of_memory_is_told_before_the_exit)
{
        contain_exit_t ended = { .size = sizeof(ended) };
        struct json_object *config;
        auto_container c = NULL;
        auto_fd fd = -1;
        int event, killed = 0;
        WORLD(w);

        if (access("/sys/fs/cgroup/memory/memory.limit_in_bytes", F_OK) < 0 &&
            access("/sys/fs/cgroup/cgroup.controllers", F_OK) < 0)
                SKIP("no memory controller");
        config = CONFIG(w, "exec tail /dev/zero");
        config_set(config, "/linux/resources/memory", "{'limit': 16777216, 'swap': 16777216}");
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        fd = contain_event_fd(c, NULL);
        REQUIRE(fd >= 0);
        EXPECT_OK(contain_start(c, &error_));
        do {
                event = next_event(c, fd);
                killed += event == CONTAIN_EVENT_OOM;
        } while (event > 0 && event != CONTAIN_EVENT_EXITED);
        EXPECT_EQ(event, CONTAIN_EVENT_EXITED);
        EXPECT(killed > 0);
        EXPECT_OK(contain_wait(c, 10000, &ended, &error_));
        EXPECT_EQ(ended.signo, SIGKILL);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

struct listener {
        contain_t *c;
        int fd;
        int events[3];
};

static void *listen_to(void *data)
{
        struct listener *listener = data;

        for (size_t i = 0; i < 3; i++)
                listener->events[i] = next_event(listener->c, listener->fd);
        return NULL;
}

/* However soon the program ends, another thread hears of its start first. */
TEST(order_for_another_thread)
{
        int rounds = test_rounds(100);
        WORLD_OF_ANYBODY(w);

        for (int i = 0; i < rounds; i++) {
                struct listener listener = { .c = guest_new(&w, CONFIG(w, "exit 0")) };
                pthread_t thread;

                REQUIRE(listener.c != NULL);
                listener.fd = contain_event_fd(listener.c, NULL);
                pthread_create(&thread, NULL, listen_to, &listener);
                EXPECT_OK(contain_create(listener.c, &error_));
                EXPECT_OK(contain_start(listener.c, &error_));
                pthread_join(thread, NULL);
                EXPECT_EQ(listener.events[0], CONTAIN_EVENT_CREATED);
                EXPECT_EQ(listener.events[1], CONTAIN_EVENT_STARTED);
                EXPECT_EQ(listener.events[2], CONTAIN_EVENT_EXITED);
                EXPECT_OK(contain_destroy(listener.c, 0, &error_));
                close(listener.fd);
                contain_unref(listener.c);
        }
}

/* Who looks late is told all the same. */
TEST(events_outlive_the_container)
{
        static const int expected[] = { CONTAIN_EVENT_CREATED, CONTAIN_EVENT_STARTED, CONTAIN_EVENT_EXITED,
                                        CONTAIN_EVENT_DESTROYED, 0 };
        auto_container c = NULL;
        WORLD_OF_ANYBODY(w);

        c = guest_new(&w, CONFIG(w, "sleep 100"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
        for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
                EXPECT_EQ(contain_event_next(c, NULL), expected[i]);
}

TEST(process_as_a_descriptor)
{
        struct pollfd wait = { .events = POLLIN };
        auto_container c = NULL;
        auto_fd fd = -1;
        WORLD_OF_ANYBODY(w);

        c = guest_new(&w, CONFIG(w, "sleep 0.2"));
        REQUIRE(c != NULL);
        EXPECT_EQ(contain_pidfd(c, NULL), -ESRCH);
        EXPECT_OK(contain_create(c, &error_));
        fd = contain_pidfd(c, NULL);
        REQUIRE(fd >= 0);
        EXPECT_OK(contain_start(c, &error_));
        wait.fd = fd;
        EXPECT_EQ(poll(&wait, 1, 0), 0);
        EXPECT_EQ(poll(&wait, 1, 10000), 1);
        EXPECT_OK(contain_wait(c, 10000, NULL, &error_));
        EXPECT_OK(contain_destroy(c, 0, &error_));
}
