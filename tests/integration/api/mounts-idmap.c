/* SPDX-License-Identifier: MIT */

/* Id-mapped mounts: whose a file is inside and outside, for binds and new file systems, in any user
 * namespace. */

#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>

/* DIR/data with a file each of ids 0, 5 and 2000; in @ret. */
static void make_data(struct world *w, char ret[128])
{
        static const unsigned ids[] = { 0, 5, 2000 };
        char path[160];

        snprintf(ret, 128, "%s/data", w->dir);
        mkdir(ret, 0755);
        EXPECT_EQ(chmod(w->dir, 0755), 0);
        for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
                snprintf(path, sizeof(path), "%s/of-%u", ret, ids[i]);
                write_text(path, "");
                EXPECT_EQ(chown(path, ids[i], ids[i] + 1), 0);
        }
        EXPECT_EQ(chown(ret, 0, 0), 0);
        snprintf(path, sizeof(path), "%s/mnt", w->rootfs);
        mkdir(path, 0755);
}

static const char *cannot(const struct world *w)
{
        struct statfs fs;

        if (!kernel_is_at_least(5, 12))
                return "id-mapped mounts take Linux 5.12";
        if (statfs(w->dir, &fs) == 0 && fs.f_type == TMPFS_MAGIC && !kernel_is_at_least(6, 3))
                return "the files are on a tmpfs, whose ids can be mapped since Linux 6.3";
        return NULL;
}

static void map_mount(struct json_object *config, const char *mount, const char *uids, const char *gids)
{
        char at[64];

        snprintf(at, sizeof(at), "%s/uidMappings", mount);
        config_set(config, at, "%s", uids);
        snprintf(at, sizeof(at), "%s/gidMappings", mount);
        config_set(config, at, "%s", gids);
}

#define OWNERS "cd /mnt; stat -c '%n %u %g' *"

TEST(maps_of_the_mount)
{
        struct json_object *config;
        char data[128], path[160];
        struct stat st;
        WORLD(w);

        if (cannot(&w))
                SKIP("%s", cannot(&w));
        make_data(&w, data);
        /* in any order, with holes: what is not mapped is nobody's */
        config = CONFIG(w, OWNERS "; touch new && stat -c '%u %g' new");
        config_mount(config, "/mnt", "none", data, "bind");
        map_mount(config, "/mounts/2",
                  "[{'containerID':5,'hostID':1,'size':2},{'containerID':0,'hostID':700,'size':1},"
                  "{'containerID':9,'hostID':0,'size':1}]",
                  "[{'containerID':0,'hostID':0,'size':100}]");
        EXPECT_OUTPUT(w, config, "of-0 700 1\nof-2000 65534 65534\nof-5 1 6\n0 0\n");
        snprintf(path, sizeof(path), "%s/new", data);
        REQUIRE_EQ(stat(path, &st), 0);
        EXPECT_EQ(st.st_uid, 9);
        EXPECT_EQ(st.st_gid, 0);
}

TEST(maps_without_the_word_and_with_it)
{
        static const char *const options[] = { "bind", "bind,idmap", "rbind,ridmap", "bind,ridmap",
                                               "rbind,idmap,ro" };
        char data[128];
        WORLD(w);

        if (cannot(&w))
                SKIP("%s", cannot(&w));
        make_data(&w, data);
        for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
                struct json_object *config = CONFIG(w, "stat -c '%u %g' /mnt/of-5");

                config_mount(config, "/mnt", "none", data, options[i]);
                map_mount(config, "/mounts/2", "[{'containerID':0,'hostID':1000,'size':100}]",
                          "[{'containerID':0,'hostID':2000,'size':100}]");
                EXPECT_OUTPUT(w, config, "1005 2006\n");
        }
}

/* Files of id 0 on the disk belong to the container's root, although that is id 100000. */
TEST(maps_of_the_container)
{
        struct json_object *config;
        char data[128], path[160];
        struct stat st;
        WORLD(w);

        if (cannot(&w))
                SKIP("%s", cannot(&w));
        make_data(&w, data);
        config = CONFIG(w, OWNERS);
        config_mount(config, "/mnt", "none", data, "bind");
        config_map_ids(config, 100000, 1000);
        EXPECT_OUTPUT(w, config, "of-0 65534 65534\nof-2000 65534 65534\nof-5 65534 65534\n");
        config = CONFIG(w, OWNERS "; touch new");
        config_mount(config, "/mnt", "none", data, "bind,idmap");
        config_map_ids(config, 100000, 1000);
        EXPECT_OUTPUT(w, config, "of-0 0 1\nof-2000 65534 65534\nof-5 5 6\n");
        snprintf(path, sizeof(path), "%s/new", data);
        REQUIRE_EQ(stat(path, &st), 0);
        EXPECT_EQ(st.st_uid, 0);
}

TEST(other_maps_than_the_containers)
{
        struct json_object *config;
        char data[128];
        WORLD(w);

        if (cannot(&w))
                SKIP("%s", cannot(&w));
        make_data(&w, data);
        config = CONFIG(w, OWNERS);
        config_mount(config, "/mnt", "none", data, "bind,idmap");
        config_map_ids(config, 100000, 1000);
        map_mount(config, "/mounts/2", "[{'containerID':2000,'hostID':100007,'size':1}]",
                  "[{'containerID':2001,'hostID':100008,'size':1}]");
        EXPECT_OUTPUT(w, config, "of-0 65534 65534\nof-2000 7 8\nof-5 65534 65534\n");
}

TEST(maps_of_a_joined_user_namespace)
{
        struct json_object *config;
        char data[128], path[64];
        pid_t pid;
        WORLD(w);

        if (cannot(&w))
                SKIP("%s", cannot(&w));
        make_data(&w, data);
        pid = fork();
        if (pid == 0) {
                (void)!unshare(CLONE_NEWUSER);
                for (;;)
                        pause();
        }
        REQUIRE(pid > 0);
        snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
        for (int i = 0; i < 500 && write_text(path, "0 300000 100") < 0; i++)
                usleep(10000);
        snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
        for (int i = 0; i < 500 && write_text(path, "0 300000 100") < 0; i++)
                usleep(10000);
        snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
        config = CONFIG(w, OWNERS);
        config_mount(config, "/mnt", "none", data, "bind,idmap");
        config_set(config, "/linux/namespaces/-", "{'type': 'user', 'path': '%s'}", path);
        EXPECT_OUTPUT(w, config, "of-0 0 1\nof-2000 65534 65534\nof-5 5 6\n");
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
}

TEST(what_is_mounted_below)
{
        static const struct {
                const char *options, *expected;
        } cases[] = { { "rbind,idmap", "70\n0\n" }, { "rbind,ridmap", "70\n70\n" } };
        struct json_object *config;
        char data[128], inner[160];
        WORLD(w);

        if (cannot(&w))
                SKIP("%s", cannot(&w));
        if (!kernel_is_at_least(6, 3))
                SKIP("what is mounted below is a tmpfs, whose ids can be mapped since Linux 6.3");
        make_data(&w, data);
        snprintf(inner, sizeof(inner), "%s/inner", data);
        mkdir(inner, 0755);
        REQUIRE_EQ(mount("tmpfs", inner, "tmpfs", 0, "mode=755"), 0);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                config = CONFIG(w, "stat -c %u /mnt /mnt/inner");
                config_mount(config, "/mnt", "none", data, cases[i].options);
                map_mount(config, "/mounts/2", "[{'containerID':0,'hostID':70,'size':1}]",
                          "[{'containerID':0,'hostID':70,'size':1}]");
                EXPECT_OUTPUT(w, config, cases[i].expected);
        }
        EXPECT_EQ(umount(inner), 0);
}

TEST(new_file_systems)
{
        struct json_object *config;
        contain_error_t *error = NULL;
        auto_container c = NULL;
        WORLD(w);

        if (!kernel_is_at_least(5, 12))
                SKIP("id-mapped mounts take Linux 5.12");
        config = CONFIG(w, "stat -c '%u %g %a' /t");
        config_mount(config, "/t", "tmpfs", "tmpfs", "uid=3,gid=4,mode=710");
        map_mount(config, "/mounts/2", "[{'containerID':0,'hostID':50,'size':10}]",
                  "[{'containerID':0,'hostID':60,'size':10}]");
        if (kernel_is_at_least(6, 3)) {
                EXPECT_OUTPUT(w, config, "53 64 710\n");
        } else {
                c = guest_new(&w, config);
                REQUIRE(c != NULL);
                EXPECT_EQ(contain_create(c, &error), -EINVAL);
                EXPECT_STR(contain_error_pointer(error), "/mounts/2/uidMappings");
                EXPECT_CONTAINS(contain_error_hint(error), "'tmpfs'");
                EXPECT_EQ(contain_error_cause(error), CONTAIN_CAUSE_KERNEL);
                contain_error_free(error);
        }
}

TEST(file_systems_without_support_are_named)
{
        struct json_object *config;
        contain_error_t *error = NULL;
        auto_container c = NULL;
        WORLD(w);

        if (!kernel_is_at_least(5, 12))
                SKIP("id-mapped mounts take Linux 5.12");
        config = CONFIG(w, "true");
        config_mount(config, "/mnt", "none", "/proc", "bind,idmap");
        map_mount(config, "/mounts/2", "[{'containerID':0,'hostID':50,'size':10}]",
                  "[{'containerID':0,'hostID':60,'size':10}]");
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        EXPECT_EQ(contain_create(c, &error), -EINVAL);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_MOUNT);
        EXPECT_STR(contain_error_pointer(error), "/mounts/2/options/1");
        EXPECT_CONTAINS(contain_error_hint(error), "file system 'proc'");
        contain_error_free(error);
}

/* What the container mounts in its own user namespace shows the ids of that already. */
TEST(new_file_systems_in_a_user_namespace)
{
        struct json_object *config;
        char path[160];
        WORLD(w);

        EXPECT_EQ(chmod(w.dir, 0755), 0);
        snprintf(path, sizeof(path), "%s/mnt", w.rootfs);
        mkdir(path, 0755);
        config = CONFIG(w, "touch /mnt/new; stat -c '%u %g' /mnt /mnt/new");
        config_mount(config, "/mnt", "tmpfs", "tmpfs", "idmap,uid=3,gid=4");
        config_map_ids(config, 100000, 1000);
        EXPECT_OUTPUT(w, config, "3 4\n0 0\n");
        /* and no others */
        config = CONFIG(w, "true");
        config_mount(config, "/mnt", "tmpfs", "tmpfs", "idmap");
        config_map_ids(config, 100000, 1000);
        map_mount(config, "/mounts/2", "[{'containerID':0,'hostID':100007,'size':1}]",
                  "[{'containerID':0,'hostID':100007,'size':1}]");
        expect_config_refusal(&w, CONTAIN_E_UNSUPPORTED, "/mounts/2/options/0", config);
}

TEST(older_kernels_say_so)
{
        struct json_object *config;
        WORLD(w);

        if (kernel_is_at_least(5, 12))
                SKIP("this kernel has id-mapped mounts");
        config = CONFIG(w, "true");
        config_mount(config, "/mnt", "none", w.dir, "bind");
        map_mount(config, "/mounts/2", "[{'containerID':0,'hostID':50,'size':10}]",
                  "[{'containerID':0,'hostID':60,'size':10}]");
        expect_config_refusal(&w, CONTAIN_E_UNSUPPORTED, "/mounts/2/uidMappings", config);
}
