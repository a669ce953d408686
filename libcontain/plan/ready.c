/* SPDX-License-Identifier: MIT */

/* The end of create, and the wait for start. */

#include "plan/parts.h"

int ct_plan_add_ready(struct ct_build *build, contain_error_t **err)
{
        (void)err;
        /* Whoever becomes the container has nobody to report to, and asked for the start by that. */
        if (build->request->become)
                return 0;
        ct_build_add(build, .op = STEP_READY);
        ct_build_add(build, .op = STEP_START_WAIT,
                     .slot = ct_build_slot(build, PLAN_SLOT_START, "", NULL, NULL, 0));
        return 0;
}
