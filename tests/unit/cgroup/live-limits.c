/* SPDX-License-Identifier: MIT */

/* Limits on this machine's hierarchies, as its kernel shows them afterwards. */

#include "live.h"

#include "base/fds.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <sys/stat.h>

TEST(live_limits_are_set)
{
        struct live live;

        LIVE(&live, "", NULL);
        EXPECT_STR(live_create(&live, "{\"memory\":{\"limit\":67108864,\"reservation\":33554432},"
                                      "\"cpu\":{\"shares\":512,\"quota\":50000,\"period\":200000,\"cpus\":"
                                      "\"0\",\"mems\":\"0\"},"
                                      "\"pids\":{\"limit\":20}}"),
                   "");
        EXPECT_STR(live_file(&live, "pids", "pids.max"), "20");
        EXPECT_STR(live_file(&live, "cpuset", "cpuset.cpus"), "0");
        if (live_has_v1(&live, "memory")) {
                EXPECT_STR(live_file(&live, "memory", "memory.limit_in_bytes"), "67108864");
                EXPECT_STR(live_file(&live, "memory", "memory.soft_limit_in_bytes"), "33554432");
                EXPECT_STR(live_file(&live, "cpu", "cpu.shares"), "512");
                EXPECT_STR(live_file(&live, "cpu", "cpu.cfs_quota_us"), "50000");
                EXPECT_STR(live_file(&live, "cpu", "cpu.cfs_period_us"), "200000");
        } else {
                EXPECT_STR(live_file(&live, "memory", "memory.max"), "67108864");
                EXPECT_STR(live_file(&live, "memory", "memory.low"), "33554432");
                EXPECT_STR(live_file(&live, "cpu", "cpu.weight"), "59");
                EXPECT_STR(live_file(&live, "cpu", "cpu.max"), "50000 200000");
        }
        live_end(&live);
}

TEST(live_memory_up_and_down)
{
        struct live live;

        LIVE(&live, "", "memory");
        EXPECT_STR(live_create(&live, "{\"memory\":{\"limit\":20971520,\"swap\":41943040}}"), "");
        EXPECT_STR(live_update(&live, "{\"memory\":{\"limit\":62914560,\"swap\":125829120}}"), "");
        EXPECT_STR(live_update(&live, "{\"memory\":{\"limit\":10485760,\"swap\":10485760}}"), "");
        if (live_has_v1(&live, "memory")) {
                EXPECT_STR(live_file(&live, "memory", "memory.limit_in_bytes"), "10485760");
                EXPECT_STR(live_file(&live, "memory", "memory.memsw.limit_in_bytes"), "10485760");
        } else {
                EXPECT_STR(live_file(&live, "memory", "memory.max"), "10485760");
                EXPECT_STR(live_file(&live, "memory", "memory.swap.max"), "0");
        }
        EXPECT_STR(live_update(&live, "{\"memory\":{\"limit\":-1}}"), "");
        EXPECT(strcmp(live_file(&live, "memory",
                                live_has_v1(&live, "memory") ? "memory.memsw.limit_in_bytes"
                                                             : "memory.swap.max"),
                      "10485760") != 0);
        live_end(&live);
}

TEST(live_cpu_up_and_down)
{
        struct live live;

        LIVE(&live, "", "cpu");
        EXPECT_STR(live_create(&live, "{\"cpu\":{\"quota\":100000,\"period\":100000,\"burst\":80000}}"), "");
        /* The burst has to go down before the quota, and the other way round. */
        EXPECT_STR(live_update(&live, "{\"cpu\":{\"quota\":20000,\"burst\":10000}}"), "");
        EXPECT_STR(live_update(&live, "{\"cpu\":{\"quota\":200000,\"period\":50000,\"burst\":150000}}"), "");
        EXPECT_STR(live_file(&live, "cpu", live_has_v1(&live, "cpu") ? "cpu.cfs_burst_us" : "cpu.max.burst"),
                   "150000");
        EXPECT_STR(live_update(&live, "{\"cpu\":{\"period\":100000}}"), "");
        if (live_has_v2(&live, "cpu"))
                EXPECT_STR(live_file(&live, "cpu", "cpu.max"), "200000 100000");
        else
                EXPECT_STR(live_file(&live, "cpu", "cpu.cfs_period_us"), "100000");
        EXPECT_CONTAINS(live_update(&live, "{\"cpu\":{\"quota\":10}}"),
                        "/linux/resources/cpu/quota: cannot write '10' to");
        live_end(&live);
}

TEST(live_idle_and_weight)
{
        struct live live;

        LIVE(&live, "", "cpu");
        EXPECT_STR(live_create(&live, "{\"cpu\":{\"idle\":1}}"), "");
        EXPECT_STR(live_file(&live, "cpu", "cpu.idle"), "1");
        /* The weight is refused until it is not idle any more. */
        EXPECT_STR(live_update(&live, "{\"cpu\":{\"idle\":0,\"shares\":2048}}"), "");
        EXPECT_STR(live_file(&live, "cpu", "cpu.idle"), "0");
        if (live_has_v1(&live, "cpu"))
                EXPECT_STR(live_file(&live, "cpu", "cpu.shares"), "2048");
        live_end(&live);
}

TEST(live_failure_leaves_nothing)
{
        struct live live;

        LIVE(&live, "/below/deep", NULL);
        EXPECT_CONTAINS(live_create(&live, "{\"cpu\":{\"cpus\":\"4000\"},\"pids\":{\"limit\":5}}"),
                        "/linux/resources/cpu/cpus: cannot write '4000' to cgroup file 'cpuset.cpus'");
        EXPECT_EQ(live_count(&live), 0);
        live_end(&live);
}

TEST(live_kernel_memory_is_no_limit)
{
        struct live live;

        LIVE(&live, "", "memory");
        /* Whatever the kernel: a limit, or an error, never silence. */
        if (live_create(&live, "{\"memory\":{\"kernel\":1048576}}")[0] == '\0')
                EXPECT_STR(live_file(&live, "memory", "memory.kmem.limit_in_bytes"), "1048576");
        else
                EXPECT_EQ(live_count(&live), 0);
        live_end(&live);
}

/* What the kernel's root has enabled below it, to be put back: v1 can't have what v2 uses. */
static bool is_enabled(const struct live *live, const char *controller)
{
        char file[PATH_MAX];
        _cleanup_free_ char *text = NULL;
        struct ct_hierarchy root = { .v2 = true };
        int v2 = ct_cgroup_find_v2(live->cgroup);

        if (v2 < 0 || ct_cgroup_format(file, &live->layout->items[v2], "", "cgroup.subtree_control") < 0 ||
            ct_read_file_at(AT_FDCWD, file, 4096, &text, NULL) < 0)
                return false;
        root.controllers = text;
        return ct_hierarchy_has(&root, controller);
}

static void disable(const struct live *live, const char *controller)
{
        char file[PATH_MAX], text[64];
        int v2 = ct_cgroup_find_v2(live->cgroup);

        (void)snprintf(text, sizeof text, "-%s", controller);
        if (v2 >= 0 && ct_cgroup_format(file, &live->layout->items[v2], "", "cgroup.subtree_control") >= 0)
                (void)ct_write_file_at(AT_FDCWD, file, text);
}

TEST(live_hugepages)
{
        struct live live;
        bool enabled;

        LIVE(&live, "/deep", "hugetlb");
        enabled = is_enabled(&live, "hugetlb");
        EXPECT_STR(live_create(&live, "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4194304}]}"), "");
        if (live_has_v2(&live, "hugetlb")) {
                EXPECT_STR(live_file(&live, "hugetlb", "hugetlb.2MB.max"), "4194304");
                EXPECT_STR(live_file(&live, "hugetlb", "hugetlb.2MB.rsvd.max"), "4194304");
                EXPECT_STR(live_update(&live, "{\"unified\":{\"hugetlb.2MB.max\":\"2097152\"}}"), "");
                EXPECT_STR(live_file(&live, "hugetlb", "hugetlb.2MB.max"), "2097152");
        } else {
                EXPECT_STR(live_file(&live, "hugetlb", "hugetlb.2MB.limit_in_bytes"), "4194304");
        }
        EXPECT_CONTAINS(
                live_update(&live, "{\"hugepageLimits\":[{\"pageSize\":\"3MB\",\"limit\":1}]}"),
                "/linux/resources/hugepageLimits/0: this kernel has no use for cgroup file 'hugetlb.3MB.");
        ct_cgroup_destroy(live.cgroup, 1000, NULL);
        if (!enabled)
                disable(&live, "hugetlb");
        live_end(&live);
}

/* --- memory that runs out ------------------------------------------------------------------- */

static int eat_memory(void)
{
        size_t size = (size_t)128 << 20;
        char *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (bytes == MAP_FAILED)
                return 1;
        memset(bytes, 1, size);
        return bytes[size - 1] == 1 ? 0 : 2;
}

TEST(live_out_of_memory)
{
        struct pollfd poll_fd = { .events = POLLIN };
        uint64_t kills = 7;
        struct live live;
        pid_t pid;

        LIVE(&live, "", "memory");
        EXPECT_STR(live_create(&live, "{\"memory\":{\"limit\":16777216,\"swap\":16777216}}"), "");
        poll_fd.fd = ct_cgroup_oom_fd(live.cgroup);
        EXPECT(poll_fd.fd >= 0);
        EXPECT_EQ(ct_cgroup_oom_kills(live.cgroup, &kills), 0);
        EXPECT_EQ(kills, 0);
        EXPECT_EQ(poll(&poll_fd, 1, 0), 0);
        pid = live_child(&live, eat_memory);
        EXPECT_EQ(live_wait(&live, pid), -9);
        EXPECT_EQ(poll(&poll_fd, 1, 2000), 1);
        EXPECT_EQ(ct_cgroup_oom_kills(live.cgroup, &kills), 0);
        EXPECT(kills >= 1);
        (void)close(poll_fd.fd);
        live_end(&live);
}

/* --- devices -------------------------------------------------------------------------------- */

/* Opens /dev/kmsg (1:11), which only root may anyway, and /dev/null, which everybody may: a bit for each. */
static int open_devices(void)
{
        int kmsg = open("/dev/kmsg", O_RDONLY | O_CLOEXEC), null = open("/dev/null", O_RDWR | O_CLOEXEC);

        int found = (kmsg >= 0 ? 1 : 0) | (null >= 0 ? 2 : 0);

        (void)ct_close(kmsg);
        (void)ct_close(null);
        return found;
}

static void expect_devices(const char *controller)
{
        struct live live;

        LIVE(&live, "", controller);
        if (open_devices() != 3) {
                live_end(&live);
                SKIP("no /dev/kmsg here");
        }
        EXPECT_STR(live_create(&live, "{}"), "");
        EXPECT_EQ(live_wait(&live, live_child(&live, open_devices)), 2);
        EXPECT_STR(live_update(&live,
                               "{\"devices\":[{\"allow\":false,\"access\":\"rwm\"},"
                               "{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":11,\"access\":\"r\"}]}"),
                   "");
        EXPECT_EQ(live_wait(&live, live_child(&live, open_devices)), 3);
        EXPECT_STR(live_update(&live,
                               "{\"devices\":[{\"allow\":true,\"access\":\"rwm\"},"
                               "{\"allow\":false,\"type\":\"c\",\"major\":1,\"minor\":3,\"access\":\"w\"}]}"),
                   "");
        EXPECT_EQ(live_wait(&live, live_child(&live, open_devices)), 1);
        EXPECT_STR(live_update(&live, "{\"pids\":{\"limit\":-1}}"), "");
        EXPECT_EQ(live_wait(&live, live_child(&live, open_devices)), 1);
        live_end(&live);
}

TEST(live_devices_v1)
{
        expect_devices("devices");
}

TEST(live_devices_v2)
{
        expect_devices("v2");
}

/* --- updates -------------------------------------------------------------------------------- */

/* Takes 32 MiB, and keeps them. */
static int keep_memory(void)
{
        size_t size = (size_t)32 << 20;
        char *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (bytes == MAP_FAILED)
                return 1;
        memset(bytes, 1, size);
        for (;;)
                (void)pause();
}

TEST(live_check_before_update)
{
        struct live live;
        uint64_t kills = 7;

        LIVE(&live, "", "memory");
        EXPECT_STR(live_create(&live, "{\"memory\":{\"limit\":67108864}}"), "");
        (void)live_child(&live, keep_memory);
        for (int i = 0; i < 500; i++) {
                const char *file = live_has_v1(&live, "memory") ? "memory.usage_in_bytes" : "memory.current";

                if (strtoull(live_file(&live, "memory", file), NULL, 10) > (uint64_t)30 << 20)
                        break;
                (void)poll(NULL, 0, 10);
        }
        /* There is no swap to go to on v1, or it would be used: no swap is allowed either. */
        EXPECT_STR(live_update(&live, "{\"memory\":{\"limit\":67108864,\"swap\":67108864}}"), "");
        EXPECT_CONTAINS(live_update(&live, "{\"memory\":{\"limit\":4194304,\"swap\":4194304,"
                                           "\"checkBeforeUpdate\":true}}"),
                        "/linux/resources/memory/");
        EXPECT_STR(live_file(&live, "memory",
                             live_has_v1(&live, "memory") ? "memory.limit_in_bytes" : "memory.max"),
                   "67108864");
        EXPECT_EQ(ct_cgroup_oom_kills(live.cgroup, &kills), 0);
        EXPECT_EQ(kills, 0);
        live_end(&live);
}

TEST(live_swap_alone)
{
        struct live live;

        LIVE(&live, "", "memory");
        EXPECT_STR(live_create(&live, "{\"memory\":{\"limit\":20971520,\"swap\":20971520}}"), "");
        EXPECT_STR(live_update(&live, "{\"memory\":{\"swap\":31457280}}"), "");
        if (live_has_v2(&live, "memory"))
                EXPECT_STR(live_file(&live, "memory", "memory.swap.max"), "10485760");
        else
                EXPECT_STR(live_file(&live, "memory", "memory.memsw.limit_in_bytes"), "31457280");
        EXPECT_STR(live_update(&live, "{\"memory\":{\"limit\":-1,\"swap\":-1}}"), "");
        if (live_has_v2(&live, "memory"))
                EXPECT_STR(live_update(&live, "{\"memory\":{\"swap\":31457280}}"),
                           "/linux/resources/memory/swap: on cgroup v2, swap cannot be limited while memory "
                           "is not [CT-322]");
        live_end(&live);
}

/* Of what the cgroups above do not have, v2 would take anything, and give all that they have. */
TEST(live_cpusets_are_had)
{
        static const char *const sets[][2] = { { "cpus", "cpuset.cpus" }, { "mems", "cpuset.mems" } };
        struct live live;
        char json[64];

        LIVE(&live, "", "cpuset");
        EXPECT_STR(live_create(&live, "{\"cpu\":{\"cpus\":\"0\",\"mems\":\"0\"}}"), "");
        for (size_t i = 0; i < 2; i++) {
                (void)snprintf(json, sizeof json, "{\"cpu\":{\"%s\":\"63\"}}", sets[i][0]);
                EXPECT_CONTAINS(live_update(&live, json), sets[i][1]);
        }
        live_end(&live);
}

TEST(live_block_io)
{
        struct live live;
        struct stat status;
        char json[256];

        LIVE(&live, "", NULL);
        if (stat("/dev/vda", &status) < 0 || (!live_has_v1(&live, "blkio") && !live_has_v2(&live, "io"))) {
                live_end(&live);
                SKIP("no controller for it, or no /dev/vda");
        }
        (void)snprintf(
                json, sizeof json,
                "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":%u,\"minor\":%u,\"rate\":1048576}],"
                "\"throttleWriteIOPSDevice\":[{\"major\":%u,\"minor\":%u,\"rate\":99}]}}",
                major(status.st_rdev), minor(status.st_rdev), major(status.st_rdev), minor(status.st_rdev));
        EXPECT_STR(live_create(&live, json), "");
        if (live_has_v2(&live, "io")) {
                EXPECT_CONTAINS(live_file(&live, "io", "io.max"), "rbps=1048576 wbps=max riops=max wiops=99");
                EXPECT_STR(live_update(&live, "{\"blockIO\":{\"weight\":500}}"), "");
                EXPECT_STR(live_file(&live, "io", "io.weight"), "default 4950");
        } else {
                EXPECT_CONTAINS(live_file(&live, "blkio", "blkio.throttle.read_bps_device"), " 1048576");
                EXPECT_CONTAINS(live_file(&live, "blkio", "blkio.throttle.write_iops_device"), " 99");
        }
        (void)snprintf(json, sizeof json,
                       "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":%u,\"minor\":%u,\"rate\":0}]}}",
                       major(status.st_rdev), minor(status.st_rdev));
        EXPECT_STR(live_update(&live, json), "");
        EXPECT_CONTAINS(live_update(&live, "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":4095,"
                                           "\"minor\":7,\"rate\":5}]}}"),
                        "/linux/resources/blockIO/throttleReadBpsDevice/0: cannot write '4095:7");
        live_end(&live);
}

TEST(live_rdma)
{
        struct live live;
        bool enabled;

        LIVE(&live, "", "rdma");
        enabled = is_enabled(&live, "rdma");
        EXPECT_STR(live_create(&live, "{}"), "");
        EXPECT_CONTAINS(live_update(&live, "{\"rdma\":{\"nobody0\":{\"hcaHandles\":3}}}"),
                        "/linux/resources/rdma/nobody0: cannot write 'nobody0 hca_handle=3' to cgroup file "
                        "'rdma.max': no such device [CT-435] (hint: there is no rdma device of this name)");
        EXPECT_EQ(ct_cgroup_destroy(live.cgroup, 1000, NULL), 0);
        if (!enabled)
                disable(&live, "rdma");
        live_end(&live);
}
