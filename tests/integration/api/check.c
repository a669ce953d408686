/* SPDX-License-Identifier: MIT */

/* contain_check(): all problems at once, each with its cause; nothing made, nothing changed. */

#include "api.h"
#include "harness/snapshot.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

static const char *member(struct json_object *problem, const char *key)
{
        struct json_object *value = NULL;

        (void)json_object_object_get_ex(problem, key, &value);
        return json_object_get_string(value);
}

/* A line for each problem of @document, "cause pointer". */
static char *summary(const char *document)
{
        struct json_object *root = json_tokener_parse(document), *problems = NULL;
        size_t size = 4096;
        char *text = calloc(1, size);

        if (!root || !text || !json_object_object_get_ex(root, "problems", &problems))
                abort();
        for (size_t i = 0; i < json_object_array_length(problems); i++) {
                struct json_object *problem = json_object_array_get_idx(problems, i);
                size_t length = strlen(text);

                (void)snprintf(text + length, size - length, "%s %s\n", member(problem, "cause"),
                               member(problem, "pointer"));
        }
        (void)json_object_put(root);
        return text;
}

/* The summary of what is wrong with @config (consumed) for @c; "" when that cannot be found out. */
static char *problems_of(struct world *w, contain_t *c, struct json_object *config)
{
        const char *text = json_object_to_json_string(config);
        contain_error_t *error = NULL;
        auto_text document = NULL;
        char *found;
        int lines = 0, r;

        r = contain_check(c, text, strlen(text), w->dir, &document, &error);
        (void)json_object_put(config);
        (void)test_check(r >= 0, __FILE__, __LINE__, "a check: %s", contain_error_message(error));
        contain_error_free(error);
        found = summary(document ? document : "{\"problems\":[]}");
        for (const char *end = found; *end != '\0'; end++)
                lines += *end == '\n';
        EXPECT_EQ(r, lines);
        return found;
}

static void expect_problems(struct world *w, contain_t *c, struct json_object *config, const char *expected)
{
        auto_text found = problems_of(w, c, config);

        EXPECT_STR(found, expected);
}

TEST(good_configurations)
{
        auto_container c = NULL;
        WORLD(w);

        REQUIRE_EQ(contain_new(&c, w.ctx, NULL, NULL), 0);
        expect_problems(&w, c, CONFIG(w, "exit 0"), "");
}

TEST(problems_of_every_cause)
{
        struct json_object *config;
        auto_container c = NULL;
        auto_text found = NULL;
        WORLD(w);

        REQUIRE_EQ(contain_new(&c, w.ctx, NULL, NULL), 0);
        config = CONFIG(w, "exit 0");
        config_set(config, "/process/args", "['nothing-of-this-name']");
        config_set(config, "/process/rlimits", "[{'type': 'RLIMIT_ODD', 'soft': 1, 'hard': 1}]");
        config_set(config, "/process/selinuxLabel", "'a:b:c'");
        config_mount(config, "/a", "bind", "/nonexistent", "bind");
        config_mount(config, "/b", "tmpfs", "tmpfs", "size=1m");
        config_mount(config, "/c", "", "", "ro");
        config_namespace(config, "network", "/proc/self/ns/uts");
        config_set(config, "/hooks/poststop",
                   "[{'path': '/bin/sh'}, {'path': '/nonexistent'}, {'path': '/etc'}]");
        config_set(config, "/hooks/startContainer", "[{'path': '/bin/sh'}, {'path': '/bin/nothing'}]");
        config_set(config, "/linux/resources/network", "{'classID': 1}");
        config_set(config, "/linux/resources/pids", "{'limit': -2}");
        config_set(config, "/linux/seccomp",
                   "{'defaultAction': 'SCMP_ACT_ALLOW', 'listenerPath': '/nonexistent/socket', 'syscalls': "
                   "[{'names': ['mkdir'], 'action': 'SCMP_ACT_NOTIFY'}]}");
        config_set(config, "/linux/intelRdt", "{'closID': 'contain-test', 'l3CacheSchema': 'L3:0=f'}");
        config_set(config, "/linux/netDevices", "{'lo': {}, 'nonexistent0': {}}");
        found = problems_of(&w, c, config);
        EXPECT_CONTAINS(found, "config /process/rlimits/0/type\n");
        EXPECT_CONTAINS(found, "config /linux/resources/pids/limit\n");
        EXPECT_CONTAINS(found, "config /process/args/0\n");
        EXPECT_CONTAINS(found, "config /hooks/poststop/1\n");
        EXPECT_CONTAINS(found, "config /hooks/poststop/2\n");
        EXPECT_CONTAINS(found, "config /hooks/startContainer/1\n");
        EXPECT_CONTAINS(found, "config /linux/seccomp/listenerPath\n");
        EXPECT_CONTAINS(found, "config /linux/netDevices/nonexistent0\n");
        EXPECT(strstr(found, "poststop/0") == NULL);
        EXPECT(strstr(found, "startContainer/0") == NULL);
        EXPECT(strstr(found, "netDevices/lo") == NULL);
        if (access("/sys/fs/selinux/enforce", F_OK) < 0)
                EXPECT_CONTAINS(found, "kernel /process/selinuxLabel\n");
        if (access("/sys/fs/resctrl/schemata", F_OK) < 0)
                EXPECT_CONTAINS(found, "kernel /linux/intelRdt\n");
        if (access("/sys/fs/cgroup/net_cls/tasks", F_OK) < 0)
                EXPECT_CONTAINS(found, "kernel /linux/resources/network");
}

/* Places are those of the file, also behind an element that was refused. */
TEST(places_behind_what_is_refused)
{
        struct json_object *config;
        auto_container c = NULL;
        WORLD(w);

        REQUIRE_EQ(contain_new(&c, w.ctx, NULL, NULL), 0);
        config = CONFIG(w, "exit 0");
        config_set(
                config, "/mounts",
                "[{'destination': '/a', 'type': 'bind', 'source': '/nonexistent/0', 'options': ['bind']},"
                " {'destination': '/b', 'options': 7},"
                " {'destination': '/c', 'type': 'bind', 'source': '/nonexistent/2', 'options': ['bind']},"
                " {},"
                " {'destination': '/', 'type': 'tmpfs'},"
                " {'destination': '/c', 'type': 'bind', 'source': '/nonexistent/5', 'options': ['bind']}]");
        expect_problems(&w, c, config,
                        "config /mounts/1/options\n"
                        "config /mounts/3\n"
                        "config /mounts/4/destination\n"
                        "config /mounts/0\n"
                        "config /mounts/2\n"
                        "config /mounts/5\n");
}

TEST(no_conclusions_from_what_is_not_known)
{
        struct json_object *config;
        auto_container c = NULL;
        WORLD(w);

        REQUIRE_EQ(contain_new(&c, w.ctx, NULL, NULL), 0);
        config = CONFIG(w, "exit 0");
        config_set(config, "/hostname", "'x'");
        config_set(config, "/linux/namespaces", "[{'type': 'unknown'}]");
        config_set(config, "/linux/maskedPaths", "['/proc/kcore']");
        expect_problems(&w, c, config, "config /linux/namespaces/0/type\n");
        config = CONFIG(w, "exit 0");
        config_set(config, "/process/cwd", "7");
        expect_problems(&w, c, config, "config /process/cwd\n");
}

/* Certain on every kernel for parameters; for types of file systems where modules are told of. */
TEST(names_that_the_kernel_does_not_know)
{
        static const char namespaces[] =
                "[{'type': 'mount'}, {'type': 'pid'}, {'type': 'uts'}, {'type': 'ipc'}, {'type': 'network'}]";
        struct json_object *config;
        auto_container c = NULL;
        struct utsname machine;
        char aliases[128];
        WORLD(w);

        REQUIRE_EQ(contain_new(&c, w.ctx, NULL, NULL), 0);
        config = CONFIG(w, "exit 0");
        config_set(config, "/linux/namespaces", "%s", namespaces);
        config_set(config, "/linux/sysctl",
                   "{'net.ipv4.ip_forwardd': '1', 'net.ipv4.ip_forward': '1', 'kernel.shmmax': '4096',"
                   " 'net.ipv4.conf.nonexistent0.forwarding': '1', 'net/ipv4/conf/all/forwardin': '1'}");
        expect_problems(&w, c, config,
                        "config /linux/sysctl/net.ipv4.ip_forwardd\n"
                        "config /linux/sysctl/net~1ipv4~1conf~1all~1forwardin\n");
        /* A hook may load a module. */
        config = CONFIG(w, "exit 0");
        config_set(config, "/linux/namespaces", "%s", namespaces);
        config_set(config, "/linux/sysctl", "{'net.ipv4.ip_forwardd': '1'}");
        config_set(config, "/hooks/createRuntime", "[{'path': '/bin/sh'}]");
        expect_problems(&w, c, config, "");

        config = CONFIG(w, "exit 0");
        config_set(config, "/mounts",
                   "[{'destination': '/a', 'type': 'nosuchfs', 'source': 'a'},"
                   " {'destination': '/b', 'type': 'tmpfs', 'source': 'b'},"
                   " {'destination': '/c', 'type': 'nosuchfs.tmpfs', 'source': 'c'}]");
        REQUIRE_EQ(uname(&machine), 0);
        (void)snprintf(aliases, sizeof(aliases), "/lib/modules/%s/modules.alias", machine.release);
        if (access("/proc/modules", F_OK) < 0 || access(aliases, F_OK) == 0)
                expect_problems(&w, c, config, "kernel /mounts/0\nkernel /mounts/2\n");
        else
                expect_problems(&w, c, config, "");
        config = CONFIG(w, "exit 0");
        config_set(config, "/mounts",
                   "[{'destination': '/a', 'type': 'none', 'source': '/etc', 'options': ['ro']}]");
        expect_problems(&w, c, config, "config /mounts/0\n");
}

/* The reader and the planner both look for the ids. */
TEST(nothing_is_told_twice)
{
        struct json_object *config;
        auto_container c = NULL;
        WORLD(w);

        REQUIRE_EQ(contain_new(&c, w.ctx, NULL, NULL), 0);
        config = CONFIG(w, "exit 0");
        config_set(config, "/mounts",
                   "[{'destination': '/a', 'source': '/etc', 'options': ['bind', 'idmap']}]");
        expect_problems(&w, c, config, "config /mounts/0\n");
}

TEST(roots_and_programs)
{
        static const struct {
                const char *pointer, *value, *expected;
        } cases[] = {
                { "/root/path", "'nonexistent'", "config /root/path\n" },
                { "/root/path", "'/etc/passwd'", "config /root/path\n" },
                { "/process/args/0", "'/bin/nothing'", "config /process/args/0\n" },
                { "/process/args/0", "'/etc'", "config /process/args/0\n" },
                { "/process/args/0", "'bin/sh'", "" },
                { "/process/args/0", "'sh'", "" },
                { "/process/args/0", "'/linked/sh'", "" },
                /* Mounts may bring it along, also by way of a symbolic link. */
                { "/process/args/0", "'/mounted/x'", "" },
                { "/process/args/0", "'/to-mounted/x'", "" },
                { "/process/args/0", "'/dangling'", "" },
                { "/process/args/0", "'/unmounted/x'", "config /process/args/0\n" },
        };
        auto_container c = NULL;
        char path[128];
        WORLD(w);

        REQUIRE_EQ(contain_new(&c, w.ctx, NULL, NULL), 0);
        (void)snprintf(path, sizeof(path), "%s/mounted", w.rootfs);
        EXPECT_EQ(mkdir(path, 0755), 0);
        (void)snprintf(path, sizeof(path), "%s/etc", w.rootfs);
        (void)mkdir(path, 0755);
        (void)snprintf(path, sizeof(path), "%s/to-mounted", w.rootfs);
        EXPECT_EQ(symlink("/mounted", path), 0);
        (void)snprintf(path, sizeof(path), "%s/linked", w.rootfs);
        EXPECT_EQ(symlink("../../bin", path), 0);
        (void)snprintf(path, sizeof(path), "%s/dangling", w.rootfs);
        EXPECT_EQ(symlink("/mounted/y", path), 0);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct json_object *config = CONFIG(w, "exit 0");

                config_mount(config, "/mounted", "bind", "/bin", "rbind");
                config_set(config, cases[i].pointer, "%s", cases[i].value);
                expect_problems(&w, c, config, cases[i].expected);
        }
}

TEST(texts_that_are_no_configuration)
{
        auto_container c = NULL;
        auto_text document = NULL;
        auto_text missing = NULL;
        WORLD(w);

        REQUIRE_EQ(contain_new(&c, w.ctx, NULL, NULL), 0);
        EXPECT_EQ(contain_check(c, "{\n  \"a\" 1}", 10, w.dir, &document, NULL), 1);
        EXPECT_CONTAINS(document, "\"pointer\":\"\",\"cause\":\"config\"");
        EXPECT_CONTAINS(document, "line 2, column");
        EXPECT_CONTAINS(document, "\"code\":305");
        EXPECT_EQ(contain_check(c, NULL, 0, w.dir, &missing, NULL), 1);
        EXPECT_CONTAINS(missing, "\"code\":302");
        EXPECT_FAILS(contain_check(c, "{}", 2, w.dir, NULL, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        EXPECT_FAILS(contain_check(NULL, "{}", 2, w.dir, &document, &error_), EINVAL, CONTAIN_E_ARGUMENT);
}

TEST(bundles)
{
        struct json_object *config;
        auto_container c = NULL;
        auto_text document = NULL;
        char path[96];
        WORLD(w);

        REQUIRE_EQ(contain_new(&c, w.ctx, NULL, NULL), 0);
        config = CONFIG(w, "exit 0");
        config_set(config, "/root/path", "'rootfs'");
        (void)snprintf(path, sizeof(path), "%s/config.json", w.dir);
        REQUIRE_EQ(write_text(path, json_object_to_json_string(config)), 0);
        (void)json_object_put(config);
        EXPECT_EQ(contain_check(c, NULL, 0, w.dir, &document, NULL), 0);
        EXPECT_STR(document, "{\"problems\":[]}");
}

/* What was checked is neither loaded nor does it take the place of what was. */
TEST(nothing_changes)
{
        struct snapshot *before, *after;
        struct json_object *config;
        auto_container c = NULL;
        char id[64];
        WORLD(w);

        REQUIRE_EQ(contain_new(&c, w.ctx, world_id(&w, id, sizeof(id)), NULL), 0);
        before = snapshot_take(w.state, w.name);
        config = CONFIG(w, "exit 0");
        config_set(config, "/linux/resources/memory", "{'limit': 100000000}");
        expect_problems(&w, c, config, "");
        expect_problems(&w, c, json_object_new_object(),
                        "config \n"
                        "config \n");
        after = snapshot_take(w.state, w.name);
        EXPECT_EQ(snapshot_compare(before, after), 0);
        snapshot_free(before);
        snapshot_free(after);
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_NONE);
        EXPECT_FAILS(contain_create(c, &error_), EINVAL, CONTAIN_E_ARGUMENT);

        config = CONFIG(w, "exit 7");
        {
                const char *text = json_object_to_json_string(config);
                contain_exit_t status = { .size = sizeof(status) };

                EXPECT_OK(contain_load_config(c, text, strlen(text), w.dir, &error_));
                (void)json_object_put(config);
                expect_problems(&w, c, json_object_new_object(),
                                "config \n"
                                "config \n");
                EXPECT_OK(contain_create(c, &error_));
                /* Of a container that exists, too. */
                expect_problems(&w, c, CONFIG(w, "exit 0"), "");
                EXPECT_OK(contain_start(c, &error_));
                EXPECT_OK(contain_wait(c, 10000, &status, &error_));
                EXPECT_EQ(status.code, 7);
                EXPECT_OK(contain_destroy(c, 0, &error_));
        }
}
