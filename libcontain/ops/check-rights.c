/* SPDX-License-Identifier: MIT */

/* What the kernel would not let this caller do. */

#include "ops/check.h"

#include "host/limits.h"

int ct_check_user_namespace(struct ct_check *check, contain_error_t **err)
{
        return check->plan ? ct_op_foresee_refusal(&check->view, check->plan, err) : 0;
}

int ct_check_id_maps(struct ct_check *check, contain_error_t **err)
{
        for (uint32_t i = 0; check->plan && i < ct_plan_header(check->plan)->n_steps; i++) {
                const struct plan_step *step = ct_plan_step(check->plan, i);
                struct ct_idmap map;
                int r;

                if (step->op != STEP_ID_MAPS)
                        continue;
                map = ct_op_id_maps(check->plan, step);
                r = ct_check_keep(check, ct_idmap_check(&map, CT_ID_USER, check->facts, err), err);
                if (r >= 0)
                        r = ct_check_keep(check, ct_idmap_check(&map, CT_ID_GROUP, check->facts, err), err);
                if (r < 0)
                        return r;
        }
        return 0;
}

int ct_check_limits(struct ct_check *check, contain_error_t **err)
{
        for (uint32_t i = 0; check->plan && i < ct_plan_header(check->plan)->n_steps; i++) {
                const struct plan_step *step = ct_plan_step(check->plan, i);
                const char *at = ct_plan_string(check->plan, step->at),
                           *text = ct_plan_string(check->plan, step->s[0]);
                int r = 0;

                if (step->op == STEP_RLIMIT)
                        r = ct_limits_check_rlimit((int)step->n[0], text, step->n[1], step->n[2],
                                                   check->facts, at, err);
                else if (step->op == STEP_OOM_SCORE)
                        r = ct_limits_check_oom_score(text, check->facts, at, err);
                r = ct_check_keep(check, r, err);
                if (r < 0)
                        return r;
        }
        return 0;
}
