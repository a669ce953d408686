/* SPDX-License-Identifier: MIT */

/* linux.resources.memory. The configuration's swap is memory and swap together, as v1 counts. */

#include "cgroup/controllers.h"

#include <inttypes.h>

#define AT "/linux/resources/memory"

enum { GROUP_LIMITS = 1 };

static bool is_limited(const struct ct_optional_int *value)
{
        return value->has && value->value >= 0;
}

static const char *memory_asked(const struct ct_spec_resources *resources)
{
        const struct ct_spec_memory *memory = &resources->memory;

        if (is_limited(&memory->limit))
                return AT "/limit";
        if (is_limited(&memory->reservation))
                return AT "/reservation";
        if (is_limited(&memory->swap))
                return AT "/swap";
        if (is_limited(&memory->kernel))
                return AT "/kernel";
        if (is_limited(&memory->kernel_tcp))
                return AT "/kernelTCP";
        if (memory->swappiness.has)
                return AT "/swappiness";
        if (memory->has_disable_oom_killer && memory->disable_oom_killer)
                return AT "/disableOOMKiller";
        return NULL;
}

static int check_swap(const struct ct_spec_memory *memory, contain_error_t **err)
{
        if (!is_limited(&memory->swap) || !memory->limit.has)
                return 0;
        if (memory->limit.value < 0)
                return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, AT "/swap",
                               "swap cannot be limited while memory is not");
        if (memory->swap.value < memory->limit.value)
                return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, AT "/swap",
                               "swap counts memory too, so '%" PRId64
                               "' cannot be below the limit of '%" PRId64 "'",
                               memory->swap.value, memory->limit.value);
        return 0;
}

/*
 * Limits on kernel memory went in Linux 5.16; on v1 the file stayed, and takes what is written to no effect.
 * Engines still send them with their updates.
 */
static void write_kernel_v1(const struct ct_spec_memory *memory, struct ct_cgroup_writes *writes)
{
        unsigned flags = CT_WRITE_VERIFY | (writes->update ? (unsigned)CT_WRITE_PASS_OVER : 0);

        if (is_limited(&memory->kernel))
                ct_writes_add(writes, flags, AT "/kernel", "memory.kmem.limit_in_bytes", "%" PRId64,
                              memory->kernel.value);
        if (is_limited(&memory->kernel_tcp))
                ct_writes_add(writes, flags, AT "/kernelTCP", "memory.kmem.tcp.limit_in_bytes", "%" PRId64,
                              memory->kernel_tcp.value);
        else if (memory->kernel_tcp.has && writes->update)
                ct_writes_add(writes, CT_WRITE_OPTIONAL, AT "/kernelTCP", "memory.kmem.tcp.limit_in_bytes",
                              "-1");
}

static int memory_v1(const struct ct_spec_resources *resources, struct ct_cgroup_writes *writes,
                     contain_error_t **err)
{
        const struct ct_spec_memory *memory = &resources->memory;
        int r;

        r = check_swap(memory, err);
        if (r < 0)
                return r;
        /* Newer kernels always count in hierarchies: the file takes "1" and refuses "0". */
        if (memory->has_use_hierarchy)
                ct_writes_add(writes, memory->use_hierarchy ? CT_WRITE_OPTIONAL : 0, AT "/useHierarchy",
                              "memory.use_hierarchy", "%d", memory->use_hierarchy);
        /* memsw may never be below the limit: which of the two goes first depends on what they are now. */
        writes->group = GROUP_LIMITS;
        if (memory->limit.has)
                ct_writes_limit(writes, 0, AT "/limit", "memory.limit_in_bytes", memory->limit.value, "-1");
        if (memory->swap.has)
                ct_writes_limit(writes, 0, AT "/swap", "memory.memsw.limit_in_bytes", memory->swap.value,
                                "-1");
        else if (writes->update && memory->limit.has && memory->limit.value < 0)
                ct_writes_add(writes, CT_WRITE_OPTIONAL, AT "/limit", "memory.memsw.limit_in_bytes", "-1");
        writes->group = 0;
        if (memory->reservation.has)
                ct_writes_limit(writes, 0, AT "/reservation", "memory.soft_limit_in_bytes",
                                memory->reservation.value, "-1");
        write_kernel_v1(memory, writes);
        if (memory->swappiness.has)
                ct_writes_add(writes, 0, AT "/swappiness", "memory.swappiness", "%" PRIu64,
                              memory->swappiness.value);
        if (memory->has_disable_oom_killer && (memory->disable_oom_killer || writes->update))
                ct_writes_add(writes, memory->disable_oom_killer ? 0 : CT_WRITE_OPTIONAL,
                              AT "/disableOOMKiller", "memory.oom_control", "%d", memory->disable_oom_killer);
        return 0;
}

static int check_kernel_v2(const struct ct_spec_memory *memory, const struct ct_cgroup_writes *writes,
                           contain_error_t **err)
{
        if (is_limited(&memory->kernel)) {
                if (!writes->update)
                        return ct_fail_v1_only(err, AT "/kernel", "limit on kernel memory");
                ct_writes_pass_over(writes, AT "/kernel");
        }
        if (is_limited(&memory->kernel_tcp)) {
                if (!writes->update)
                        return ct_fail_v1_only(err, AT "/kernelTCP", "limit on the memory of TCP");
                ct_writes_pass_over(writes, AT "/kernelTCP");
        }
        return 0;
}

/* What v2 has no file for may only be asked for with the value that it always has. */
static int check_v2(const struct ct_spec_memory *memory, const struct ct_cgroup_writes *writes,
                    contain_error_t **err)
{
        int r = check_kernel_v2(memory, writes, err);

        if (r < 0)
                return r;
        if (memory->swappiness.has)
                return ct_fail_v1_only(err, AT "/swappiness", "swappiness per cgroup");
        if (memory->has_disable_oom_killer && memory->disable_oom_killer)
                return ct_fail_v1_only(err, AT "/disableOOMKiller", "switch for the OOM killer");
        if (memory->has_use_hierarchy && !memory->use_hierarchy)
                return ct_fail_v1_only(err, AT "/useHierarchy", "memory outside of the hierarchy");
        if (is_limited(&memory->swap) && !memory->limit.has && !writes->update)
                return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, AT "/swap",
                               "on cgroup v2, swap needs a memory limit beside it");
        return check_swap(memory, err);
}

/* v1 refuses a limit below what is in use; v2 would kill until it fits. */
static void check_usage_v2(const struct ct_spec_memory *memory, struct ct_cgroup_writes *writes)
{
        if (is_limited(&memory->limit))
                ct_writes_add(writes, CT_WRITE_CHECK, AT "/limit", "memory.current", "%" PRId64,
                              memory->limit.value);
        if (is_limited(&memory->swap) && memory->limit.has)
                ct_writes_add(writes, CT_WRITE_CHECK, AT "/swap", "memory.swap.current", "%" PRId64,
                              memory->swap.value - memory->limit.value);
        else if (is_limited(&memory->swap))
                ct_writes_add(writes, CT_WRITE_CHECK, AT "/swap", "memory.current", "%" PRId64,
                              memory->swap.value);
}

static int memory_v2(const struct ct_spec_resources *resources, struct ct_cgroup_writes *writes,
                     contain_error_t **err)
{
        const struct ct_spec_memory *memory = &resources->memory;
        int r;

        r = check_v2(memory, writes, err);
        if (r < 0)
                return r;
        if (memory->check_before_update)
                check_usage_v2(memory, writes);
        if (is_limited(&memory->swap) && !memory->limit.has)
                ct_writes_add(writes, CT_WRITE_BEYOND_LIMIT, AT "/swap", "memory.swap.max", "%" PRId64,
                              memory->swap.value);
        else if (is_limited(&memory->swap))
                ct_writes_add(writes, 0, AT "/swap", "memory.swap.max", "%" PRId64,
                              memory->swap.value - memory->limit.value);
        else if (memory->swap.has ||
                 (writes->update && memory->limit.has && memory->limit.value < 0)) /* as on v1 */
                ct_writes_add(writes, CT_WRITE_OPTIONAL, AT "/swap", "memory.swap.max", "max");
        if (memory->limit.has)
                ct_writes_limit(writes, 0, AT "/limit", "memory.max", memory->limit.value, "max");
        if (memory->reservation.has)
                ct_writes_limit(writes, 0, AT "/reservation", "memory.low", memory->reservation.value, "max");
        return 0;
}

const struct ct_controller ct_controller_memory = {
        .v1_name = "memory",
        .v2_name = "memory",
        .asked = memory_asked,
        .write_v1 = memory_v1,
        .write_v2 = memory_v2,
};
