/* SPDX-License-Identifier: MIT */

/*
 * When the user's process gets to run, from which memory, and when its I/O is served: as the kernel tells
 * about the process, from outside. In no cgroup of its own, as one of version 1 leaves no real-time budget.
 */

#include "api.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

/* The kernel's structure, whatever the headers of this distribution have. */
struct attributes {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
        uint32_t util_min, util_max;
};

enum { OTHER, FIFO, RR, BATCH, ISO, IDLE, DEADLINE };
enum { RESET_ON_FORK = 0x01, RECLAIM = 0x02, DL_OVERRUN = 0x04 };

#define IOPRIO(class, priority) ((class) << 13 | (priority))

/* A container that sleeps, with @value at @pointer of its configuration. */
static contain_t *sleeper(struct world *w, const char *pointer, const char *value)
{
        struct json_object *config = CONFIG(*w, "");

        config_set(config, "/process/args", "['sleep', '60']");
        config_set(config, pointer, "%s", value);
        return guest_new(w, config);
}

static void end(contain_t *c)
{
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
        contain_unref(c);
}

#define SCHEDULED(w)                                                                                         \
        WORLD(w);                                                                                            \
        EXPECT_OK(contain_ctx_set_cgroup_manager((w).ctx, "disabled", &error_))

TEST(policies_with_what_belongs_to_them)
{
        static const struct {
                const char *scheduler;
                struct attributes expected;
        } cases[] = {
                { "{'policy': 'SCHED_OTHER', 'nice': -3}", { .policy = OTHER, .nice = -3 } },
                { "{'policy': 'SCHED_FIFO', 'priority': 7}", { .policy = FIFO, .priority = 7 } },
                { "{'policy': 'SCHED_RR', 'priority': 99, 'flags': ['SCHED_FLAG_RESET_ON_FORK']}",
                  { .policy = RR, .priority = 99, .flags = RESET_ON_FORK } },
                { "{'policy': 'SCHED_BATCH', 'nice': 19}", { .policy = BATCH, .nice = 19 } },
                { "{'policy': 'SCHED_IDLE'}", { .policy = IDLE } },
                { "{'policy': 'SCHED_DEADLINE', 'runtime': 1000000, 'deadline': 5000000, 'period': 10000000,"
                  " 'flags': ['SCHED_FLAG_RECLAIM', 'SCHED_FLAG_DL_OVERRUN']}",
                  { .policy = DEADLINE,
                    .flags = RECLAIM | DL_OVERRUN,
                    .runtime = 1000000,
                    .deadline = 5000000,
                    .period = 10000000 } },
                { "{'policy': 'SCHED_DEADLINE', 'runtime': 1000000, 'deadline': 5000000}",
                  { .policy = DEADLINE, .runtime = 1000000, .deadline = 5000000, .period = 5000000 } },
                { "{'policy': 'SCHED_BATCH', 'nice': 5, 'flags': ['SCHED_FLAG_KEEP_POLICY',"
                  " 'SCHED_FLAG_KEEP_PARAMS']}",
                  { .policy = OTHER } },
        };
        SCHEDULED(w);

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                contain_t *c = sleeper(&w, "/process/scheduler", cases[i].scheduler);
                const struct attributes *expected = &cases[i].expected;
                struct attributes found = { 0 };

                REQUIRE(c != NULL);
                EXPECT_OK(contain_create(c, &error_));
                EXPECT_OK(contain_start(c, &error_));
                EXPECT_EQ(syscall(SYS_sched_getattr, contain_pid(c), &found, sizeof(found), 0), 0);
                EXPECT_EQ(found.policy, expected->policy);
                EXPECT_EQ(found.flags, expected->flags);
                EXPECT_EQ(found.nice, expected->nice);
                EXPECT_EQ(found.priority, expected->priority);
                if (expected->policy == DEADLINE) {
                        EXPECT_EQ(found.runtime, expected->runtime);
                        EXPECT_EQ(found.deadline, expected->deadline);
                        EXPECT_EQ(found.period, expected->period);
                }
                end(c);
        }
}

/* Started, the container fails with the kernel's @errno_ at @pointer. */
static void expect_refused(struct world *w, const char *pointer, const char *value, int errno_)
{
        contain_t *c = sleeper(w, pointer, value);
        contain_error_t *error = NULL;

        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_EQ(contain_start(c, &error), -errno_);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_LIMIT);
        EXPECT_STR(contain_error_pointer(error), pointer);
        contain_error_free(error);
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_STOPPED);
        end(c);
}

TEST(policy_that_no_kernel_has)
{
        SCHEDULED(w);

        expect_refused(&w, "/process/scheduler", "{'policy': 'SCHED_ISO'}", EINVAL);
}

TEST(utilization_clamps_where_the_kernel_has_them)
{
        static const char value[] = "{'policy': 'SCHED_OTHER', 'flags': ['SCHED_FLAG_UTIL_CLAMP_MIN',"
                                    " 'SCHED_FLAG_UTIL_CLAMP_MAX']}";
        struct attributes found = { 0 };
        contain_t *c;
        SCHEDULED(w);

        if (access("/proc/sys/kernel/sched_util_clamp_min", F_OK) < 0) {
                expect_refused(&w, "/process/scheduler", value, EOPNOTSUPP);
                return;
        }
        c = sleeper(&w, "/process/scheduler", value);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_EQ(syscall(SYS_sched_getattr, contain_pid(c), &found, sizeof(found), 0), 0);
        EXPECT_EQ(found.util_max, 0);
        end(c);
}

TEST(io_priorities)
{
        static const struct {
                const char *value;
                int expected;
        } cases[] = {
                { "{'class': 'IOPRIO_CLASS_RT', 'priority': 0}", IOPRIO(1, 0) },
                { "{'class': 'IOPRIO_CLASS_BE', 'priority': 7}", IOPRIO(2, 7) },
                { "{'class': 'IOPRIO_CLASS_IDLE', 'priority': 4}", IOPRIO(3, 4) },
        };
        SCHEDULED(w);

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                contain_t *c = sleeper(&w, "/process/ioPriority", cases[i].value);
                long before = syscall(SYS_ioprio_get, 1, 0), group = syscall(SYS_ioprio_get, 2, 0);

                REQUIRE(c != NULL);
                EXPECT_OK(contain_create(c, &error_));
                EXPECT_OK(contain_start(c, &error_));
                EXPECT_EQ(syscall(SYS_ioprio_get, 1, contain_pid(c)), cases[i].expected);
                EXPECT_EQ(syscall(SYS_ioprio_get, 2, getpgid(contain_pid(c))), cases[i].expected);
                /* The group is the container's own. */
                EXPECT_EQ(syscall(SYS_ioprio_get, 1, 0), before);
                EXPECT_EQ(syscall(SYS_ioprio_get, 2, 0), group);
                end(c);
        }
}

TEST(io_priority_of_all_that_is_run_in_the_container)
{
        struct json_object *config;
        SCHEDULED(w);

        config = CONFIG(w, "ionice -p $$; ionice -p 1; (busybox ionice -p $$)");
        config_set(config, "/process/ioPriority", "{'class': 'IOPRIO_CLASS_BE', 'priority': 6}");
        config_set(config, "/hooks/startContainer/-",
                   "{'path': '/bin/sh', 'args': ['sh', '-c', 'ionice -p $$'], 'env': ['PATH=/bin']}");
        EXPECT_OUTPUT(w, config,
                      "best-effort: prio 6\nbest-effort: prio 6\nbest-effort: prio 6\nbest-effort: prio 6\n");
}

/* --- memory -------------------------------------------------------------------------------- */

/* What the first line of numa_maps says about the process's own policy. */
static void policy_of(pid_t pid, char ret[64])
{
        char path[64];
        FILE *file;

        snprintf(path, sizeof(path), "/proc/%d/numa_maps", (int)pid);
        ret[0] = '\0';
        file = fopen(path, "re");
        if (file) {
                (void)fscanf(file, "%*x%*[ ]%63[^\n]", ret);
                fclose(file);
        }
}

static bool begins_with(const char *text, const char *prefix)
{
        return strncmp(text, prefix, strlen(prefix)) == 0;
}

TEST(memory_policies)
{
        static const struct {
                const char *value, *expected;
                unsigned major, minor; /* of the first kernel that has it */
        } cases[] = {
                { "{'mode': 'MPOL_DEFAULT'}", "default ", 2, 6 },
                { "{'mode': 'MPOL_PREFERRED', 'nodes': '0'}", "prefer:0 ", 2, 6 },
                { "{'mode': 'MPOL_BIND', 'nodes': '0'}", "bind:0 ", 2, 6 },
                { "{'mode': 'MPOL_BIND', 'nodes': '0', 'flags': ['MPOL_F_STATIC_NODES']}", "bind=static:0 ",
                  2, 6 },
                { "{'mode': 'MPOL_INTERLEAVE', 'nodes': '0', 'flags': ['MPOL_F_RELATIVE_NODES']}",
                  "interleave=relative:0 ", 2, 6 },
                { "{'mode': 'MPOL_LOCAL'}", "local ", 5, 14 },
                { "{'mode': 'MPOL_PREFERRED_MANY', 'nodes': '0'}", "prefer (many):0 ", 5, 15 },
                { "{'mode': 'MPOL_WEIGHTED_INTERLEAVE', 'nodes': '0'}", "weighted interleave:0 ", 6, 9 },
                { "{'mode': 'MPOL_BIND', 'nodes': '0', 'flags': ['MPOL_F_NUMA_BALANCING']}", "bind", 5, 12 },
        };
        unsigned major = 0, minor = 0;
        FILE *release;
        SCHEDULED(w);

        if (access("/proc/self/numa_maps", F_OK) < 0)
                SKIP("needs a kernel with NUMA");
        release = fopen("/proc/sys/kernel/osrelease", "re");
        REQUIRE(release != NULL);
        EXPECT_EQ(fscanf(release, "%u.%u", &major, &minor), 2);
        fclose(release);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                char before[64], found[64];
                contain_t *c;

                policy_of(getpid(), before);
                if (major < cases[i].major || (major == cases[i].major && minor < cases[i].minor)) {
                        if (major >= 5 && minor >= 14)
                                expect_refused(&w, "/linux/memoryPolicy", cases[i].value, EINVAL);
                        continue;
                }
                c = sleeper(&w, "/linux/memoryPolicy", cases[i].value);
                REQUIRE(c != NULL);
                EXPECT_OK(contain_create(c, &error_));
                EXPECT_OK(contain_start(c, &error_));
                policy_of(contain_pid(c), found);
                (void)test_check(begins_with(found, cases[i].expected), __FILE__, __LINE__, "%s, found '%s'",
                                 cases[i].value, found);
                policy_of(getpid(), found);
                EXPECT_STR(found, before);
                end(c);
        }
}

TEST(memory_of_a_node_that_is_not_there)
{
        SCHEDULED(w);

        if (access("/proc/self/numa_maps", F_OK) < 0)
                SKIP("needs a kernel with NUMA");
        expect_refused(&w, "/linux/memoryPolicy", "{'mode': 'MPOL_BIND', 'nodes': '900'}", EINVAL);
}
