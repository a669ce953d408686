/* SPDX-License-Identifier: MIT */

/* Replaces the calling process by the container's: contain-init is executed in place, and nobody is left to
 * talk to. */

#include "ops/handle.h"

#include "host/converse.h"

/*
 * Moves the caller where resources are asked for; without them it stays in the cgroup it was started in, as
 * its supervisor expects. The cgroup outlives the process: who gave it its path removes it.
 */
static int enter_cgroup(struct contain *c, struct ct_cgroup *cgroup, contain_error_t **err)
{
        contain_error_t *undo = NULL;
        int r;

        if (ct_cgroup_is_scope(cgroup)) {
                r = ct_cgroup_start_scope(cgroup, c->id, getpid(), &c->spec->linux_.resources, err);
                if (r < 0)
                        return r;
        }
        r = ct_cgroup_create(cgroup, &c->spec->linux_.resources, err);
        if (r < 0)
                return r;
        r = ct_cgroup_enter(cgroup, getpid(), false, err);
        if (r < 0 && ct_cgroup_destroy(cgroup, 0, &undo) < 0)
                ct_log_error(c->ctx, CONTAIN_LOG_WARNING, c->id, &undo);
        return r;
}

/* The class stays: the configuration names it, and does not ask for what somebody would have to remove. */
static int enter_resctrl(struct contain *c, struct ct_resctrl *resctrl, contain_error_t **err)
{
        int r;

        r = ct_resctrl_create(resctrl, &c->spec->linux_.intel_rdt, err);
        if (r < 0)
                return r;
        r = ct_resctrl_enter(resctrl, 0, err);
        if (r < 0)
                ct_resctrl_undo(resctrl);
        return r;
}

int ct_op_become(struct contain *c, contain_error_t **err)
{
        _cleanup_(ct_resctrl_freep) struct ct_resctrl *resctrl = NULL;
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *cgroup = NULL;
        _cleanup_(ct_plan_freep) struct ct_plan *plan = NULL;
        _cleanup_(ct_slots_done) struct ct_slots slots = { 0 };
        _cleanup_close_ int own = -EBADF, other = -EBADF;
        int ends[2], r;

        if (c->keeper.wanted)
                return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, NULL,
                               "a process that becomes a container has no keeper");
        if (c->copy.path)
                return ct_fail(
                        err, CONTAIN_E_CONFLICT, EINVAL, NULL,
                        "a process that becomes a container leaves nobody to remove its copy of an image");
        if (c->spec->linux_.cgroups_path) {
                r = ct_op_name_cgroup(c, &cgroup, err);
                if (r < 0)
                        return r;
        }
        r = ct_op_compile(c, cgroup, true, &plan, err);
        if (r < 0)
                return r;
        r = ct_op_foresee_refusal(c, plan, err);
        if (r == 0)
                r = ct_op_foresee_maps(c, plan, err);
        if (r < 0)
                return r;
        r = ct_op_name_resctrl(c, &resctrl, err);
        if (r < 0)
                return r;
        r = ct_op_open_slots(c, plan, c->stdio, -1, &slots, err);
        if (r < 0)
                return r;
        r = ct_converse_pair(ends);
        if (r == 0) {
                own = ends[0];
                other = ends[1];
                r = ct_converse_queue(own, plan, &slots);
        }
        if (r < 0)
                return ct_fail(err, CONTAIN_E_SPAWN, -r, NULL, "cannot hand the plan over");
        if (cgroup) {
                r = enter_cgroup(c, cgroup, err);
                if (r < 0)
                        return r;
        }
        if (resctrl) {
                r = enter_resctrl(c, resctrl, err);
                if (r < 0)
                        return r;
        }
        own = ct_close(own);
        r = ct_spawn_become(c->ctx->program_fd, other);
        return ct_fail(err, CONTAIN_E_SPAWN, -r, NULL, "cannot execute contain-init");
}
