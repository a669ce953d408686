/* SPDX-License-Identifier: MIT */

/* Limits of containers that exist: places of what is wrong, devices, and that several at once keep order. */

#include "api.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static contain_t *started(struct world *w, const char *script)
{
        contain_t *c = guest_new(w, CONFIG(*w, script));

        if (c && (contain_create(c, NULL) < 0 || contain_start(c, NULL) < 0))
                return contain_unref(c);
        return c;
}

static int update(contain_t *c, const char *json, contain_error_t **err)
{
        return contain_update(c, json, strlen(json), err);
}

TEST(places_are_those_of_the_document)
{
        static const struct {
                const char *json, *at;
                int code;
        } cases[] = {
                { "{\"memory\":{\"limit\":\"1\"}}", "/memory/limit", CONTAIN_E_TYPE },
                { "{\"memory\":{\"limit\":67108864,\"swap\":1048576}}", "/memory/swap", CONTAIN_E_CONFLICT },
                { "{\"cpu\":{\"cpus\":\"4000\"}}", "/cpu/cpus", CONTAIN_E_CGROUP },
                { "{\"unified\":{\"a/b\":\"1\"}}", "/unified", CONTAIN_E_VALUE },
                { "{\"intelRdt\":{\"closID\":\"x\"}}", "/intelRdt/closID", CONTAIN_E_CONFLICT },
                { "{\"intelRdt\":{\"memBwSchema\":\"MB:0=1\"}}", "/intelRdt", CONTAIN_E_CONFLICT },
                { "[]", "", CONTAIN_E_TYPE },
                { "{", "", CONTAIN_E_JSON },
        };
        auto_container c = NULL;
        WORLD(w);

        c = started(&w, "sleep 100");
        REQUIRE(c != NULL);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                contain_error_t *error = NULL;

                EXPECT(update(c, cases[i].json, &error) < 0);
                EXPECT_STR(contain_error_pointer(error), cases[i].at);
                EXPECT_EQ(contain_error_code(error), cases[i].code);
                contain_error_free(error);
        }
        EXPECT_OK(update(c, "{}", &error_));
        EXPECT_FAILS(contain_update(c, NULL, 0, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
        EXPECT_FAILS(update(c, "{}", &error_), ESRCH, CONTAIN_E_NOT_RUNNING);
}

/* What the guest says next: '+' when it could open the device, '-' when not. */
static char next_answer(int fd)
{
        char byte = 0;

        while (byte != '+' && byte != '-')
                if (read(fd, &byte, 1) != 1)
                        return 0;
        return byte;
}

/* A list of devices is the whole list: what is not in it is denied from then on. */
TEST(devices)
{
        auto_container c = NULL;
        int ends[2];
        WORLD(w);

        REQUIRE_EQ(pipe(ends), 0);
        c = guest_new(&w,
                      CONFIG(w, "look() { { head -c 0 </dev/urandom; } 2>/dev/null && echo + || echo -; }; "
                                "trap look USR1; look; while :; do sleep 100 & wait $!; done"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_set_stdio(c, -1, ends[1], -1, &error_));
        EXPECT_OK(contain_create(c, &error_));
        close(ends[1]);
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_EQ(next_answer(ends[0]), '+');
        EXPECT_OK(update(c,
                         "{\"devices\":[{\"allow\":false,\"access\":\"rwm\"},{\"allow\":false,\"type\":\"c\","
                         "\"major\":1,\"minor\":9,\"access\":\"r\"}]}",
                         &error_));
        EXPECT_OK(contain_signal(c, SIGUSR1, 0, &error_));
        EXPECT_EQ(next_answer(ends[0]), '-');
        EXPECT_OK(update(c, "{\"pids\":{\"limit\":100}}", &error_));
        EXPECT_OK(contain_signal(c, SIGUSR1, 0, &error_));
        EXPECT_EQ(next_answer(ends[0]), '-');
        EXPECT_OK(update(c, "{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}]}", &error_));
        EXPECT_OK(contain_signal(c, SIGUSR1, 0, &error_));
        EXPECT_EQ(next_answer(ends[0]), '+');
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
        close(ends[0]);
}

struct updater {
        struct world *w;
        const char *id;
        int limit;
};

static void *update_often(void *data)
{
        const struct updater *updater = data;
        contain_t *c = NULL;
        char good[96], bad[96];

        EXPECT_OK(contain_open(&c, updater->w->ctx, updater->id, &error_));
        snprintf(good, sizeof(good), "{\"pids\":{\"limit\":%d}}", updater->limit);
        snprintf(bad, sizeof(bad), "{\"pids\":{\"limit\":5},\"cpu\":{\"cpus\":\"4000\"}}");
        for (int i = 0; c && i < 25; i++) {
                EXPECT_OK(update(c, good, &error_));
                EXPECT(update(c, bad, NULL) < 0);
        }
        contain_unref(c);
        return NULL;
}

/* What one brings back after a failure never is what another was half-way to. */
TEST(several_at_once)
{
        auto_container c = NULL;
        struct updater updaters[4];
        pthread_t threads[4];
        auto_text text = NULL;
        char path[128];
        WORLD(w);

        c = started(&w, "sleep 100");
        REQUIRE(c != NULL);
        for (int i = 0; i < 4; i++) {
                updaters[i] = (struct updater){ &w, contain_id(c), 100 + i };
                pthread_create(&threads[i], NULL, update_often, &updaters[i]);
        }
        for (int i = 0; i < 4; i++)
                pthread_join(threads[i], NULL);
        snprintf(path, sizeof(path), "/sys/fs/cgroup%s/contain-%s/pids.max",
                 access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0 ? "" : "/pids", contain_id(c));
        text = read_text(path);
        REQUIRE(text != NULL);
        EXPECT(atoi(text) >= 100 && atoi(text) <= 103);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}
