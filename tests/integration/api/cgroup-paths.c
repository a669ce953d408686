/* SPDX-License-Identifier: MIT */

/* linux.cgroupsPath: cgroups that were there before, that are in use, and that cannot have what is asked for.
 */

#include "api.h"
#include "harness/snapshot.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

static bool is_v2(void)
{
        return access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0;
}

/* A file, or with "" the folder, of the cgroup at @path in one hierarchy. */
static const char *file_of(const char *path, const char *controller, const char *file)
{
        static char full[256];

        snprintf(full, sizeof(full), "/sys/fs/cgroup/%s%s/%s", is_v2() ? "" : controller, path, file);
        return full;
}

/* A configuration whose cgroup is at "/ID-given"; *ret_path is that. */
static struct json_object *given(struct world *w, const char *script, char path[static 96])
{
        struct json_object *config = CONFIG(*w, script);
        char id[64];

        snprintf(path, 96, "/%s-given", world_id(w, id, sizeof(id)));
        config_set(config, "/linux/cgroupsPath", "'%s'", path);
        return config;
}

/* The error of creating it; in @buffer. */
static char *create_error(struct world *w, struct json_object *config, char buffer[static 512])
{
        contain_error_t *error = NULL;
        auto_container c = guest_new(w, config);

        snprintf(buffer, 512, "created");
        if (!c)
                return buffer;
        if (contain_create(c, &error) >= 0) {
                EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
                return buffer;
        }
        snprintf(buffer, 512, "%s", contain_error_message(error));
        contain_error_free(error);
        return buffer;
}

TEST(empty_one_is_used_and_stays)
{
        struct json_object *config;
        auto_container c = NULL;
        char path[96];
        WORLD(w);

        config = given(&w, "sleep 100", path);
        config_set(config, "/linux/resources/pids", "{'limit': 50}");
        REQUIRE_EQ(mkdir(file_of(path, "pids", ""), 0755), 0);
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
        EXPECT_EQ(rmdir(file_of(path, "pids", "")), 0);
        EXPECT_EQ(cgroups_left(w.name), 0);
}

TEST(one_in_use_is_refused)
{
        struct json_object *config;
        char path[96], text[512], number[16];
        pid_t pid;
        WORLD(w);

        config = given(&w, "true", path);
        REQUIRE_EQ(mkdir(file_of(path, "pids", ""), 0755), 0);
        pid = fork();
        if (pid == 0) {
                for (;;)
                        pause();
        }
        snprintf(number, sizeof(number), "%d", (int)pid);
        EXPECT_EQ(write_text(file_of(path, "pids", "cgroup.procs"), number), 0);
        EXPECT_CONTAINS(create_error(&w, config, text), "/linux/cgroupsPath: cgroup '/");
        EXPECT_CONTAINS(text, "has processes already");
        EXPECT_EQ(waitpid(pid, NULL, WNOHANG), 0);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        EXPECT_EQ(rmdir(file_of(path, "pids", "")), 0);
        EXPECT_EQ(cgroups_left(w.name), 0);
}

TEST(frozen_one_is_refused)
{
        struct json_object *config;
        const char *file = is_v2() ? "cgroup.freeze" : "freezer.state";
        char path[96], text[512];
        WORLD(w);

        config = given(&w, "true", path);
        REQUIRE_EQ(mkdir(file_of(path, "freezer", ""), 0755), 0);
        EXPECT_EQ(write_text(file_of(path, "freezer", file), is_v2() ? "1" : "FROZEN"), 0);
        EXPECT_CONTAINS(create_error(&w, config, text), "/linux/cgroupsPath: cgroup '/");
        EXPECT_CONTAINS(text, "is frozen");
        EXPECT_EQ(rmdir(file_of(path, "freezer", "")), 0);
        EXPECT_EQ(cgroups_left(w.name), 0);
}

/* The program's own cgroup has the program in it, so it can hand no controllers down. */
TEST(below_a_cgroup_with_processes)
{
        struct json_object *config;
        char path[96], text[512];
        auto_text own = NULL;
        WORLD(w);

        own = read_text("/proc/self/cgroup");
        if (!is_v2() || !own || strcmp(own, "0::/\n") == 0)
                SKIP("needs cgroup v2, and a cgroup of this program's own");
        config = given(&w, "true", path);
        config_set(config, "/linux/cgroupsPath", "'%s'", path + 1);
        config_set(config, "/linux/resources/memory", "{'limit': 67108864}");
        EXPECT_CONTAINS(create_error(&w, config, text),
                        "/linux/resources/memory/limit: cannot enable cgroup controller 'memory'");
        EXPECT_CONTAINS(text, "hand controllers down");
        /* Without limits there is no need to. */
        config = given(&w, "true", path);
        config_set(config, "/linux/cgroupsPath", "'%s'", path + 1);
        EXPECT_STR(create_error(&w, config, text), "created");
        EXPECT_EQ(cgroups_left(w.name), 0);
}

TEST(below_a_threaded_cgroup)
{
        struct json_object *config;
        char path[96], text[512], child[128];
        WORLD(w);

        if (!is_v2())
                SKIP("needs cgroup v2");
        config = given(&w, "true", path);
        config_set(config, "/linux/cgroupsPath", "'%s/b'", path);
        snprintf(child, sizeof(child), "%s/a", path);
        REQUIRE_EQ(mkdir(file_of(path, "", ""), 0755), 0);
        REQUIRE_EQ(mkdir(file_of(child, "", ""), 0755), 0);
        EXPECT_EQ(write_text(file_of(child, "", "cgroup.type"), "threaded"), 0);
        EXPECT_CONTAINS(create_error(&w, config, text), "/linux/cgroupsPath: cannot move process");
        EXPECT_CONTAINS(text, "domain invalid");
        EXPECT_EQ(rmdir(file_of(child, "", "")), 0);
        EXPECT_EQ(rmdir(file_of(path, "", "")), 0);
        EXPECT_EQ(cgroups_left(w.name), 0);
}
