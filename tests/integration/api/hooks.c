/* SPDX-License-Identifier: MIT */

/* All six kinds of hooks: their order, the state on standard input, time limits, failures. */

#include "api.h"
#include "harness/snapshot.h"

#include <errno.h>
#include <json-c/json.h>
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

/* --- what a hook is told, and where it runs -------------------------------------------------- */

/* Member @key of the state object that was written to file @name, as text; NULL when it is not there. */
static char *member(const struct world *w, const char *name, const char *key)
{
        auto_text text = written(w, name);
        struct json_object *state = text ? json_tokener_parse(text) : NULL, *value;
        char *ret = NULL;

        EXPECT(state != NULL);
        if (state && json_object_object_get_ex(state, key, &value))
                ret = strdup(json_object_get_string(value));
        json_object_put(state);
        return ret;
}

TEST(each_member_of_the_state)
{
        static const struct {
                const char *kind, *status;
                bool inside;
        } cases[] = { { "prestart", "creating", false },       { "createRuntime", "creating", false },
                      { "createContainer", "creating", true }, { "startContainer", "created", true },
                      { "poststart", "running", false },       { "poststop", "stopped", false } };
        char script[512], out[128], pid[32];
        struct json_object *config;
        auto_container c = NULL;
        WORLD(w);

        snprintf(out, sizeof(out), "%s/out", w.dir);
        mkdir(out, 0755);
        config = CONFIG(w, "sleep 60");
        config_mount(config, "/out", "bind", out, "bind");
        config_set(config, "/ociVersion", "'1.2.1'");
        config_set(config, "/annotations",
                   "{'org.example/key': 'a \\\\ b', 'org.opencontainers.image.os': 'linux'}");
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                snprintf(script, sizeof(script), "cat >%s/$KIND", i == 3 ? "/out" : out);
                add_hook(config, cases[i].kind, script, "");
        }
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        snprintf(pid, sizeof(pid), "%d", contain_pid(c));
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                auto_text version = member(&w, cases[i].kind, "ociVersion");
                auto_text id = member(&w, cases[i].kind, "id");
                auto_text status = member(&w, cases[i].kind, "status");
                auto_text number = member(&w, cases[i].kind, "pid");
                auto_text bundle = member(&w, cases[i].kind, "bundle");
                auto_text annotations = member(&w, cases[i].kind, "annotations");

                /* That of the state, whatever that of the configuration. */
                EXPECT_STR(version, "1.3.0");
                EXPECT_STR(id, contain_id(c));
                EXPECT_STR(status, cases[i].status);
                EXPECT_STR(bundle, w.dir);
                EXPECT_STR(annotations, "{ \"org.example\\/key\": \"a \\\\ b\", "
                                        "\"org.opencontainers.image.os\": \"linux\" }");
                if (i == 5) /* there is no process any more */
                        EXPECT(number == NULL || strcmp(number, "0") == 0);
                else
                        EXPECT_STR(number, cases[i].inside ? "1" : pid);
        }
}

TEST(hooks_run_on_their_side)
{
        static const char *const kinds[] = { "prestart", "createRuntime", "poststart", "poststop" };
        char script[512], out[128], mine[64] = "";
        struct json_object *config;
        auto_text output = NULL;
        char *seen;
        WORLD(w);

        snprintf(out, sizeof(out), "%s/out", w.dir);
        mkdir(out, 0755);
        config = CONFIG(w, "readlink /proc/self/ns/mnt");
        config_mount(config, "/out", "bind", out, "bind");
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
                snprintf(script, sizeof(script), "{ pwd; readlink /proc/self/ns/mnt; } >%s/$KIND", out);
                add_hook(config, kinds[i], script, "");
        }
        /* Found on the host and run in the container's namespaces; then found in the container. */
        snprintf(script, sizeof(script),
                 "{ test -d %s && echo host; pwd; readlink /proc/self/ns/mnt; } >%s/$KIND", w.rootfs, out);
        add_hook(config, "createContainer", script, "");
        add_hook(config, "startContainer",
                 "{ test -d /proc/sys && echo inside; pwd; readlink /proc/self/ns/mnt; } >/out/$KIND", "");
        output = guest_output(&w, config);
        REQUIRE(readlink("/proc/self/ns/mnt", mine, sizeof(mine) - 1) > 0);
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
                auto_text found = written(&w, kinds[i]);
                char expected[256];

                snprintf(expected, sizeof(expected), "%s\n%s\n", w.dir, mine);
                EXPECT_STR(found, expected);
        }
        seen = written(&w, "createContainer");
        EXPECT_CONTAINS(seen, "host\n");
        EXPECT_CONTAINS(seen, output);
        free(seen);
        seen = written(&w, "startContainer");
        EXPECT_CONTAINS(seen, "inside\n/\n");
        EXPECT_CONTAINS(seen, output);
        free(seen);
}

TEST(hook_without_an_environment)
{
        static const char *const kinds[] = { "createRuntime", "createContainer", "startContainer" };
        char script[512], out[128], pointer[64];
        struct json_object *config;
        WORLD(w);

        snprintf(out, sizeof(out), "%s/out", w.dir);
        mkdir(out, 0755);
        config = CONFIG(w, "true");
        config_mount(config, "/out", "bind", out, "bind");
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
                snprintf(script, sizeof(script),
                         "read -r all </proc/self/environ; echo begin $all end >%s/%s", i == 2 ? "/out" : out,
                         kinds[i]);
                snprintf(pointer, sizeof(pointer), "/hooks/%s/-", kinds[i]);
                config_set(config, pointer, "{'path': '/bin/sh', 'args': ['sh', '-c', '%s']}", script);
        }
        setenv("HOST_SECRET", "x", 1);
        EXPECT_OUTPUT(w, config, "");
        unsetenv("HOST_SECRET");
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
                auto_text found = written(&w, kinds[i]);

                EXPECT_STR(found, "begin end\n");
        }
}

/* --- hooks that fail ------------------------------------------------------------------------ */

TEST(hooks_inside_that_take_too_long_or_are_killed)
{
        static const struct {
                const char *kind, *script, *more, *words;
        } cases[] = {
                { "createContainer", "exec sleep 60", ", 'timeout': 1", "did not finish within 1 second" },
                { "startContainer", "exec sleep 60", ", 'timeout': 1", "did not finish within 1 second" },
                { "createRuntime", "kill -TERM $$", "", "ended by signal 15" },
                { "createContainer", "kill -KILL $$", "", "ended by signal 9" },
                { "startContainer", "exit 200", "", "exited with status 200" },
        };
        WORLD(w);

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct json_object *config = CONFIG(w, "true");
                contain_error_t *error = NULL;
                auto_container c = NULL;
                time_t begin = time(NULL);
                char pointer[64];
                int r;

                add_hook(config, cases[i].kind, cases[i].script, cases[i].more);
                c = guest_new(&w, config);
                REQUIRE(c != NULL);
                r = contain_create(c, &error);
                if (r >= 0)
                        r = contain_start(c, &error);
                EXPECT(r < 0);
                snprintf(pointer, sizeof(pointer), "/hooks/%s/0", cases[i].kind);
                EXPECT_EQ(contain_error_code(error), CONTAIN_E_HOOK);
                EXPECT_STR(contain_error_pointer(error), pointer);
                EXPECT_CONTAINS(contain_error_message(error), cases[i].words);
                contain_error_free(error);
                EXPECT(time(NULL) - begin < 20);
                (void)contain_destroy(c, CONTAIN_DESTROY_FORCE, NULL);
                EXPECT_EQ(children_left(), 0);
        }
}

TEST(poststart_hook_that_fails_stops_the_container)
{
        struct json_object *config;
        contain_error_t *error = NULL;
        auto_container c = NULL;
        char script[256];
        auto_text later = NULL;
        WORLD(w);

        config = CONFIG(w, "sleep 60");
        add_hook(config, "poststart", "exit 6", "");
        snprintf(script, sizeof(script), "echo stopped >%s/poststop", w.dir);
        add_hook(config, "poststop", script, "");
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT(contain_start(c, &error) < 0);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_HOOK);
        EXPECT_STR(contain_error_pointer(error), "/hooks/poststart/0");
        contain_error_free(error);
        EXPECT_OK(contain_wait(c, 10000, NULL, &error_));
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_STOPPED);
        EXPECT_OK(contain_destroy(c, 0, &error_));
        snprintf(script, sizeof(script), "%s/poststop", w.dir);
        later = read_text(script);
        EXPECT_STR(later ? later : "", "stopped\n");
}
