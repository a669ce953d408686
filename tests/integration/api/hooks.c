/* SPDX-License-Identifier: MIT */

/* All six kinds of hooks: their order, the state on standard input, time limits, failures. */

#include "api.h"
#include "harness/snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* One hook of @kind that runs @script; quotes in it must be ", which config_set() needs as \". */
static void add_hook(struct json_object *config, const char *kind, const char *script, const char *more)
{
        char pointer[64];

        snprintf(pointer, sizeof(pointer), "/hooks/%s/-", kind);
        config_set(
                config, pointer,
                "{'path': '/bin/sh', 'args': ['sh', '-c', '%s'], 'env': ['PATH=/bin:/usr/bin', 'KIND=%s']%s}",
                script, kind, more);
}

/* What the hook of @kind wrote. */
static char *written(const struct world *w, const char *name)
{
        char path[160];

        snprintf(path, sizeof(path), "%s/out/%s", w->dir, name);
        return read_text(path);
}

TEST(all_kinds_in_their_order_with_the_state)
{
        static const char *const kinds[] = { "prestart",       "createRuntime", "createContainer",
                                             "startContainer", "poststart",     "poststop" };
        static const char *const status[] = { "creating", "creating", "creating",
                                              "created",  "running",  "stopped" };
        char script[512], out[128];
        struct json_object *config;
        auto_container c = NULL;
        auto_text output = NULL;
        auto_text order = NULL;
        WORLD_OF_ANYBODY(w);

        snprintf(out, sizeof(out), "%s/out", w.dir);
        mkdir(out, 0755);
        config = CONFIG(w, "cat /out/order");
        config_mount(config, "/out", "bind", out, "bind");
        config_set(config, "/annotations", "{'org.example.key': 'some value'}");
        for (size_t i = 0; i < 6; i++) {
                snprintf(script, sizeof(script), "cat >%s/$KIND; echo $KIND >>%s/order",
                         i == 3 ? "/out" : out, i == 3 ? "/out" : out);
                add_hook(config, kinds[i], script, "");
        }
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        output = guest_run(c);
        EXPECT_CONTAINS(output, "prestart\ncreateRuntime\ncreateContainer\nstartContainer\n");
        order = written(&w, "order");
        EXPECT_STR(order, "prestart\ncreateRuntime\ncreateContainer\nstartContainer\npoststart\npoststop\n");
        for (size_t i = 0; i < 6; i++) {
                auto_text state = written(&w, kinds[i]);

                EXPECT_CONTAINS(state, "ociVersion");
                EXPECT_CONTAINS(state, contain_id(c));
                EXPECT_CONTAINS(state, status[i]);
                EXPECT_CONTAINS(state, w.dir);
                EXPECT_CONTAINS(state, "some value");
        }
}

TEST(runtime_hooks_see_the_containers_process)
{
        struct json_object *config;
        auto_text inside = NULL;
        auto_text seen = NULL;
        char script[512], out[128];
        WORLD_OF_ANYBODY(w);

        /* The pid in the state is the one that the hook sees: its network namespace is the container's. */
        snprintf(out, sizeof(out), "%s/out", w.dir);
        mkdir(out, 0755);
        config = CONFIG(w, "readlink /proc/self/ns/net");
        snprintf(script, sizeof(script),
                 "pid=$(tr , \\\\\\\\n | grep -w pid | tr -cd 0-9); readlink /proc/$pid/ns/net >%s/net", out);
        add_hook(config, "createRuntime", script, "");
        inside = guest_output(&w, config);
        seen = written(&w, "net");
        EXPECT_CONTAINS(inside, "net:[");
        EXPECT_STR(seen, inside);
}

TEST(hook_that_fails_ends_creation)
{
        static const char *const kinds[] = { "prestart", "createRuntime", "createContainer" };
        WORLD_OF_ANYBODY(w);

        for (size_t i = 0; i < 3; i++) {
                struct json_object *config = CONFIG(w, "true");
                contain_error_t *error = NULL;
                auto_container c = NULL;
                char pointer[64];

                add_hook(config, kinds[i], "true", "");
                add_hook(config, kinds[i], "echo why >&2; exit 3", "");
                c = guest_new(&w, config);
                REQUIRE(c != NULL);
                EXPECT(contain_create(c, &error) < 0);
                snprintf(pointer, sizeof(pointer), "/hooks/%s/1", kinds[i]);
                EXPECT_EQ(contain_error_code(error), CONTAIN_E_HOOK);
                EXPECT_STR(contain_error_pointer(error), pointer);
                EXPECT_CONTAINS(contain_error_message(error), "3");
                contain_error_free(error);
                EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_NONE);
                EXPECT_EQ(cgroups_left(w.name), 0);
                EXPECT_EQ(children_left(), 0);
        }
}

TEST(hook_that_takes_too_long_is_killed)
{
        struct json_object *config;
        contain_error_t *error = NULL;
        auto_container c = NULL;
        time_t begin = time(NULL);
        WORLD_OF_ANYBODY(w);

        config = CONFIG(w, "true");
        add_hook(config, "createRuntime", "exec sleep 60", ", 'timeout': 1");
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        EXPECT(contain_create(c, &error) < 0);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_HOOK);
        EXPECT(time(NULL) - begin < 20);
        EXPECT_EQ(children_left(), 0);
        contain_error_free(error);
}

TEST(start_container_hook_that_fails_ends_the_start)
{
        struct json_object *config;
        contain_error_t *error = NULL;
        auto_container c = NULL;
        WORLD_OF_ANYBODY(w);

        config = CONFIG(w, "true");
        add_hook(config, "startContainer", "exit 4", "");
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT(contain_start(c, &error) < 0);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_HOOK);
        EXPECT_STR(contain_error_pointer(error), "/hooks/startContainer/0");
        contain_error_free(error);
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_STOPPED);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

TEST(poststop_failures_do_not_keep_the_container)
{
        struct json_object *config;
        auto_container c = NULL;
        auto_text output = NULL;
        WORLD_OF_ANYBODY(w);

        config = CONFIG(w, "echo ran");
        add_hook(config, "poststop", "exit 5", "");
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        output = guest_run(c);
        EXPECT_STR(output, "ran\n");
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_NONE);
}

TEST(hook_that_reads_nothing_is_fine)
{
        struct json_object *config;
        WORLD_OF_ANYBODY(w);

        config = CONFIG(w, "echo ran");
        config_set(config, "/annotations", "{'long': '%0100000d'}", 0);
        add_hook(config, "createRuntime", "exec </dev/null", "");
        EXPECT_OUTPUT(w, config, "ran\n");
}
