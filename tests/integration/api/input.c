/* SPDX-License-Identifier: MIT */

/* Bad input: each gives one clear error with its place, and leaves no trace. */

#include "api.h"
#include "harness/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

TEST(documents)
{
        static const struct {
                const char *name, *text;
                int code;
        } cases[] = {
                { "empty", "", CONTAIN_E_JSON },
                { "space", "  \n", CONTAIN_E_JSON },
                { "truncated", "{\"ociVersion\": \"1.0.2\", \"process\": {", CONTAIN_E_JSON },
                { "not an object", "[]", CONTAIN_E_TYPE },
                { "a number", "12", CONTAIN_E_TYPE },
                { "two documents", "{} {}", CONTAIN_E_JSON },
                { "not UTF-8", "{\"ociVersion\": \"1.0.2\", \"hostname\": \"\xff\xfe\"}", CONTAIN_E_JSON },
                { "comment", "{\"ociVersion\": \"1.0.2\" /* no */}", CONTAIN_E_JSON },
                { "nothing in it", "{}", CONTAIN_E_MISSING },
        };
        WORLD_OF_ANYBODY(w);

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                contain_error_t *error = NULL;
                auto_container c = NULL;
                int r;

                REQUIRE_EQ(contain_new(&c, w.ctx, NULL, NULL), 0);
                r = contain_load_config(c, cases[i].text, strlen(cases[i].text), w.dir, &error);
                (void)test_check(r == -EINVAL && contain_error_code(error) == cases[i].code, __FILE__,
                                 __LINE__, "'%s' to be refused with %d, found %d: %s", cases[i].name,
                                 cases[i].code, r, contain_error_message(error));
                contain_error_free(error);
        }
}

/* @size bytes: @head, @fill as often as there is room, then @tail. */
static char *padded(size_t size, const char *head, char fill, const char *tail)
{
        size_t before = strlen(head), after = strlen(tail);
        char *text = malloc(size + 1);

        if (!text)
                abort();
        memcpy(text, head, before);
        memset(text + before, fill, size - before - after);
        memcpy(text + size - after, tail, after + 1);
        return text;
}

TEST(size_and_depth_have_limits)
{
        contain_error_t *error = NULL;
        auto_container c = NULL;
        auto_text large = NULL;
        auto_text deep = NULL;
        WORLD_OF_ANYBODY(w);

        REQUIRE_EQ(contain_new(&c, w.ctx, NULL, NULL), 0);
        large = padded(10 << 20, "{\"ociVersion\": \"1.0.2\", \"hostname\": \"", 'x', "\"}");
        EXPECT_EQ(contain_load_config(c, large, strlen(large), w.dir, &error), -EINVAL);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_JSON);
        error = contain_error_free(error);
        deep = padded(100000, "{\"ociVersion\": \"1.0.2\", \"unknown\": ", '[', "");
        EXPECT_EQ(contain_load_config(c, deep, strlen(deep), w.dir, &error), -EINVAL);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_JSON);
        contain_error_free(error);
}

static const struct change {
        const char *pointer, *value; /* value NULL: the member is removed */
        int code;
        const char *at; /* NULL: the same as pointer */
} changes[] = {
        /* wrong types */
        { "/process/args", "'sh'", CONTAIN_E_TYPE, NULL },
        { "/process/args/1", "5", CONTAIN_E_TYPE, NULL },
        { "/process/env", "{}", CONTAIN_E_TYPE, NULL },
        { "/process/user/uid", "'0'", CONTAIN_E_TYPE, NULL },
        { "/process/terminal", "1", CONTAIN_E_TYPE, NULL },
        { "/mounts", "{}", CONTAIN_E_TYPE, NULL },
        { "/mounts/0/options", "'ro'", CONTAIN_E_TYPE, NULL },
        { "/linux", "[]", CONTAIN_E_TYPE, NULL },
        { "/linux/resources/memory/limit", "'1g'", CONTAIN_E_TYPE, NULL },
        { "/linux/resources/pids/limit", "1.5", CONTAIN_E_TYPE, NULL },
        { "/root", "'rootfs'", CONTAIN_E_TYPE, NULL },
        { "/hooks/prestart", "{}", CONTAIN_E_TYPE, NULL },
        { "/annotations", "[]", CONTAIN_E_TYPE, NULL },
        /* values */
        { "/ociVersion", "'2.0.0'", CONTAIN_E_VALUE, NULL },
        { "/ociVersion", "'one'", CONTAIN_E_VALUE, NULL },
        { "/process/cwd", "'relative'", CONTAIN_E_VALUE, NULL },
        { "/process/cwd", "''", CONTAIN_E_VALUE, NULL },
        { "/process/args", "[]", CONTAIN_E_VALUE, NULL },
        { "/process/user/uid", "-1", CONTAIN_E_VALUE, NULL },
        { "/process/user/uid", "4294967296", CONTAIN_E_VALUE, NULL },
        { "/process/oomScoreAdj", "1001", CONTAIN_E_VALUE, NULL },
        { "/process/rlimits", "[{'type': 'RLIMIT_NOTHING', 'soft': 1, 'hard': 1}]", CONTAIN_E_VALUE,
          "/process/rlimits/0/type" },
        { "/process/rlimits", "[{'type': 'RLIMIT_NOFILE', 'soft': 2, 'hard': 1}]", CONTAIN_E_VALUE,
          "/process/rlimits/0" },
        { "/linux/namespaces/0/type", "'galaxy'", CONTAIN_E_VALUE, NULL },
        { "/linux/namespaces/0/path", "'relative/path'", CONTAIN_E_VALUE, NULL },
        { "/linux/rootfsPropagation", "'sideways'", CONTAIN_E_VALUE, NULL },
        { "/linux/devices", "[{'path': '/dev/x', 'type': 'z', 'major': 1, 'minor': 1}]", CONTAIN_E_VALUE,
          "/linux/devices/0/type" },
        { "/linux/maskedPaths", "['relative']", CONTAIN_E_VALUE, "/linux/maskedPaths/0" },
        { "/hooks/prestart", "[{'path': 'relative'}]", CONTAIN_E_VALUE, "/hooks/prestart/0/path" },
        { "/hooks/prestart", "[{'path': '/bin/true', 'timeout': 0}]", CONTAIN_E_VALUE,
          "/hooks/prestart/0/timeout" },
        /* required members */
        { "/ociVersion", NULL, CONTAIN_E_MISSING, "" },
        { "/root", NULL, CONTAIN_E_MISSING, "" },
        { "/root/path", NULL, CONTAIN_E_MISSING, "/root" },
        { "/process/cwd", NULL, CONTAIN_E_MISSING, "/process" },
        { "/process/args", NULL, CONTAIN_E_MISSING, "/process" },
        { "/mounts/0/destination", NULL, CONTAIN_E_MISSING, "/mounts/0" },
        { "/linux/namespaces/0/type", NULL, CONTAIN_E_MISSING, "/linux/namespaces/0" },
        /* twice */
        { "/linux/namespaces/-", "{'type': 'pid'}", CONTAIN_E_DUPLICATE, "/linux/namespaces/6" },
        { "/process/rlimits",
          "[{'type': 'RLIMIT_CORE', 'soft': 1, 'hard': 1}, {'type': 'RLIMIT_CORE', 'soft': 1, 'hard': 1}]",
          CONTAIN_E_DUPLICATE, "/process/rlimits/1" },
        /* contradictions */
        { "/linux/uidMappings", "[{'containerID': 0, 'hostID': 1, 'size': 1}]", CONTAIN_E_CONFLICT,
          "/linux/uidMappings" },
};

TEST(members)
{
        WORLD(w);

        for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
                const struct change *change = &changes[i];
                struct json_object *config = CONFIG(w, "true");
                const char *at = change->at ? change->at : change->pointer;
                contain_error_t *error = NULL;
                auto_container c = NULL;
                int r;

                if (change->value)
                        config_set(config, change->pointer, "%s", change->value);
                else
                        config_remove(config, change->pointer);
                REQUIRE_EQ(contain_new(&c, w.ctx, NULL, NULL), 0);
                r = guest_load(c, &w, config, &error);
                /* Some are found out by the planner only. */
                if (r >= 0)
                        r = contain_create(c, &error);
                (void)test_check(r == -EINVAL && contain_error_code(error) == change->code &&
                                         strcmp(contain_error_pointer(error), at) == 0,
                                 __FILE__, __LINE__, "%s = %s to be refused at %s with %d, found %d: %s",
                                 change->pointer, change->value ? change->value : "(absent)", at,
                                 change->code, r, contain_error_message(error));
                contain_error_free(error);
                if (r >= 0)
                        contain_destroy(c, CONTAIN_DESTROY_FORCE, NULL);
        }
        EXPECT_EQ(cgroups_left(w.name), 0);
        EXPECT_EQ(children_left(), 0);
}

TEST(unknown_members_are_ignored)
{
        struct json_object *config;
        WORLD_OF_ANYBODY(w);

        config = CONFIG(w, "echo fine");
        config_set(config, "/unknown", "{'a': [1, 2.5, null, true, {'b': 'c'}]}");
        config_set(config, "/process/unknown", "null");
        config_set(config, "/linux/resources/unknown", "5");
        config_set(config, "/mounts/0/unknown", "[]");
        EXPECT_OUTPUT(w, config, "fine\n");
}

TEST(root_file_systems)
{
        static const char *const names[] = { "absent", "file" };
        char path[160];
        WORLD(w);

        snprintf(path, sizeof(path), "%s/file", w.dir);
        write_text(path, "no folder");
        for (size_t i = 0; i < 2; i++) {
                struct json_object *config = CONFIG(w, "true");
                contain_error_t *error = NULL;
                auto_container c = NULL;

                config_set(config, "/root/path", "'%s/%s'", w.dir, names[i]);
                c = guest_new(&w, config);
                REQUIRE(c != NULL);
                EXPECT_EQ(contain_create(c, &error), i == 0 ? -ENOENT : -ENOTDIR);
                EXPECT_EQ(contain_error_code(error), CONTAIN_E_ROOTFS);
                EXPECT_STR(contain_error_pointer(error), "/root/path");
                contain_error_free(error);
                EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_NONE);
        }
        EXPECT_EQ(cgroups_left(w.name), 0);
        EXPECT_EQ(children_left(), 0);
}

TEST(ids)
{
        static const char *const bad[] = { "",           ".",         "..",       "a/b",  "../x", ".hidden",
                                           "with space", "new\nline", "\xc3\xa4", "a\tb", "a:b" };
        static const char *const good[] = { "a", "0", "_", "A-b_c+d.e" };
        auto_text long_id = NULL;
        auto_text longest = NULL;
        WORLD_OF_ANYBODY(w);

        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                contain_t *c = NULL;

                EXPECT_FAILS(contain_new(&c, w.ctx, bad[i], &error_), EINVAL, CONTAIN_E_ID);
                EXPECT(c == NULL);
                EXPECT_FAILS(contain_open(&c, w.ctx, bad[i], &error_), EINVAL, CONTAIN_E_ID);
        }
        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
                contain_t *c = NULL;

                EXPECT_OK(contain_new(&c, w.ctx, good[i], &error_));
                contain_unref(c);
        }
        contain_t *c = NULL;
        long_id = padded(5000, "", 'x', "");
        EXPECT_FAILS(contain_new(&c, w.ctx, long_id, &error_), EINVAL, CONTAIN_E_ID);
        longest = padded(255, "", 'x', "");
        EXPECT_OK(contain_new(&c, w.ctx, longest, &error_));
        contain_unref(c);
        EXPECT(access(w.state, F_OK) < 0);
}

TEST(longest_id_works)
{
        auto_container c = NULL;
        auto_text output = NULL;
        auto_text id = NULL;
        WORLD_OF_ANYBODY(w);

        id = padded(255, "", 'y', "");
        REQUIRE_EQ(contain_new(&c, w.ctx, id, NULL), 0);
        REQUIRE_EQ(guest_load(c, &w, CONFIG(w, "echo long"), NULL), 0);
        output = guest_run(c);
        /* The cgroup's name is longer than the id, and may be too long. */
        EXPECT(output && (strcmp(output, "long\n") == 0 || strncmp(output, "error: ", 7) == 0));
        EXPECT_EQ(cgroups_left("yyyyyyyy"), 0);
        EXPECT_EQ(children_left(), 0);
}

TEST(state_roots)
{
        static const char *const argv[] = { "true", NULL };
        char path[160];
        WORLD(w);

        /* Root may write anywhere but to a read-only file system; and a file is no folder. */
        for (int i = 0; i < 2; i++) {
                contain_error_t *error = NULL;
                contain_ctx_t *ctx = NULL;
                auto_container c = NULL;
                int r;

                snprintf(path, sizeof(path), "%s/root-%d", w.dir, i);
                if (i == 0) {
                        mkdir(path, 0700);
                        REQUIRE_EQ(mount("tmpfs", path, "tmpfs", MS_RDONLY, NULL), 0);
                } else {
                        write_text(path, "");
                }
                strcat(path, "/below");
                REQUIRE_EQ(contain_ctx_new(&ctx, NULL), 0);
                EXPECT_EQ(contain_ctx_set_state_root(ctx, "relative", NULL), -EINVAL);
                EXPECT_OK(contain_ctx_set_state_root(ctx, path, &error_));
                REQUIRE_EQ(contain_new(&c, ctx, NULL, NULL), 0);
                contain_ctx_unref(ctx);
                EXPECT_OK(contain_load_rootfs(c, w.rootfs, argv, &error_));
                r = contain_create(c, &error);
                EXPECT_EQ(r, i == 0 ? -EROFS : -ENOTDIR);
                EXPECT_EQ(contain_error_code(error), CONTAIN_E_STATE);
                EXPECT_CONTAINS(contain_error_message(error), w.dir);
                contain_error_free(error);
        }
        snprintf(path, sizeof(path), "%s/root-0", w.dir);
        EXPECT_EQ(umount(path), 0);
        EXPECT_EQ(children_left(), 0);
}

TEST(bundles)
{
        auto_container c = NULL;
        char path[160];
        WORLD_OF_ANYBODY(w);

        REQUIRE_EQ(contain_new(&c, w.ctx, NULL, NULL), 0);
        EXPECT_FAILS(contain_load_bundle(c, "/no/such/bundle", &error_), ENOENT, CONTAIN_E_BUNDLE);
        EXPECT_FAILS(contain_load_bundle(c, w.dir, &error_), ENOENT, CONTAIN_E_BUNDLE);
        snprintf(path, sizeof(path), "%s/config.json", w.dir);
        mkdir(path, 0755);
        EXPECT_FAILS(contain_load_bundle(c, w.dir, &error_), EISDIR, CONTAIN_E_BUNDLE);
        rmdir(path);
        /* A pipe that nobody writes to must not block. */
        mkfifo(path, 0600);
        EXPECT(contain_load_bundle(c, w.dir, NULL) < 0);
}

TEST(arguments)
{
        static const char *const nothing[] = { NULL };
        contain_exit_t no_size = { 0 };
        auto_container c = NULL;
        char *text = NULL;
        WORLD_OF_ANYBODY(w);

        REQUIRE_EQ(contain_new(&c, w.ctx, NULL, NULL), 0);
        EXPECT_EQ(contain_new(NULL, w.ctx, "x", NULL), -EINVAL);
        EXPECT_EQ(contain_open(NULL, w.ctx, "x", NULL), -EINVAL);
        EXPECT_EQ(contain_load_config(c, NULL, 5, w.dir, NULL), -EINVAL);
        EXPECT_EQ(contain_load_bundle(c, NULL, NULL), -EINVAL);
        EXPECT_EQ(contain_load_rootfs(c, NULL, nothing, NULL), -EINVAL);
        EXPECT_EQ(contain_load_rootfs(c, w.rootfs, NULL, NULL), -EINVAL);
        EXPECT_EQ(contain_load_rootfs(c, w.rootfs, nothing, NULL), -EINVAL);
        EXPECT_EQ(contain_set_flags(c, 1u << 31, NULL), -EINVAL);
        EXPECT_EQ(contain_plan_json(c, NULL, NULL), -EINVAL);
        EXPECT(contain_plan_json(c, &text, NULL) < 0);
        EXPECT(text == NULL);
        EXPECT_EQ(contain_create(NULL, NULL), -EINVAL);
        EXPECT(contain_wait(c, 0, &no_size, NULL) < 0);
        EXPECT_EQ(contain_destroy(c, 1u << 31, NULL), -EINVAL);
        EXPECT(contain_unref(NULL) == NULL);
        EXPECT(contain_ctx_unref(NULL) == NULL);
        EXPECT(contain_error_free(NULL) == NULL);
        EXPECT_EQ(contain_error_code(NULL), 0);
        EXPECT_STR(contain_error_message(NULL), "");
        contain_free(NULL);
}
