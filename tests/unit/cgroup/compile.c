/* SPDX-License-Identifier: MIT */

/* linux.resources to writes, as text: each row is a configuration and what v1, then v2, is to be told. */

#include "support.h"

#include <math.h>
#include <string.h>

struct row {
        const char *json, *v1, *v2;
};

static void expect_rows(const struct row *rows, size_t n, bool update)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *v1 = layout_v1(), *v2 = layout_v2();

        for (size_t i = 0; i < n; i++) {
                _cleanup_free_ char *text_v1 = compile_text(v1, rows[i].json, update);
                _cleanup_free_ char *text_v2 = compile_text(v2, rows[i].json, update);

                (void)test_string(text_v1, rows[i].v1, __FILE__, __LINE__, rows[i].json);
                (void)test_string(text_v2, rows[i].v2, __FILE__, __LINE__, rows[i].json);
        }
}

#define EXPECT_ROWS(rows, update) expect_rows(rows, sizeof(rows) / sizeof(rows)[0], update)

TEST(compile_memory)
{
        static const struct row rows[] = {
                { "{}", "", "" },
                { "{\"memory\":{}}", "", "" },
                { "{\"memory\":{\"limit\":1048576}}",
                  "memory: memory.limit_in_bytes=1048576 @/memory/limit [group 1]\n",
                  "v2: memory.max=1048576 @/memory/limit\nv2 needs memory @/memory/limit\n" },
                { "{\"memory\":{\"limit\":0}}", "memory: memory.limit_in_bytes=0 @/memory/limit [group 1]\n",
                  "v2: memory.max=0 @/memory/limit\nv2 needs memory @/memory/limit\n" },
                { "{\"memory\":{\"limit\":-1}}",
                  "memory: memory.limit_in_bytes=-1 @/memory/limit [optional] [group 1]\n",
                  "v2: memory.max=max @/memory/limit [optional]\n" },
                { "{\"memory\":{\"limit\":100,\"swap\":300,\"reservation\":50}}",
                  "memory: memory.limit_in_bytes=100 @/memory/limit [group 1]\n"
                  "memory: memory.memsw.limit_in_bytes=300 @/memory/swap [group 1]\n"
                  "memory: memory.soft_limit_in_bytes=50 @/memory/reservation\n",
                  "v2: memory.swap.max=200 @/memory/swap\nv2: memory.max=100 @/memory/limit\n"
                  "v2: memory.low=50 @/memory/reservation\nv2 needs memory @/memory/limit\n" },
                { "{\"memory\":{\"limit\":100,\"swap\":100}}",
                  "memory: memory.limit_in_bytes=100 @/memory/limit [group 1]\n"
                  "memory: memory.memsw.limit_in_bytes=100 @/memory/swap [group 1]\n",
                  "v2: memory.swap.max=0 @/memory/swap\nv2: memory.max=100 @/memory/limit\n"
                  "v2 needs memory @/memory/limit\n" },
                { "{\"memory\":{\"limit\":100,\"swap\":-1}}",
                  "memory: memory.limit_in_bytes=100 @/memory/limit [group 1]\n"
                  "memory: memory.memsw.limit_in_bytes=-1 @/memory/swap [optional] [group 1]\n",
                  "v2: memory.swap.max=max @/memory/swap [optional]\nv2: memory.max=100 @/memory/limit\n"
                  "v2 needs memory @/memory/limit\n" },
                { "{\"memory\":{\"disableOOMKiller\":false,\"kernel\":-1,\"kernelTCP\":-1,\"useHierarchy\":"
                  "true}}",
                  "memory: memory.use_hierarchy=1 @/memory/useHierarchy [optional]\n", "" },
        };

        EXPECT_ROWS(rows, false);
}

TEST(compile_memory_that_only_v1_has)
{
        static const struct row rows[] = {
                { "{\"memory\":{\"swappiness\":60}}", "memory: memory.swappiness=60 @/memory/swappiness\n",
                  "/linux/resources/memory/swappiness: cgroup v2 has no swappiness per cgroup: operation not "
                  "supported [CT-121]" },
                { "{\"memory\":{\"disableOOMKiller\":true}}",
                  "memory: memory.oom_control=1 @/memory/disableOOMKiller\n",
                  "/linux/resources/memory/disableOOMKiller: cgroup v2 has no switch for the OOM killer: "
                  "operation not "
                  "supported [CT-121]" },
                { "{\"memory\":{\"kernel\":4096}}",
                  "memory: memory.kmem.limit_in_bytes=4096 @/memory/kernel [verify]\n",
                  "/linux/resources/memory/kernel: cgroup v2 has no limit on kernel memory: operation not "
                  "supported "
                  "[CT-121]" },
                { "{\"memory\":{\"kernelTCP\":4096}}",
                  "memory: memory.kmem.tcp.limit_in_bytes=4096 @/memory/kernelTCP [verify]\n",
                  "/linux/resources/memory/kernelTCP: cgroup v2 has no limit on the memory of TCP: operation "
                  "not "
                  "supported [CT-121]" },
                { "{\"memory\":{\"useHierarchy\":false}}",
                  "memory: memory.use_hierarchy=0 @/memory/useHierarchy\n",
                  "/linux/resources/memory/useHierarchy: cgroup v2 has no memory outside of the hierarchy: "
                  "operation "
                  "not supported [CT-121]" },
                { "{\"memory\":{\"swap\":200}}",
                  "memory: memory.memsw.limit_in_bytes=200 @/memory/swap [group 1]\n",
                  "/linux/resources/memory/swap: on cgroup v2, swap needs a memory limit beside it "
                  "[CT-322]" },
        };

        EXPECT_ROWS(rows, false);
}

TEST(compile_memory_contradictions)
{
#define BELOW                                                                                                \
        "/linux/resources/memory/swap: swap counts memory too, so '50' cannot be below the limit of '100' "  \
        "[CT-322]"
#define UNLIMITED "/linux/resources/memory/swap: swap cannot be limited while memory is not [CT-322]"
        static const struct row rows[] = {
                { "{\"memory\":{\"limit\":100,\"swap\":50}}", BELOW, BELOW },
                { "{\"memory\":{\"limit\":-1,\"swap\":50}}", UNLIMITED, UNLIMITED },
        };

        EXPECT_ROWS(rows, false);
}

TEST(compile_memory_update)
{
        static const struct row rows[] = {
                { "{\"memory\":{\"limit\":-1}}",
                  "memory: memory.limit_in_bytes=-1 @/memory/limit [optional] [group 1]\n"
                  "memory: memory.memsw.limit_in_bytes=-1 @/memory/limit [optional] [group 1]\n",
                  "v2: memory.swap.max=max @/memory/swap [optional]\nv2: memory.max=max @/memory/limit "
                  "[optional]\n" },
                { "{\"memory\":{\"limit\":100,\"swap\":300,\"checkBeforeUpdate\":true}}",
                  "memory: memory.limit_in_bytes=100 @/memory/limit [group 1]\n"
                  "memory: memory.memsw.limit_in_bytes=300 @/memory/swap [group 1]\n",
                  "v2: memory.current=100 @/memory/limit [check]\nv2: memory.swap.current=200 @/memory/swap "
                  "[check]\n"
                  "v2: memory.swap.max=200 @/memory/swap\nv2: memory.max=100 @/memory/limit\n"
                  "v2 needs memory @/memory/limit\n" },
                { "{\"memory\":{\"disableOOMKiller\":false}}",
                  "memory: memory.oom_control=0 @/memory/disableOOMKiller [optional]\n", "" },
        };

        EXPECT_ROWS(rows, true);
}

TEST(compile_cpu)
{
#define CPU "cpu,cpuacct: "
        static const struct row rows[] = {
                { "{\"cpu\":{\"shares\":1024}}", CPU "cpu.shares=1024 @/cpu/shares [group 1]\n",
                  "v2: cpu.weight=100 @/cpu/shares [group 1]\nv2 needs cpu @/cpu/shares\n" },
                { "{\"cpu\":{\"shares\":0,\"quota\":0,\"period\":0}}", "", "" },
                { "{\"cpu\":{\"quota\":50000,\"period\":100000,\"burst\":20000}}",
                  CPU "cpu.cfs_period_us=100000 @/cpu/period [group 2]\n" CPU
                      "cpu.cfs_quota_us=50000 @/cpu/quota [group 2]\n" CPU
                      "cpu.cfs_burst_us=20000 @/cpu/burst [group 2]\n",
                  "v2: cpu.max=50000 100000 @/cpu/quota [group 2]\nv2: cpu.max.burst=20000 @/cpu/burst "
                  "[group 2]\n"
                  "v2 needs cpu @/cpu/quota\n" },
                { "{\"cpu\":{\"quota\":-1}}", CPU "cpu.cfs_quota_us=-1 @/cpu/quota [optional] [group 2]\n",
                  "v2: cpu.max=max @/cpu/quota [optional] [group 2]\n" },
                { "{\"cpu\":{\"quota\":5000}}", CPU "cpu.cfs_quota_us=5000 @/cpu/quota [group 2]\n",
                  "v2: cpu.max=5000 @/cpu/quota [group 2]\nv2 needs cpu @/cpu/quota\n" },
                { "{\"cpu\":{\"period\":50000}}", CPU "cpu.cfs_period_us=50000 @/cpu/period [group 2]\n",
                  "v2: cpu.max=50000 @/cpu/period [keep-first] [group 2]\nv2 needs cpu @/cpu/period\n" },
                { "{\"cpu\":{\"idle\":1}}", CPU "cpu.idle=1 @/cpu/idle [group 1]\n",
                  "v2: cpu.idle=1 @/cpu/idle [group 1]\nv2 needs cpu @/cpu/idle\n" },
                { "{\"cpu\":{\"idle\":0,\"burst\":0}}",
                  CPU "cpu.idle=0 @/cpu/idle [optional] [group 1]\n" CPU
                      "cpu.cfs_burst_us=0 @/cpu/burst [optional] [group 2]\n",
                  "v2: cpu.idle=0 @/cpu/idle [optional] [group 1]\n"
                  "v2: cpu.max.burst=0 @/cpu/burst [optional] [group 2]\n" },
                { "{\"cpu\":{\"realtimeRuntime\":950000,\"realtimePeriod\":1000000}}",
                  CPU "cpu.rt_period_us=1000000 @/cpu/realtimePeriod [group 3]\n" CPU
                      "cpu.rt_runtime_us=950000 @/cpu/realtimeRuntime [group 3]\n",
                  "/linux/resources/cpu/realtimeRuntime: cgroup v2 has no real-time limits: operation not "
                  "supported "
                  "[CT-121]" },
                { "{\"cpu\":{\"cpus\":\"0-1,3\",\"mems\":\"0\"}}",
                  "cpuset: cpuset.cpus=0-1,3 @/cpu/cpus\ncpuset: cpuset.mems=0 @/cpu/mems\n",
                  "v2: cpuset.cpus=0-1,3 @/cpu/cpus [effective]\nv2: cpuset.mems=0 @/cpu/mems [effective]\n"
                  "v2 needs cpuset "
                  "@/cpu/cpus\n" },
        };

        EXPECT_ROWS(rows, false);
}

TEST(compile_pids)
{
        static const struct row rows[] = {
                { "{\"pids\":{\"limit\":100}}", "pids: pids.max=100 @/pids/limit\n",
                  "v2: pids.max=100 @/pids/limit\nv2 needs pids @/pids/limit\n" },
                { "{\"pids\":{\"limit\":0}}", "pids: pids.max=0 @/pids/limit\n",
                  "v2: pids.max=0 @/pids/limit\nv2 needs pids @/pids/limit\n" },
                { "{\"pids\":{\"limit\":-1}}", "pids: pids.max=max @/pids/limit [optional]\n",
                  "v2: pids.max=max @/pids/limit [optional]\n" },
        };

        EXPECT_ROWS(rows, false);
}

TEST(compile_block_io)
{
        static const struct row rows[] = {
                { "{\"blockIO\":{\"weight\":500}}",
                  "blkio: blkio.bfq.weight=500 @/blockIO/weight [or-next]\nblkio: blkio.weight=500 "
                  "@/blockIO/weight\n",
                  "v2: io.bfq.weight=500 @/blockIO/weight [or-next]\nv2: io.weight=4950 @/blockIO/weight\n"
                  "v2 needs io @/blockIO/weight\n" },
                { "{\"blockIO\":{\"leafWeight\":300}}", "blkio: blkio.leaf_weight=300 @/blockIO/leafWeight\n",
                  "/linux/resources/blockIO/leafWeight: cgroup v2 has no weight of leaves: operation not "
                  "supported "
                  "[CT-121]" },
                { "{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":10}]}}",
                  "blkio: blkio.bfq.weight_device=8:0 10 @/blockIO/weightDevice/0 [or-next]\n"
                  "blkio: blkio.weight_device=8:0 10 @/blockIO/weightDevice/0\n",
                  "v2: io.bfq.weight=8:0 10 @/blockIO/weightDevice/0 [or-next]\n"
                  "v2: io.weight=8:0 1 @/blockIO/weightDevice/0\nv2 needs io @/blockIO/weightDevice\n" },
                { "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1},"
                  "{\"major\":8,\"minor\":16,\"rate\":0}],"
                  "\"throttleWriteIOPSDevice\":[{\"major\":8,\"minor\":0,\"rate\":7}]}}",
                  "blkio: blkio.throttle.read_bps_device=8:0 1 @/blockIO/throttleReadBpsDevice/0\n"
                  "blkio: blkio.throttle.read_bps_device=8:16 0 @/blockIO/throttleReadBpsDevice/1\n"
                  "blkio: blkio.throttle.write_iops_device=8:0 7 @/blockIO/throttleWriteIOPSDevice/0\n",
                  "v2: io.max=8:0 rbps=1 @/blockIO/throttleReadBpsDevice/0\n"
                  "v2: io.max=8:16 rbps=max @/blockIO/throttleReadBpsDevice/1\n"
                  "v2: io.max=8:0 wiops=7 @/blockIO/throttleWriteIOPSDevice/0\nv2 needs io @/blockIO\n" },
        };

        EXPECT_ROWS(rows, false);
}

TEST(compile_hugepages_and_rdma)
{
        static const struct row rows[] = {
                { "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4194304}]}",
                  "hugetlb: hugetlb.2MB.rsvd.limit_in_bytes=4194304 @/hugepageLimits/0 [optional]\n"
                  "hugetlb: hugetlb.2MB.limit_in_bytes=4194304 @/hugepageLimits/0\n",
                  "v2: hugetlb.2MB.rsvd.max=4194304 @/hugepageLimits/0 [optional]\n"
                  "v2: hugetlb.2MB.max=4194304 @/hugepageLimits/0\nv2 needs hugetlb @/hugepageLimits\n" },
                { "{\"rdma\":{\"mlx5_0\":{\"hcaHandles\":2,\"hcaObjects\":2000},\"a~b\":{\"hcaObjects\":1}}}",
                  "rdma: rdma.max=mlx5_0 hca_handle=2 hca_object=2000 @/rdma/mlx5_0\n"
                  "rdma: rdma.max=a~b hca_object=1 @/rdma/a~0b\n",
                  "v2: rdma.max=mlx5_0 hca_handle=2 hca_object=2000 @/rdma/mlx5_0\n"
                  "v2: rdma.max=a~b hca_object=1 @/rdma/a~0b\nv2 needs rdma @/rdma\n" },
        };

        EXPECT_ROWS(rows, false);
}

TEST(compile_network)
{
        static const struct row rows[] = {
                { "{\"network\":{\"classID\":1048577}}",
                  "net_cls: net_cls.classid=1048577 @/network/classID\n",
                  "/linux/resources/network/classID: cgroup v2 has no controller 'net_cls': operation not "
                  "supported "
                  "[CT-121]" },
                { "{\"network\":{\"priorities\":[{\"name\":\"eth0\",\"priority\":5},"
                  "{\"name\":\"eth1\",\"priority\":6}]}}",
                  "net_cls: net_prio.ifpriomap=eth0 5 @/network/priorities/0\n"
                  "net_cls: net_prio.ifpriomap=eth1 6 @/network/priorities/1\n",
                  "/linux/resources/network/priorities: cgroup v2 has no controller 'net_prio': operation "
                  "not "
                  "supported [CT-121]" },
        };

        EXPECT_ROWS(rows, false);
}

TEST(compile_unified)
{
#define NO_V2                                                                                                \
        "/linux/resources/unified: there is no cgroup v2 on this machine: operation not supported [CT-121]"
        static const struct row rows[] = {
                { "{\"unified\":{\"memory.high\":\"1000\",\"cgroup.max.depth\":\"3\"},\"memory\":{\"limit\":"
                  "7}}",
                  NO_V2,
                  "v2: memory.max=7 @/memory/limit\nv2: memory.high=1000 @/unified/memory.high\n"
                  "v2: cgroup.max.depth=3 @/unified/cgroup.max.depth\nv2 needs memory @/memory/limit\n" },
                { "{\"unified\":{\"io.max\":\"8:0 rbps=1\\n8:16 wbps=2\\n\",\"misc.max\":\"\"}}", NO_V2,
                  "v2: io.max=8:0 rbps=1 @/unified/io.max\nv2: io.max=8:16 wbps=2 @/unified/io.max\n"
                  "v2: misc.max= @/unified/misc.max\nv2 needs io @/unified/io.max\n"
                  "v2 needs misc @/unified/misc.max\n" },
                { "{\"unified\":{\"perf.max\":\"1\"}}", NO_V2,
                  "/linux/resources/unified/perf.max: cgroup v2 has no controller 'perf' on this machine: "
                  "operation "
                  "not supported [CT-121]" },
                { "{\"unified\":{\"memory\":\"1\"}}", NO_V2,
                  "/linux/resources/unified/memory: 'memory' is not the name of a cgroup file [CT-314]" },
        };

        EXPECT_ROWS(rows, false);
}

TEST(compile_on_a_hybrid_machine)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *layout = layout_hybrid();
        _cleanup_free_ char *hugepages = NULL, *memory = NULL, *unified = NULL, *absent = NULL,
                            *network = NULL;

        hugepages = compile_text(layout, "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":0}]}", false);
        EXPECT_STR(hugepages,
                   "v2: hugetlb.2MB.rsvd.max=0 @/hugepageLimits/0 [optional]\n"
                   "v2: hugetlb.2MB.max=0 @/hugepageLimits/0\nv2 needs hugetlb @/hugepageLimits\n");
        memory = compile_text(layout, "{\"memory\":{\"limit\":1,\"swappiness\":0}}", false);
        EXPECT_STR(memory, "memory: memory.limit_in_bytes=1 @/memory/limit [group 1]\n"
                           "memory: memory.swappiness=0 @/memory/swappiness\n");
        unified = compile_text(layout, "{\"unified\":{\"hugetlb.2MB.max\":\"1\"}}", false);
        EXPECT_STR(unified, "v2: hugetlb.2MB.max=1 @/unified/hugetlb.2MB.max\n"
                            "v2 needs hugetlb @/unified/hugetlb.2MB.max\n");
        /* The controller is on v1 here, so v2 has no such file. */
        absent = compile_text(layout, "{\"unified\":{\"memory.max\":\"1\"}}", false);
        EXPECT_CONTAINS(absent, "cgroup v2 has no controller 'memory' on this machine");
        network = compile_text(layout, "{\"network\":{\"classID\":1}}", false);
        EXPECT_CONTAINS(network,
                        "/linux/resources/network/classID: no cgroup controller 'net_cls' on this machine");
}

TEST(compile_without_controllers)
{
        static const char *const asking[] = {
                "{\"memory\":{\"limit\":1}}",        "{\"cpu\":{\"quota\":5}}",
                "{\"cpu\":{\"cpus\":\"0\"}}",        "{\"pids\":{\"limit\":0}}",
                "{\"blockIO\":{\"weight\":10}}",     "{\"memory\":{\"swappiness\":1}}",
                "{\"unified\":{\"cpu.max\":\"1\"}}", "{\"rdma\":{\"x\":{\"hcaObjects\":1}}}",
        };
        static const char *const harmless[] = {
                "{}",
                "{\"memory\":{\"limit\":-1,\"swap\":-1,\"disableOOMKiller\":false}}",
                "{\"cpu\":{\"quota\":-1,\"shares\":0}}",
                "{\"pids\":{\"limit\":-1}}",
        };
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *layout = NULL;

        REQUIRE_EQ(ct_cgroup_layout_parse("", "", &layout), 0);
        for (size_t i = 0; i < sizeof asking / sizeof asking[0]; i++) {
                _cleanup_free_ char *text = compile_text(layout, asking[i], false);

                EXPECT_CONTAINS(text, "on this machine: operation not supported [CT-121]");
        }
        for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
                _cleanup_free_ char *text = compile_text(layout, harmless[i], false);

                (void)test_string(text, "", __FILE__, __LINE__, harmless[i]);
        }
}

/* The same curve by libm. */
static uint64_t weight_by_libm(uint64_t shares)
{
        double l = log2((double)shares);

        return (uint64_t)ceil(pow(10, (l * l + 125 * l) / 612 - 7.0 / 34) - 1e-6);
}

TEST(compile_cpu_weights)
{
        int wrong = 0;

        EXPECT_EQ(ct_cpu_weight(2), 1);
        EXPECT_EQ(ct_cpu_weight(1024), 100);
        EXPECT_EQ(ct_cpu_weight(262144), 10000);
        EXPECT_EQ(ct_cpu_weight(1), 1);
        EXPECT_EQ(ct_cpu_weight(UINT64_MAX), 10000);
        for (uint64_t shares = 2; shares <= 262144; shares++)
                wrong += ct_cpu_weight(shares) != weight_by_libm(shares);
        EXPECT_EQ(wrong, 0);
}

TEST(compile_io_weights)
{
        EXPECT_EQ(ct_io_weight(10), 1);
        EXPECT_EQ(ct_io_weight(100), 910);
        EXPECT_EQ(ct_io_weight(1000), 10000);
}
