/* SPDX-License-Identifier: MIT */

/* The numbers of a container, from folders with what the kernel writes into them, and with what it does not.
 */

#include "support.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A machine in a temporary folder: DIR/CONTROLLERS/c is the container's cgroup in that hierarchy of v1. */
struct machine {
        char dir[64];
        char mounts[4096], own[1024];
        unsigned n;
        struct ct_cgroup_layout *layout;
        struct ct_cgroup *cgroup;
};

static void add_hierarchy(struct machine *m, const char *name, bool v2)
{
        size_t mounts = strlen(m->mounts), own = strlen(m->own);
        char path[256];

        (void)snprintf(path, sizeof path, "%s/%s", m->dir, name);
        EXPECT_EQ(mkdir(path, 0755), 0);
        (void)snprintf(m->mounts + mounts, sizeof m->mounts - mounts, "%u 1 0:%u / %s rw - %s x rw%s%s\n",
                       30 + m->n, 30 + m->n, path, v2 ? "cgroup2" : "cgroup", v2 ? "" : ",", v2 ? "" : name);
        (void)snprintf(m->own + own, sizeof m->own - own, "%u:%s:/\n", v2 ? 0 : 1 + m->n, v2 ? "" : name);
        m->n++;
        (void)snprintf(path, sizeof path, "%s/%s/c", m->dir, name);
        EXPECT_EQ(mkdir(path, 0755), 0);
        EXPECT(file_put(path, "cgroup.procs", ""));
}

/* @names: v1's controllers, ended by NULL; v2's hierarchy is "unified". */
static bool machine_make(struct machine *m, const char *const *names, bool v2)
{
        *m = (struct machine){ 0 };
        if (!folder_make(m->dir))
                return false;
        for (; *names; names++)
                add_hierarchy(m, *names, false);
        if (v2)
                add_hierarchy(m, "unified", true);
        return ct_cgroup_layout_parse(m->mounts, m->own, &m->layout) == 0 &&
               ct_cgroup_new(m->layout, "/c", "id", &m->cgroup, NULL) == 0;
}

static void machine_done(struct machine *m)
{
        ct_cgroup_free(m->cgroup);
        ct_cgroup_layout_free(m->layout);
        folder_remove(m->dir);
}
#define auto_machine struct machine __attribute__((cleanup(machine_done)))

static void put(struct machine *m, const char *hierarchy, const char *file, const char *text)
{
        char path[256];

        (void)snprintf(path, sizeof path, "%s/%s/c", m->dir, hierarchy);
        EXPECT(file_put(path, file, text));
}

/* The document's member @key, as text; the whole of it must be JSON. */
static char *member(struct machine *m, const char *key)
{
        _cleanup_(ct_cgroup_stats_freep) struct ct_cgroup_stats *stats = NULL;
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        static char found[8192];
        struct ct_json root;
        char *begin, *end, name[32];
        int depth = 0;

        if (ct_cgroup_stats_new(m->cgroup, &stats) < 0)
                return strcpy(found, "no cgroup");
        (void)ct_buf_puts(&buf, "{");
        if (ct_cgroup_stats_write(stats, &buf) < 0)
                return strcpy(found, "cgroup has gone");
        (void)ct_buf_puts(&buf, "}");
        EXPECT_EQ(ct_json_parse(arena, "stats", buf.data, buf.size, &document, &root, NULL), 0);
        (void)snprintf(name, sizeof name, "\"%s\":", key);
        begin = strstr(buf.data, name);
        if (!begin)
                return strcpy(found, "no member");
        begin += strlen(name);
        for (end = begin; *end != '\0'; end++) {
                depth += *end == '{' || *end == '[';
                depth -= *end == '}' || *end == ']';
                if (depth == 0)
                        break;
        }
        end[1] = '\0';
        (void)snprintf(found, sizeof found, "%s", begin);
        return found;
}

static const char *const v1_names[] = {
        "cpu", "cpuacct", "cpuset", "memory", "pids", "blkio", "hugetlb", NULL
};
static const char *const none[] = { NULL };

TEST(stats_of_nothing)
{
        auto_machine v1 = { 0 }, v2 = { 0 };

        REQUIRE(machine_make(&v1, v1_names, false));
        REQUIRE(machine_make(&v2, none, true));
        EXPECT_STR(member(&v1, "cpu"), "{}");
        EXPECT_STR(member(&v1, "cpuset"), "{}");
        EXPECT_STR(member(&v1, "memory"), "{}");
        EXPECT_STR(member(&v1, "pids"), "{\"current\":0}");
        EXPECT_STR(member(&v1, "blkio"), "{}");
        EXPECT_STR(member(&v1, "hugetlb"), "{}");
        EXPECT_STR(member(&v2, "cpu"), "{}");
        EXPECT_STR(member(&v2, "memory"), "{}");
        EXPECT_STR(member(&v2, "hugetlb"), "{}");
}

TEST(stats_of_a_cgroup_that_is_gone)
{
        auto_machine m = { 0 };
        char path[256];

        REQUIRE(machine_make(&m, none, true));
        (void)snprintf(path, sizeof path, "%s/unified/c", m.dir);
        folder_remove(path);
        EXPECT_STR(member(&m, "cpu"), "no cgroup");
}

/* It goes while it is read: what was read of it is not all there was. */
TEST(stats_of_a_cgroup_that_goes)
{
        auto_machine m = { 0 };
        _cleanup_(ct_cgroup_stats_freep) struct ct_cgroup_stats *stats = NULL;
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        char path[256];

        REQUIRE(machine_make(&m, none, true));
        REQUIRE_EQ(ct_cgroup_stats_new(m.cgroup, &stats), 0);
        (void)snprintf(path, sizeof path, "%s/unified/c", m.dir);
        folder_remove(path);
        (void)ct_buf_puts(&buf, "{");
        EXPECT_EQ(ct_cgroup_stats_write(stats, &buf), -ENOENT);
}

TEST(stats_cpu_v1)
{
        auto_machine m = { 0 };

        REQUIRE(machine_make(&m, v1_names, true));
        put(&m, "cpuacct", "cpuacct.usage", "1719265\n");
        put(&m, "cpuacct", "cpuacct.usage_percpu", "1000000 719265 \n");
        put(&m, "cpuacct", "cpuacct.usage_all", "cpu user system\n0 11 6\n1 12 7\n");
        put(&m, "cpuacct", "cpuacct.stat", "user 3\nsystem 4\n");
        put(&m, "cpu", "cpu.stat",
            "nr_periods 10\nnr_throttled 2\nthrottled_time 5000\nnr_bursts 1\nburst_time 7\n");
        put(&m, "unified", "cpu.stat", "usage_usec 1\n");
        put(&m, "unified", "cpu.pressure",
            "some avg10=1.53 avg60=0.00 avg300=0.10 total=174\nfull avg10=0.00 avg60=0.00 avg300=0.00 "
            "total=0\n");
        EXPECT_STR(member(&m, "cpu"),
                   "{\"usage\":{\"total\":1719265,\"percpu\":[1000000,719265],\"percpu_kernel\":[6,7],"
                   "\"percpu_user\":[11,12],\"kernel\":40000000,\"user\":30000000},"
                   "\"throttling\":{\"periods\":10,\"throttledPeriods\":2,\"throttledTime\":5000},"
                   "\"burst\":{\"burstsPeriods\":1,\"burstTime\":7},"
                   "\"psi\":{\"some\":{\"avg10\":1.53,\"avg60\":0.00,\"avg300\":0.10,\"total\":174},"
                   "\"full\":{\"avg10\":0.00,\"avg60\":0.00,\"avg300\":0.00,\"total\":0}}}");
}

TEST(stats_cpu_v2)
{
        auto_machine m = { 0 };

        REQUIRE(machine_make(&m, none, true));
        put(&m, "unified", "cpu.stat",
            "usage_usec 42\nuser_usec 30\nsystem_usec 12\nnr_periods 3\nnr_throttled 1\nthrottled_usec 9\n"
            "nr_bursts 0\nburst_usec 0\n");
        EXPECT_STR(member(&m, "cpu"),
                   "{\"usage\":{\"total\":42000,\"kernel\":12000,\"user\":30000},"
                   "\"throttling\":{\"periods\":3,\"throttledPeriods\":1,\"throttledTime\":9000},"
                   "\"burst\":{\"burstsPeriods\":0,\"burstTime\":0}}");
}

TEST(stats_cpuset)
{
        auto_machine v1 = { 0 }, v2 = { 0 };

        REQUIRE(machine_make(&v1, v1_names, false));
        put(&v1, "cpuset", "cpuset.cpus", "0-2,7\n");
        put(&v1, "cpuset", "cpuset.mems", "0\n");
        put(&v1, "cpuset", "cpuset.cpu_exclusive", "0\n");
        put(&v1, "cpuset", "cpuset.sched_load_balance", "1\n");
        put(&v1, "cpuset", "cpuset.sched_relax_domain_level", "-1\n");
        EXPECT_STR(member(&v1, "cpuset"), "{\"cpus\":[0,1,2,7],\"mems\":[0],\"cpu_exclusive\":0,"
                                          "\"sched_load_balance\":1,\"sched_relax_domain_level\":-1}");
        REQUIRE(machine_make(&v2, none, true));
        put(&v2, "unified", "cpuset.cpus", "\n");
        put(&v2, "unified", "cpuset.cpus.effective", "0-1\n");
        put(&v2, "unified", "cpuset.mems.effective", "0\n");
        EXPECT_STR(member(&v2, "cpuset"), "{\"cpus\":[0,1],\"mems\":[0]}");
}

TEST(stats_memory_v1)
{
        auto_machine m = { 0 };

        REQUIRE(machine_make(&m, v1_names, true));
        put(&m, "memory", "memory.stat", "cache 4096\nrss 8192\ntotal_cache 1\n");
        put(&m, "memory", "memory.usage_in_bytes", "12288\n");
        put(&m, "memory", "memory.max_usage_in_bytes", "20480\n");
        put(&m, "memory", "memory.failcnt", "5\n");
        put(&m, "memory", "memory.limit_in_bytes", "9223372036854771712\n");
        put(&m, "memory", "memory.memsw.usage_in_bytes", "12289\n");
        put(&m, "memory", "memory.kmem.usage_in_bytes", "77\n");
        put(&m, "memory", "memory.kmem.tcp.failcnt", "0\n");
        put(&m, "unified", "memory.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=8\n");
        EXPECT_STR(member(&m, "memory"),
                   "{\"cache\":4096,\"usage\":{\"limit\":9223372036854771712,\"usage\":12288,\"max\":20480,"
                   "\"failcnt\":5},\"swap\":{\"usage\":12289},\"kernel\":{\"usage\":77},"
                   "\"kernelTCP\":{\"failcnt\":0},\"raw\":{\"cache\":4096,\"rss\":8192,\"total_cache\":1},"
                   "\"psi\":{\"some\":{\"avg10\":0.00,\"avg60\":0.00,\"avg300\":0.00,\"total\":8}}}");
}

TEST(stats_memory_v2)
{
        auto_machine m = { 0 };

        REQUIRE(machine_make(&m, none, true));
        put(&m, "unified", "memory.stat", "anon 1\nfile 4096\nkernel 300\n");
        put(&m, "unified", "memory.current", "8000\n");
        put(&m, "unified", "memory.max", "10000\n");
        put(&m, "unified", "memory.peak", "9000\n");
        put(&m, "unified", "memory.events", "low 0\nhigh 0\nmax 4\noom 1\noom_kill 1\n");
        EXPECT_STR(member(&m, "memory"),
                   "{\"cache\":4096,\"usage\":{\"limit\":10000,\"usage\":8000,\"max\":9000,\"failcnt\":4},"
                   "\"kernel\":{\"usage\":300},\"raw\":{\"anon\":1,\"file\":4096,\"kernel\":300}}");
        put(&m, "unified", "memory.stat", "file 1\n");
        put(&m, "unified", "memory.swap.current", "5\n");
        put(&m, "unified", "memory.swap.max", "1000\n");
        EXPECT_STR(member(&m, "swap"), "{\"limit\":11000,\"usage\":8005}");
        put(&m, "unified", "memory.swap.max", "max\n");
        EXPECT_STR(member(&m, "swap"), "{\"limit\":18446744073709551615,\"usage\":8005}");
}

TEST(stats_pids)
{
        auto_machine v1 = { 0 }, v2 = { 0 };

        REQUIRE(machine_make(&v1, v1_names, false));
        put(&v1, "pids", "pids.current", "17\n");
        put(&v1, "pids", "pids.max", "100\n");
        EXPECT_STR(member(&v1, "pids"), "{\"current\":17,\"limit\":100}");
        put(&v1, "pids", "pids.max", "max\n");
        EXPECT_STR(member(&v1, "pids"), "{\"current\":17}");
        REQUIRE(machine_make(&v2, none, true));
        put(&v2, "unified", "cgroup.procs", "1\n2\n");
        EXPECT_STR(member(&v2, "pids"), "{\"current\":2}");
}

TEST(stats_block_io_v1)
{
        auto_machine m = { 0 };

        REQUIRE(machine_make(&m, v1_names, false));
        /* The scheduler that has a file need not be the one that is in use. */
        put(&m, "blkio", "blkio.bfq.io_service_bytes_recursive", "Total 0\n");
        put(&m, "blkio", "blkio.throttle.io_service_bytes_recursive",
            "8:0 Read 10\n8:0 Write 20\n8:0 Discard 0\n8:0 Total 30\nTotal 30\n");
        put(&m, "blkio", "blkio.throttle.io_serviced", "8:16 Read 1\n");
        put(&m, "blkio", "blkio.sectors_recursive", "8:0 6792\n");
        EXPECT_STR(member(&m, "blkio"),
                   "{\"ioServiceBytesRecursive\":[{\"major\":8,\"minor\":0,\"op\":\"Read\",\"value\":10},"
                   "{\"major\":8,\"minor\":0,\"op\":\"Write\",\"value\":20},"
                   "{\"major\":8,\"minor\":0,\"op\":\"Discard\",\"value\":0},"
                   "{\"major\":8,\"minor\":0,\"op\":\"Total\",\"value\":30}],"
                   "\"ioServicedRecursive\":[{\"major\":8,\"minor\":16,\"op\":\"Read\",\"value\":1}],"
                   "\"sectorsRecursive\":[{\"major\":8,\"minor\":0,\"value\":6792}]}");
}

TEST(stats_block_io_v2)
{
        auto_machine m = { 0 };

        REQUIRE(machine_make(&m, none, true));
        put(&m, "unified", "io.stat",
            "254:1 254:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n7:0 cost.usage=5\n7:1\n");
        put(&m, "unified", "io.pressure", "full avg10=0.00 avg60=0.00 avg300=0.00 total=3\n");
        EXPECT_STR(member(&m, "blkio"),
                   "{\"ioServiceBytesRecursive\":[{\"major\":254,\"minor\":0,\"op\":\"Read\",\"value\":1},"
                   "{\"major\":254,\"minor\":0,\"op\":\"Write\",\"value\":2},"
                   "{\"major\":254,\"minor\":0,\"op\":\"Discard\",\"value\":0}],"
                   "\"ioServicedRecursive\":[{\"major\":254,\"minor\":0,\"op\":\"Read\",\"value\":3},"
                   "{\"major\":254,\"minor\":0,\"op\":\"Write\",\"value\":4},"
                   "{\"major\":254,\"minor\":0,\"op\":\"Discard\",\"value\":0}],"
                   "\"psi\":{\"full\":{\"avg10\":0.00,\"avg60\":0.00,\"avg300\":0.00,\"total\":3}}}");
}

TEST(stats_hugetlb)
{
        auto_machine v1 = { 0 }, v2 = { 0 };

        REQUIRE(machine_make(&v1, v1_names, false));
        put(&v1, "hugetlb", "hugetlb.2MB.usage_in_bytes", "0\n");
        put(&v1, "hugetlb", "hugetlb.2MB.max_usage_in_bytes", "4194304\n");
        put(&v1, "hugetlb", "hugetlb.2MB.failcnt", "1\n");
        EXPECT_STR(member(&v1, "hugetlb"), "{\"2MB\":{\"usage\":0,\"max\":4194304,\"failcnt\":1}}");
        REQUIRE(machine_make(&v2, none, true));
        put(&v2, "unified", "hugetlb.1GB.current", "0\n");
        put(&v2, "unified", "hugetlb.1GB.rsvd.current", "1073741824\n");
        put(&v2, "unified", "hugetlb.1GB.events", "max 2\n");
        EXPECT_STR(member(&v2, "hugetlb"), "{\"1GB\":{\"usage\":1073741824,\"failcnt\":2}}");
}

/* Whatever a file has in it, the document is JSON, which member() sees to. */
TEST(stats_of_texts_that_make_no_sense)
{
        static const char *const texts[] = {
                "",
                "\n",
                "\n\n",
                " ",
                "-",
                "-1\n",
                "max",
                "maximum\n",
                "18446744073709551616\n",
                "99999999999999999999999999999999999999999 99999999999999999999999999999999\n",
                "usage_usec 18446744073709551615\nuser_usec  1\nsystem_usec\n",
                "usage_usec 1 2\nuser_usec 1x\nsystem_usec -1\n",
                "0-99999999999\n",
                "5-1\n",
                "5,4,3\n",
                "0-1-2\n",
                ",\n",
                "1,\n",
                "some avg10=1e5 avg60=-1 avg300=.5 total=-1\n",
                "some avg10=00.1 avg60=1. avg300=1.5.5 avg=1 total=\n",
                "some\nfull\nnone avg10=0.00\n",
                "8:0 Read\n8: Read 1\n:0 Read 1\n8:0:1 Read 1\nRead 8:0 1\n",
                "8:0 rbytes=x wbytes= =1 rios=1=2\nrbytes=1\n8:\n",
                "key\"with\\quotes 1\n\x01\x02 3\n",
                "cache\ncache \n cache 1\nrss 1 2\n",
                "cpu user system\n0\n1 2\nx y z\n",
        };
        static const char *const files[][2] = {
                { "cpuacct", "cpuacct.usage" },
                { "cpuacct", "cpuacct.usage_percpu" },
                { "cpuacct", "cpuacct.usage_all" },
                { "cpuacct", "cpuacct.stat" },
                { "cpu", "cpu.stat" },
                { "cpuset", "cpuset.cpus" },
                { "cpuset", "cpuset.mem_hardwall" },
                { "cpuset", "cpuset.sched_relax_domain_level" },
                { "memory", "memory.stat" },
                { "memory", "memory.limit_in_bytes" },
                { "pids", "pids.current" },
                { "pids", "pids.max" },
                { "pids", "cgroup.procs" },
                { "blkio", "blkio.throttle.io_serviced" },
                { "hugetlb", "hugetlb.2MB.usage_in_bytes" },
                { "unified", "cpu.pressure" },
                { "unified", "memory.pressure" },
                { "unified", "io.pressure" },
        };
        static const char *const v2_files[] = { "cpu.stat",
                                                "cpuset.cpus.effective",
                                                "memory.stat",
                                                "memory.current",
                                                "memory.max",
                                                "memory.events",
                                                "memory.peak",
                                                "memory.swap.current",
                                                "memory.swap.max",
                                                "io.stat",
                                                "hugetlb.2MB.current",
                                                "hugetlb.2MB.events",
                                                "pids.current",
                                                "pids.max",
                                                "cgroup.procs" };
        auto_machine v1 = { 0 }, v2 = { 0 };

        REQUIRE(machine_make(&v1, v1_names, true));
        REQUIRE(machine_make(&v2, none, true));
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
                for (size_t k = 0; k < sizeof files / sizeof files[0]; k++)
                        put(&v1, files[k][0], files[k][1], texts[i]);
                for (size_t k = 0; k < sizeof v2_files / sizeof v2_files[0]; k++)
                        put(&v2, "unified", v2_files[k], texts[i]);
                EXPECT_CONTAINS(member(&v1, "cpu"), "{");
                EXPECT_CONTAINS(member(&v2, "cpu"), "{");
        }
}

/* A file without end is left out. */
TEST(stats_of_a_huge_file)
{
        auto_machine m = { 0 };
        char path[256];
        int fd;

        REQUIRE(machine_make(&m, none, true));
        put(&m, "unified", "cpu.stat", "usage_usec 1\n");
        (void)snprintf(path, sizeof path, "%s/unified/c/memory.stat", m.dir);
        fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        REQUIRE(fd >= 0);
        EXPECT_EQ(ftruncate(fd, 1 << 30), 0);
        (void)close(fd);
        EXPECT_STR(member(&m, "memory"), "{}");
        EXPECT_STR(member(&m, "usage"), "{\"total\":1000}");
}
