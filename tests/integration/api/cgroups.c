/* SPDX-License-Identifier: MIT */

/* Limits as the kernel has them once the container is created, read from outside. */

#include "api.h"
#include "harness/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool is_v2(void)
{
        return access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0;
}

/* The first line of a file of the cgroup at @path; "absent" when there is no such file. In @buffer. */
static char *value_of(const char *path, const char *controller, const char *file, char buffer[static 256])
{
        char full[512];
        char *text;

        if (is_v2())
                snprintf(full, sizeof(full), "/sys/fs/cgroup%s/%s", path, file);
        else
                snprintf(full, sizeof(full), "/sys/fs/cgroup/%s%s/%s", controller, path, file);
        text = read_text(full);
        snprintf(buffer, 256, "%.*s", (int)strcspn(text ? text : "absent", "\n"), text ? text : "absent");
        free(text);
        return buffer;
}

static const struct limit {
        const char *pointer, *value, *controller;
        const char *v1_file, *v1_value;
        const char *v2_file, *v2_value;
} limits[] = {
        { "/linux/resources/memory", "{'limit': 67108864}", "memory", "memory.limit_in_bytes", "67108864",
          "memory.max", "67108864" },
        { "/linux/resources/memory", "{'limit': 67108864, 'swap': 134217728}", "memory",
          "memory.memsw.limit_in_bytes", "134217728", "memory.swap.max", "67108864" },
        { "/linux/resources/memory", "{'limit': -1}", "memory", NULL, NULL, "memory.max", "max" },
        { "/linux/resources/memory", "{'reservation': 33554432}", "memory", "memory.soft_limit_in_bytes",
          "33554432", "memory.low", "33554432" },
        { "/linux/resources/pids", "{'limit': 77}", "pids", "pids.max", "77", "pids.max", "77" },
        { "/linux/resources/pids", "{'limit': -1}", "pids", "pids.max", "max", "pids.max", "max" },
        { "/linux/resources/cpu", "{'shares': 512}", "cpu", "cpu.shares", "512", NULL, NULL },
        { "/linux/resources/cpu", "{'quota': 50000, 'period': 100000}", "cpu", "cpu.cfs_quota_us", "50000",
          "cpu.max", "50000 100000" },
        { "/linux/resources/cpu", "{'cpus': '0', 'mems': '0'}", "cpuset", "cpuset.cpus", "0", "cpuset.cpus",
          "0" },
        { "/linux/resources/hugepageLimits", "[{'pageSize': '2MB', 'limit': 4194304}]", "hugetlb",
          "hugetlb.2MB.rsvd.limit_in_bytes", "4194304", "hugetlb.2MB.rsvd.max", "4194304" },
};

static void check_limit(struct world *w, const struct limit *limit)
{
        struct json_object *config = CONFIG(*w, "sleep 100");
        contain_error_t *error = NULL;
        auto_container c = NULL;
        char path[96], value[256];
        int r;

        snprintf(path, sizeof(path), "/%s", world_id(w, value, 64));
        config_set(config, "/linux/cgroupsPath", "'%s'", path);
        config_set(config, limit->pointer, "%s", limit->value);
        c = guest_new(w, config);
        REQUIRE(c != NULL);
        r = contain_create(c, &error);
        (void)test_check(r >= 0, __FILE__, __LINE__, "%s %s to be set: %s", limit->pointer, limit->value,
                         contain_error_message(error));
        contain_error_free(error);
        if (r < 0)
                return;
        if (is_v2())
                EXPECT_STR(value_of(path, "", limit->v2_file, value), limit->v2_value);
        else
                EXPECT_STR(value_of(path, limit->controller, limit->v1_file, value), limit->v1_value);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

TEST(limits_are_the_kernels)
{
        char folder[64];
        WORLD(w);

        for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
                const char *file = is_v2() ? limits[i].v2_file : limits[i].v1_file;

                snprintf(folder, sizeof(folder), "/sys/fs/cgroup/%s", limits[i].controller);
                if (file && (is_v2() || access(folder, F_OK) == 0))
                        check_limit(&w, &limits[i]);
        }
        EXPECT_EQ(cgroups_left(w.name), 0);
}

TEST(block_devices)
{
        struct json_object *config;
        auto_container c = NULL;
        struct stat st;
        char path[96], id[64], value[256];
        WORLD(w);

        if (!is_v2() && access("/sys/fs/cgroup/blkio/blkio.throttle.read_bps_device", F_OK) < 0)
                SKIP("no blkio controller");
        if (stat("/dev/vda", &st) < 0 && stat("/dev/sda", &st) < 0 && stat("/dev/nvme0n1", &st) < 0)
                SKIP("no disk");
        snprintf(path, sizeof(path), "/%s", world_id(&w, id, sizeof(id)));
        config = CONFIG(w, "sleep 100");
        config_set(config, "/linux/cgroupsPath", "'%s'", path);
        config_set(config, "/linux/resources/blockIO/throttleReadBpsDevice",
                   "[{'major': %u, 'minor': %u, 'rate': 1048576}]", (unsigned)(st.st_rdev >> 8 & 0xfff),
                   (unsigned)(st.st_rdev & 0xff));
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_CONTAINS(value_of(path, "blkio", is_v2() ? "io.max" : "blkio.throttle.read_bps_device", value),
                        "1048576");
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

TEST(limits_bind_the_process)
{
        struct json_object *config;
        WORLD(w);

        config =
                CONFIG(w, "(for i in 1 2 3 4 5 6 7 8 9; do sleep 0.2 & done) 2>&1 | grep -c -m 1 fork; true");
        config_set(config, "/linux/resources/pids", "{'limit': 4}");
        EXPECT_IN_OUTPUT(w, config, "1\n");
}

/* A line of /proc/PID/cgroup: is its hierarchy mounted anywhere? One that was, once, may stay without. */
static bool is_mounted(const char *line, const char *mounts)
{
        char wanted[128];
        const char *name = strchr(line, ':');

        if (!name || strncmp(line, "0::", 3) == 0)
                return false;
        name += strncmp(name, ":name=", 6) == 0 ? 6 : 1;
        snprintf(wanted, sizeof(wanted), "/%.*s ", (int)strcspn(name, ":"), name);
        return strstr(mounts, wanted) != NULL;
}

TEST(process_is_in_every_one_before_it_starts)
{
        auto_container c = NULL;
        auto_text own = NULL;
        auto_text mounts = NULL;
        char path[64];
        int checked = 0;
        WORLD_OF_ANYBODY(w);

        c = guest_new(&w, CONFIG(w, "sleep 100"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        snprintf(path, sizeof(path), "/proc/%d/cgroup", contain_pid(c));
        own = read_text(path);
        mounts = read_text("/proc/self/mountinfo");
        REQUIRE(own != NULL && mounts != NULL);
        for (char *line = strtok(own, "\n"); line; line = strtok(NULL, "\n"))
                if (is_mounted(line, mounts) || (strncmp(line, "0::", 3) == 0 && is_v2())) {
                        EXPECT_CONTAINS(line, contain_id(c));
                        checked++;
                }
        EXPECT(checked > 0);
        EXPECT_OK(contain_destroy(c, 0, &error_));
        EXPECT_EQ(cgroups_left(w.name), 0);
}

TEST(parents_are_made_and_removed)
{
        struct json_object *config;
        auto_container first = NULL;
        auto_container second = NULL;
        WORLD(w);

        config = CONFIG(w, "sleep 100");
        config_set(config, "/linux/cgroupsPath", "'/%s-parent/one'", w.name);
        first = guest_new(&w, config);
        config = CONFIG(w, "sleep 100");
        config_set(config, "/linux/cgroupsPath", "'/%s-parent/two'", w.name);
        second = guest_new(&w, config);
        REQUIRE(first != NULL && second != NULL);
        EXPECT_OK(contain_create(first, &error_));
        EXPECT_OK(contain_create(second, &error_));
        EXPECT_OK(contain_destroy(second, 0, &error_));
        EXPECT_EQ(contain_status(first, NULL), CONTAIN_STATUS_CREATED);
        EXPECT(cgroups_left("-parent") > 0);
        EXPECT_OK(contain_destroy(first, 0, &error_));
        EXPECT_EQ(cgroups_left(w.name), 0);
}

TEST(wrong_values_are_named)
{
        static const struct {
                const char *pointer, *value;
        } cases[] = {
                { "/linux/resources/cpu/cpus", "'999'" },
                { "/linux/cgroupsPath", "'/../../escape'" },
                { "/linux/resources/cpu/quota", "1" },
                { "/linux/intelRdt", "{'closID': 'nobody-made-this-one'}" },
        };
        WORLD_OF_ANYBODY(w);

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct json_object *config = CONFIG(w, "true");
                contain_error_t *error = NULL;
                auto_container c = NULL;
                int r;

                config_set(config, cases[i].pointer, "%s", cases[i].value);
                REQUIRE_EQ(contain_new(&c, w.ctx, NULL, NULL), 0);
                r = guest_load(c, &w, config, &error);
                if (r >= 0)
                        r = contain_create(c, &error);
                EXPECT(r < 0);
                EXPECT_CONTAINS(contain_error_pointer(error), cases[i].pointer);
                contain_error_free(error);
                EXPECT_EQ(children_left(), 0);
        }
        EXPECT_EQ(cgroups_left(w.name), 0);
}

TEST(manager_can_be_disabled)
{
        static const char *const argv[] = { "/bin/sh", "-c", "true", NULL };
        contain_ctx_t *ctx = NULL;
        auto_container c = NULL;
        auto_text output = NULL;
        char id[64];
        WORLD_OF_ANYBODY(w);

        REQUIRE_EQ(contain_ctx_new(&ctx, NULL), 0);
        EXPECT_OK(contain_ctx_set_state_root(ctx, w.state, &error_));
        EXPECT_EQ(contain_ctx_set_cgroup_manager(ctx, "nobody", NULL), -EINVAL);
        EXPECT_OK(contain_ctx_set_cgroup_manager(ctx, "disabled", &error_));
        REQUIRE_EQ(contain_new(&c, ctx, world_id(&w, id, sizeof(id)), NULL), 0);
        EXPECT_EQ(contain_ctx_set_cgroup_manager(ctx, "cgroupfs", NULL), -EBUSY);
        contain_ctx_unref(ctx);
        EXPECT_OK(contain_load_rootfs(c, w.rootfs, argv, &error_));
        output = guest_run(c);
        EXPECT_STR(output, "");
}
