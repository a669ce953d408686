/* SPDX-License-Identifier: MIT */

/* What containers use and which processes they have, as the kernel counts it, while they live and die. */

#include "api.h"

#include <errno.h>
#include <json-c/json.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* The document as an object, freed by auto_stats; NULL when the call or the parser failed. */
static json_object *stats_of(contain_t *c)
{
        contain_error_t *error = NULL;
        json_object *document = NULL;
        char *text = NULL;

        (void)test_check(contain_stats_json(c, &text, &error) == 0, __FILE__, __LINE__, "stats, found: %s",
                         contain_error_message(error));
        contain_error_free(error);
        if (text)
                document = json_tokener_parse(text);
        (void)test_check(document != NULL, __FILE__, __LINE__, "an object, found %s", text ? text : "none");
        contain_free(text);
        return document;
}

static void put_p(json_object **object)
{
        (void)json_object_put(*object);
}
#define auto_stats json_object *__attribute__((cleanup(put_p)))

/* The number at "cpu.usage.total"; -1 when there is none. */
static int64_t number(json_object *value, const char *path)
{
        char words[128], *rest = words, *word;

        snprintf(words, sizeof(words), "%s", path);
        while ((word = strsep(&rest, ".")))
                if (!json_object_object_get_ex(value, word, &value))
                        return -1;
        return json_object_get_int64(value);
}

static json_object *device(json_object *stats, const char *name)
{
        json_object *list = json_object_object_get(stats, "network_interfaces"), *its_name;

        for (size_t i = 0; i < json_object_array_length(list); i++) {
                json_object *each = json_object_array_get_idx(list, i);

                if (json_object_object_get_ex(each, "Name", &its_name) &&
                    strcmp(json_object_get_string(its_name), name) == 0)
                        return each;
        }
        return NULL;
}

/* Its cgroup has the name that this one's had. */
TEST(numbers_of_another_container_with_the_id)
{
        auto_container c = NULL;
        auto_container other = NULL;
        auto_container next = NULL;
        auto_text text = NULL;
        WORLD(w);

        c = guest_new(&w, CONFIG(w, "exec sleep 100"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_open(&other, w.ctx, contain_id(c), &error_));
        EXPECT_OK(contain_destroy(other, CONTAIN_DESTROY_FORCE, &error_));
        EXPECT_OK(contain_new(&next, w.ctx, contain_id(c), &error_));
        EXPECT_OK(guest_load(next, &w, CONFIG(w, "exec sleep 100"), &error_));
        EXPECT_OK(contain_create(next, &error_));
        EXPECT_OK(contain_processes_json(c, &text, &error_));
        EXPECT_STR(text, "[]");
        free(text);
        text = NULL;
        EXPECT_FAILS(contain_stats_json(c, &text, &error_), ENOENT, CONTAIN_E_CGROUP);
        EXPECT_OK(contain_destroy(next, CONTAIN_DESTROY_FORCE, &error_));
}

TEST(numbers_grow)
{
        auto_container c = NULL;
        auto_stats before = NULL;
        auto_stats after = NULL;
        WORLD(w);

        c = guest_new(&w, CONFIG(w, "dd if=/dev/zero of=/dev/shm/x bs=1M count=8 2>/dev/null; "
                                    "i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; exit 0"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        before = stats_of(c);
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_OK(contain_wait(c, 60000, NULL, &error_));
        /* After the end the numbers are still there: all that it took. */
        after = stats_of(c);
        REQUIRE(before && after);
        EXPECT(number(after, "cpu.usage.total") > number(before, "cpu.usage.total"));
        EXPECT(number(before, "cpu.usage.total") >= 0);
        EXPECT(number(after, "memory.usage.usage") >= 0);
        EXPECT_EQ(number(before, "pids.current"), 1);
        EXPECT_EQ(number(after, "pids.current"), 0);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

TEST(network_of_the_container)
{
        auto_container c = NULL;
        auto_container host = NULL;
        auto_stats own = NULL;
        auto_stats hosts = NULL;
        struct json_object *config;
        WORLD(w);

        c = guest_new(&w, CONFIG(w, "echo hello | nc -w 1 127.0.0.1 9 2>/dev/null; exec sleep 100"));
        config = CONFIG(w, "exec sleep 100");
        config_namespace(config, "network", NULL);
        host = guest_new(&w, config);
        REQUIRE(c && host);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        for (int i = 0; i < 300; i++) {
                put_p(&own);
                own = stats_of(c);
                if (!own || !device(own, "lo") || number(device(own, "lo"), "RxPackets") > 0)
                        break;
                usleep(100000);
        }
        REQUIRE(own && device(own, "lo"));
        EXPECT(number(device(own, "lo"), "RxPackets") > 0);
        EXPECT_EQ(number(device(own, "lo"), "RxBytes"), number(device(own, "lo"), "TxBytes"));
        EXPECT_OK(contain_create(host, &error_));
        hosts = stats_of(host);
        REQUIRE(hosts != NULL);
        EXPECT_EQ(json_object_array_length(json_object_object_get(hosts, "network_interfaces")), 0);
        EXPECT_OK(contain_destroy(host, CONTAIN_DESTROY_FORCE, &error_));
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

TEST(too_early_and_too_late)
{
        auto_container c = NULL;
        auto_container other = NULL;
        auto_text text = NULL;
        WORLD(w);

        c = guest_new(&w, CONFIG(w, "exit 0"));
        REQUIRE(c != NULL);
        EXPECT_FAILS(contain_stats_json(c, &text, &error_), EINVAL, CONTAIN_E_STATUS);
        EXPECT_FAILS(contain_processes_json(c, &text, &error_), EINVAL, CONTAIN_E_STATUS);
        EXPECT_FAILS(contain_stats_json(c, NULL, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        EXPECT_FAILS(contain_processes_json(NULL, &text, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_open(&other, w.ctx, contain_id(c), &error_));
        EXPECT_OK(contain_destroy(c, 0, &error_));
        EXPECT_FAILS(contain_stats_json(c, &text, &error_), EINVAL, CONTAIN_E_STATUS);
        EXPECT_FAILS(contain_stats_json(other, &text, &error_), ENOENT, CONTAIN_E_CGROUP);
        EXPECT_EQ(contain_processes_json(other, &text, NULL), 0);
        EXPECT_STR(text, "[]");
}

TEST(processes_of_the_container)
{
        auto_container c = NULL;
        auto_text one = NULL;
        auto_text all = NULL;
        char expected[32];
        WORLD(w);

        c = guest_new(&w, CONFIG(w, "read go; for i in 1 2 3 4; do sleep 100 & done; wait"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_processes_json(c, &one, &error_));
        snprintf(expected, sizeof(expected), "[%d]", contain_pid(c));
        EXPECT_STR(one, expected);
        EXPECT_OK(contain_start(c, &error_));
        for (int i = 0; i < 100; i++) {
                json_object *pids;
                size_t n;

                free(all);
                all = NULL;
                EXPECT_OK(contain_processes_json(c, &all, &error_));
                pids = json_tokener_parse(all ? all : "[]");
                n = json_object_array_length(pids);
                (void)json_object_put(pids);
                if (n == 5)
                        break;
                EXPECT(i < 99);
                usleep(100000);
        }
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

struct reader {
        contain_t *c;
        atomic_bool stop;
        unsigned good, gone;
};

/* Numbers in full, or the word that there are none any more; nothing else, ever. */
static void *read_on(void *data)
{
        struct reader *reader = data;

        while (!atomic_load(&reader->stop)) {
                contain_error_t *error = NULL;
                char *text = NULL;
                json_object *document;
                int r;

                r = contain_stats_json(reader->c, &text, &error);
                if (r == 0) {
                        document = json_tokener_parse(text);
                        EXPECT(number(document, "cpu.usage.total") >= 0);
                        EXPECT(number(document, "pids.current") >= 0);
                        (void)json_object_put(document);
                        reader->good++;
                } else {
                        EXPECT(r == -ENOENT || r == -EINVAL);
                        reader->gone++;
                }
                contain_free(text);
                contain_error_free(error);
                text = NULL;
                EXPECT(contain_processes_json(reader->c, &text, NULL) <= 0);
                contain_free(text);
        }
        return NULL;
}

TEST(reading_while_it_comes_and_goes)
{
        unsigned good = 0, gone = 0;
        WORLD(w);

        for (int i = 0; i < 10; i++) {
                auto_container c = guest_new(&w, CONFIG(w, "exit 0"));
                auto_container other = NULL;
                struct reader own = { .c = c }, others = { 0 };
                pthread_t threads[2];

                REQUIRE(c != NULL);
                REQUIRE_EQ(pthread_create(&threads[0], NULL, read_on, &own), 0);
                EXPECT_OK(contain_create(c, &error_));
                EXPECT_OK(contain_open(&other, w.ctx, contain_id(c), &error_));
                others.c = other;
                REQUIRE_EQ(pthread_create(&threads[1], NULL, read_on, &others), 0);
                EXPECT_OK(contain_start(c, &error_));
                EXPECT_OK(contain_wait(c, 60000, NULL, &error_));
                EXPECT_OK(contain_destroy(c, 0, &error_));
                usleep(5000);
                atomic_store(&own.stop, true);
                atomic_store(&others.stop, true);
                pthread_join(threads[0], NULL);
                pthread_join(threads[1], NULL);
                good += own.good + others.good;
                gone += own.gone + others.gone;
        }
        EXPECT(good > 0 && gone > 0);
}
