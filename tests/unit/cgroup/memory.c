/* SPDX-License-Identifier: MIT */

/* Every allocation of cgroup/ fails once: nothing may crash, leak, stay behind, or look like success. */

#include "support.h"

#include "base/buf.h"
#include "harness/alloc.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static char root[64];

/* Runs @work with its first, second, … allocation failing, until it gets by without a failure. */
static void fail_each(int (*work)(void))
{
        size_t nth = 0;
        int r;

        do {
                long before = alloc_live();

                alloc_fail(++nth, 0);
                r = work();
                alloc_fail(0, 0);
                EXPECT(r == 0 || r == -ENOMEM);
                EXPECT_EQ(alloc_live(), before);
        } while (r != 0 && nth < 2000);
        EXPECT_EQ(r, 0);
        EXPECT(nth > 1);
}

static int parse_layout(void)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *layout = NULL;
        char mounts[512];

        (void)snprintf(
                mounts, sizeof mounts,
                "31 28 0:28 / %s rw - cgroup cgroup rw,pids\n32 28 0:29 / /tmp rw - cgroup2 cgroup2 rw\n"
                "33 28 0:28 / /mnt rw - cgroup cgroup rw,pids\n",
                root);
        return ct_cgroup_layout_parse(mounts, "3:pids:/a\n0::/\n", &layout);
}

TEST(allocations_of_a_layout)
{
        (void)snprintf(root, sizeof root, "/nowhere");
        fail_each(parse_layout);
}

static struct ct_cgroup_layout *pids_layout;

static int read_stats(const struct ct_cgroup *cgroup)
{
        _cleanup_(ct_cgroup_stats_freep) struct ct_cgroup_stats *stats = NULL;
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        int r;

        r = ct_cgroup_stats_new(cgroup, &stats);
        if (r < 0)
                return r;
        (void)ct_buf_puts(&buf, "{");
        /* The folder of the test has no file that a cgroup has. */
        r = ct_cgroup_stats_write(stats, &buf);
        return r == -ENOENT && !buf.failed ? 0 : r;
}

static int live_a_life(void)
{
        static const struct ct_spec_resources resources = { .has = true, .pids_limit = { true, -1 } };
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *cgroup = NULL, *loaded = NULL;
        _cleanup_free_ char *record = NULL;
        _cleanup_free_ pid_t *pids = NULL;
        size_t n;
        int r;

        r = ct_cgroup_new(pids_layout, "/a/b", "id", &cgroup, NULL);
        if (r >= 0)
                r = ct_cgroup_create(cgroup, &resources, NULL);
        if (r < 0)
                return r;
        r = read_stats(cgroup);
        if (r >= 0)
                r = ct_cgroup_save(cgroup, &record);
        if (r >= 0)
                r = ct_cgroup_load(pids_layout, record, &loaded, NULL);
        if (r >= 0)
                r = ct_cgroup_pids(loaded, &pids, &n);
        if (r >= 0)
                r = ct_cgroup_update(loaded, &resources, NULL, NULL);
        (void)ct_cgroup_destroy(cgroup, 0, NULL);
        return r;
}

TEST(allocations_of_a_life)
{
        char mounts[512];

        REQUIRE(folder_make(root));
        (void)snprintf(mounts, sizeof mounts, "31 28 0:28 / %s rw - cgroup cgroup rw,pids\n", root);
        REQUIRE_EQ(ct_cgroup_layout_parse(mounts, "3:pids:/\n", &pids_layout), 0);
        fail_each(live_a_life);
        EXPECT_EQ(access(root, F_OK), 0);
        EXPECT_EQ(rmdir(root), 0); /* empty */
        pids_layout = ct_cgroup_layout_free(pids_layout);
}

static struct ct_cgroup_layout *compiled_layout;
static struct ct_spec_resources *compiled_resources;

static int compile(void)
{
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *cgroup = NULL;
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        struct ct_cgroup_writes *lists = NULL;
        int r;

        if (!arena)
                return -ENOMEM;
        r = ct_cgroup_new(compiled_layout, "/a", "id", &cgroup, NULL);
        return r < 0 ? r : ct_cgroup_compile(cgroup, compiled_resources, false, arena, &lists, NULL);
}

TEST(allocations_of_compiling)
{
        static const char json[] =
                "{\"memory\":{\"limit\":1,\"swap\":2},\"cpu\":{\"shares\":3,\"quota\":4},\"pids\":{\"limit\":"
                "5},"
                "\"rdma\":{\"a\":{\"hcaObjects\":1}},\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":1}],"
                "\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1}]},"
                "\"devices\":[{\"allow\":true,\"type\":\"c\",\"major\":9,\"minor\":9,\"access\":\"rwm\"}]}";
        struct ct_arena *arena = ct_arena_new();

        compiled_resources = resources_parse(arena, json);
        compiled_layout = layout_v1();
        fail_each(compile);
        ct_cgroup_layout_free(compiled_layout);
        compiled_layout = layout_v2();
        fail_each(compile);
        ct_cgroup_layout_free(compiled_layout);
        ct_arena_free(arena);
}

static struct ct_cgroup *counted;

/* What is told, if anything is, is all there is. */
static int count(void)
{
        _cleanup_(ct_cgroup_stats_freep) struct ct_cgroup_stats *stats = NULL;
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        int r;

        r = ct_cgroup_stats_new(counted, &stats);
        if (r < 0)
                return r;
        (void)ct_buf_puts(&buf, "{");
        r = ct_cgroup_stats_write(stats, &buf);
        if (r == 0)
                EXPECT_STR(
                        buf.data,
                        "{\"cpu\":{\"usage\":{\"percpu\":[1,2],\"percpu_kernel\":[4],\"percpu_user\":[3]}},"
                        "\"cpuset\":{\"cpus\":[0,1]},\"memory\":{\"usage\":{\"failcnt\":5},"
                        "\"raw\":{\"rss\":6}},\"pids\":{\"current\":1},\"blkio\":{\"sectorsRecursive\":"
                        "[{\"major\":8,\"minor\":0,\"value\":7}]},\"hugetlb\":{\"2MB\":{\"usage\":8}}");
        return r;
}

TEST(allocations_of_numbers)
{
        static const char *const files[][2] = {
                { "cgroup.procs", "1\n" },
                { "cpuacct.usage_percpu", "1 2 \n" },
                { "cpuacct.usage_all", "0 3 4\n" },
                { "cpuset.cpus", "0-1\n" },
                { "memory.failcnt", "5\n" },
                { "memory.stat", "rss 6\n" },
                { "blkio.sectors_recursive", "8:0 7\n" },
                { "hugetlb.2MB.usage_in_bytes", "8\n" },
        };
        static const char controllers[] = "cpu,cpuacct,cpuset,memory,pids,blkio,hugetlb";
        struct ct_cgroup_layout *layout = NULL;
        char mounts[512], own[256], path[128];

        REQUIRE(folder_make(root));
        (void)snprintf(mounts, sizeof mounts, "31 28 0:28 / %s rw - cgroup cgroup rw,%s\n", root,
                       controllers);
        (void)snprintf(own, sizeof own, "3:%s:/\n", controllers);
        (void)snprintf(path, sizeof path, "%s/c", root);
        EXPECT_EQ(mkdir(path, 0755), 0);
        for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
                EXPECT(file_put(path, files[i][0], files[i][1]));
        REQUIRE_EQ(ct_cgroup_layout_parse(mounts, own, &layout), 0);
        REQUIRE_EQ(ct_cgroup_new(layout, "/c", "id", &counted, NULL), 0);
        fail_each(count);
        counted = ct_cgroup_free(counted);
        layout = ct_cgroup_layout_free(layout);
        folder_remove(root);
}
