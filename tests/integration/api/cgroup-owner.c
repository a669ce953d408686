/* SPDX-License-Identifier: MIT */

/* Cgroup ownership: who may make cgroups below the container's own (config-linux.md, "Cgroup ownership"). */

#include "api.h"
#include "harness/snapshot.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MAPS "[{'containerID': 0, 'hostID': 100000, 'size': 65536}]"

/* Makes a cgroup, moves into it, and tries to change what is not for the container to change. */
#define SCRIPT                                                                                               \
        "cd /sys/fs/cgroup; mkdir below && echo $$ >below/cgroup.procs && cut -d/ -f2- /proc/self/cgroup;"   \
        "echo max >pids.max && echo changed || echo kept"

static bool is_v2(void)
{
        return access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0;
}

static struct json_object *with_cgroup_mount(struct world *w, const char *script, const char *options)
{
        struct json_object *config = CONFIG(*w, script);

        config_mount(config, "/sys", "tmpfs", "tmpfs", "nosuid,mode=755");
        config_mount(config, "/sys/fs/cgroup", "cgroup", "cgroup", options);
        config_set(config, "/linux/resources/pids", "{'limit': 50}");
        return config;
}

static void add_user_namespace(struct json_object *config)
{
        config_set(config, "/linux/namespaces/-", "{'type': 'user'}");
        config_set(config, "/linux/uidMappings", MAPS);
        config_set(config, "/linux/gidMappings", MAPS);
}

/* The owner of a file of the cgroup at @path; "" for the folder. */
static long owner_of(const char *path, const char *file)
{
        struct stat st;
        char full[256];

        snprintf(full, sizeof(full), "/sys/fs/cgroup%s/%s", path, file);
        return stat(full, &st) < 0 ? -1 : (long)st.st_uid;
}

/* Creates, looks at who owns the folder and its cgroup.procs, and destroys. */
static void expect_owner(struct world *w, struct json_object *config, long owner)
{
        auto_container c = NULL;
        char path[96], id[64];

        snprintf(path, sizeof(path), "/%s", world_id(w, id, sizeof(id)));
        config_set(config, "/linux/cgroupsPath", "'%s'", path);
        c = guest_new(w, config);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_EQ(owner_of(path, ""), owner);
        EXPECT_EQ(owner_of(path, "cgroup.procs"), owner);
        EXPECT_EQ(owner_of(path, "cgroup.subtree_control"), owner);
        EXPECT_EQ(owner_of(path, "cgroup.threads"), owner);
        EXPECT_EQ(owner_of(path, "pids.max"), 0);
        EXPECT_EQ(owner_of(path, "memory.max"), 0);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

TEST(container_makes_cgroups_of_its_own)
{
        struct json_object *config;
        WORLD(w);

        if (!is_v2())
                SKIP("needs cgroup v2");
        config = with_cgroup_mount(&w, SCRIPT, "rw");
        add_user_namespace(config);
        EXPECT_OUTPUT(w, config, "below\nsh: can't create pids.max: Permission denied\nkept\n");
        EXPECT_EQ(cgroups_left(w.name), 0);
}

TEST(owner_is_the_user_who_runs)
{
        struct json_object *config;
        WORLD(w);

        if (!is_v2())
                SKIP("needs cgroup v2");
        config = with_cgroup_mount(&w, "sleep 100", "rw");
        add_user_namespace(config);
        expect_owner(&w, config, 100000);
        config = with_cgroup_mount(&w, "sleep 100", "rw");
        add_user_namespace(config);
        config_set(config, "/process/user", "{'uid': 7, 'gid': 8}");
        expect_owner(&w, config, 100007);
        config = with_cgroup_mount(&w, "sleep 100", "rw");
        config_set(config, "/process/user", "{'uid': 1234, 'gid': 8}");
        expect_owner(&w, config, 1234);
}

TEST(owner_stays_the_host)
{
        struct json_object *config;
        WORLD(w);

        if (!is_v2())
                SKIP("needs cgroup v2");
        config = with_cgroup_mount(&w, "sleep 100", "nosuid,ro");
        add_user_namespace(config);
        expect_owner(&w, config, 0);
        config = with_cgroup_mount(&w, "sleep 100", "rw");
        config_namespace(config, "cgroup", "/proc/self/ns/cgroup");
        config_set(config, "/process/user", "{'uid': 7, 'gid': 8}");
        expect_owner(&w, config, 0);
        config = CONFIG(w, "sleep 100");
        config_set(config, "/linux/resources/pids", "{'limit': 50}");
        config_set(config, "/process/user", "{'uid': 7, 'gid': 8}");
        expect_owner(&w, config, 0);
}

/* cgroup v1 is never handed over. */
TEST(owner_stays_on_v1)
{
        struct json_object *config;
        auto_container c = NULL;
        char path[96], id[64], full[160];
        struct stat st;
        WORLD(w);

        if (is_v2() || access("/sys/fs/cgroup/pids", F_OK) < 0)
                SKIP("needs cgroup v1");
        config = with_cgroup_mount(&w, "sleep 100", "rw");
        add_user_namespace(config);
        snprintf(path, sizeof(path), "/%s", world_id(&w, id, sizeof(id)));
        config_set(config, "/linux/cgroupsPath", "'%s'", path);
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        snprintf(full, sizeof(full), "/sys/fs/cgroup/pids%s", path);
        EXPECT_EQ(stat(full, &st), 0);
        EXPECT_EQ(st.st_uid, 0);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}
