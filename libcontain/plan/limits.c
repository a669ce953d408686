/* SPDX-License-Identifier: MIT */

/* What the process may use: limits set from outside, and those it has to set itself. */

#include "plan/parts.h"

#include <inttypes.h>

#define MAX_NODES 1024 /* MAX_NUMNODES of the largest kernel configuration */

int ct_plan_add_rlimits(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec_process *process = &build->spec->process;

        (void)err;
        for (size_t i = 0; i < process->n_rlimits; i++) {
                const struct ct_spec_rlimit *limit = &process->rlimits[i];

                ct_build_add(build, .op = STEP_RLIMIT, .at = ct_build_text(build, "/process/rlimits/%zu", i),
                             .s = { limit->name },
                             .n = { (uint64_t)limit->resource, limit->soft, limit->hard });
        }
        return 0;
}

int ct_plan_add_oom_score(struct ct_build *build, contain_error_t **err)
{
        const struct ct_optional_int *score = &build->spec->process.oom_score_adj;

        (void)err;
        if (score->has)
                ct_build_add(build, .op = STEP_OOM_SCORE, .at = "/process/oomScoreAdj",
                             .s = { ct_build_text(build, "%" PRId64, score->value) });
        return 0;
}

int ct_plan_add_outer_limits(struct ct_build *build, contain_error_t **err)
{
        int r = ct_plan_add_rlimits(build, err);

        return r < 0 ? r : ct_plan_add_oom_score(build, err);
}

/* "nodes" is the count of bits in the mask, whole words. */
static int add_memory_policy(struct ct_build *build, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf blob = CT_BUF_INIT;
        const struct ct_spec_memory_policy *policy = &build->spec->linux_.memory_policy;
        uint64_t mask[MAX_NODES / 64] = { 0 };
        size_t words = 0;

        if (!policy->has)
                return 0;
        if (!ct_plan_read_list(policy->nodes, mask, MAX_NODES / 64, &words))
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, "/linux/memoryPolicy/nodes",
                               "'%s' has no nodes that a kernel could have", policy->nodes);
        (void)ct_buf_append(&blob, mask, words * sizeof(mask[0]));
        ct_build_add(build, .op = STEP_MEMORY_POLICY, .at = "/linux/memoryPolicy",
                     .n = { (uint64_t)(unsigned)policy->mode | policy->flags, words * 64 }, .blob = &blob);
        return 0;
}

static void add_scheduler(struct ct_build *build)
{
        _cleanup_buf_ struct ct_buf blob = CT_BUF_INIT;
        const struct ct_spec_scheduler *scheduler = &build->spec->process.scheduler;
        const uint64_t values[] = {
                scheduler->policy,   scheduler->flags,   (uint64_t)(int64_t)scheduler->nice,
                scheduler->priority, scheduler->runtime, scheduler->deadline,
                scheduler->period,
        };

        if (!scheduler->has)
                return;
        (void)ct_buf_append(&blob, values, sizeof(values));
        ct_build_add(build, .op = STEP_SCHEDULER, .at = "/process/scheduler", .blob = &blob);
}

/* Of the whole process group, and so before the hooks that are run in it. */
int ct_plan_add_io_priority(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec_io_priority *io = &build->spec->process.io_priority;

        (void)err;
        if (io->has)
                ct_build_add(build, .op = STEP_IO_PRIORITY, .at = "/process/ioPriority",
                             .n = { io->class, (uint64_t)(int64_t)io->priority });
        return 0;
}

int ct_plan_add_inner_limits(struct ct_build *build, contain_error_t **err)
{
        const struct ct_optional_uint *personality = &build->spec->linux_.personality;

        if (personality->has)
                ct_build_add(build, .op = STEP_PERSONALITY, .at = "/linux/personality",
                             .n = { personality->value });
        add_scheduler(build);
        return add_memory_policy(build, err);
}
