/* SPDX-License-Identifier: MIT */

/* Reading a compiled plan. That its offsets are sound was checked when it was made. */

#include "plan/plan.h"

struct ct_plan *ct_plan_free(struct ct_plan *plan)
{
        int saved = errno;

        if (plan)
                free(plan->bytes);
        free(plan);
        errno = saved;
        return NULL;
}

const struct plan_step *ct_plan_step(const struct ct_plan *plan, size_t i)
{
        const char *bytes = plan->bytes;

        return (const struct plan_step *)(bytes + ct_plan_header(plan)->steps) + i;
}

const struct plan_slot *ct_plan_slot(const struct ct_plan *plan, size_t i)
{
        const char *bytes = plan->bytes;

        return (const struct plan_slot *)(bytes + ct_plan_header(plan)->slots) + i;
}

const char *ct_plan_string(const struct ct_plan *plan, uint32_t offset)
{
        const char *bytes = plan->bytes;

        return offset == 0 ? "" : bytes + offset;
}

enum side { INIT, HOST };

static const struct {
        const char *name;
        int code;
        enum side side;
} ops[STEP_N] = {
#define X(op, side_, name_, code_, strings, numbers, blob)                                                   \
        [STEP_##op] = { .name = name_, .code = code_, .side = side_ },
        PLAN_STEPS(X)
#undef X
};

const char *ct_plan_op_name(unsigned op)
{
        return op > STEP_NONE && op < STEP_N ? ops[op].name : "";
}

int ct_plan_op_code(unsigned op)
{
        return op > STEP_NONE && op < STEP_N ? ops[op].code : CONTAIN_E_SYSTEM;
}

bool ct_plan_op_is_host(unsigned op)
{
        return op > STEP_NONE && op < STEP_N && ops[op].side == HOST;
}
