/* SPDX-License-Identifier: MIT */

/* Namespaces and id maps that the caller may not have: the reason, in place of "operation not permitted". */

#include "ops/handle.h"

#include "host/userns.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>

static int fail_why(struct contain *c, const struct ct_why *why, contain_error_t **err)
{
        char at[48] = "/linux/namespaces";
        size_t i;
        int r;

        if (ct_spec_namespace_find(c->spec, why->type, &i))
                (void)snprintf(at, sizeof(at), "/linux/namespaces/%zu", i);
        r = ct_fail(err, CONTAIN_E_NAMESPACE, why->errnum, at, "%s", why->sentence);
        ct_error_set_hint(err, "%s", why->hint);
        ct_error_set_cause(err, CONTAIN_CAUSE_PRIVILEGE);
        return r;
}

/* 1 and @ret, or 0: see host/userns.h. */
static int look(struct contain *c, uint64_t types, int errnum, struct ct_why *ret)
{
        _cleanup_close_ int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        const struct ct_facts *facts;

        if (root_fd < 0 || ct_context_facts(c->ctx, &facts, NULL) < 0)
                return 0;
        return ct_userns_why(root_fd, facts, types, errnum, ret);
}

static int look_powerless(struct contain *c, struct ct_why *ret)
{
        _cleanup_close_ int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        const struct ct_facts *facts;

        if (root_fd < 0 || ct_context_facts(c->ctx, &facts, NULL) < 0)
                return 0;
        return ct_userns_why_powerless(root_fd, facts, ret);
}

int ct_op_foresee_refusal(struct contain *c, const struct ct_plan *plan, contain_error_t **err)
{
        const struct plan_header *header = ct_plan_header(plan);
        uint64_t types = header->clone_flags;
        struct ct_why why;

        for (uint32_t i = 0; i < header->n_steps; i++)
                if (ct_plan_step(plan, i)->op == STEP_UNSHARE)
                        types |= ct_plan_step(plan, i)->n[0];
        return look(c, types, 0, &why) ? fail_why(c, &why, err) : 0;
}

struct ct_idmap ct_op_id_maps(const struct ct_plan *plan, const struct plan_step *step)
{
        return (struct ct_idmap){
                .uid_map = ct_plan_string(plan, step->s[0]),
                .gid_map = ct_plan_string(plan, step->s[1]),
                .helpers = step->n[0] != 0,
                .deny_setgroups = step->n[1] != 0,
                .at = ct_plan_string(plan, step->at),
                .gid_at = "/linux/gidMappings",
        };
}

int ct_op_foresee_maps(struct contain *c, const struct ct_plan *plan, contain_error_t **err)
{
        const struct ct_facts *facts;
        int r;

        r = ct_context_facts(c->ctx, &facts, err);
        for (uint32_t i = 0; i < ct_plan_header(plan)->n_steps && r == 0; i++) {
                const struct plan_step *step = ct_plan_step(plan, i);
                struct ct_idmap map;

                if (step->op != STEP_ID_MAPS)
                        continue;
                map = ct_op_id_maps(plan, step);
                r = ct_idmap_check(&map, CT_ID_USER, facts, err);
                if (r == 0)
                        r = ct_idmap_check(&map, CT_ID_GROUP, facts, err);
        }
        return r;
}

int ct_op_fail_clone(struct contain *c, uint64_t types, int errnum, contain_error_t **err)
{
        struct ct_why why;
        int r;

        if (types && look(c, types, errnum, &why))
                return fail_why(c, &why, err);
        r = ct_fail(err, CONTAIN_E_SPAWN, errnum, types ? "/linux/namespaces" : NULL,
                    "cannot start the container's first process");
        if (errnum == EAGAIN)
                ct_error_set_hint(
                        err, "the limit of processes is reached, of RLIMIT_NPROC, of the caller's cgroup "
                             "(pids.max), or of the machine (kernel.pid_max, kernel.threads-max)");
        else if (types)
                ct_error_set_hint(err, "new namespaces take privilege, or a user namespace");
        return r;
}

int ct_op_explain_step(struct contain *c, const struct ct_plan *plan, uint32_t step, int r,
                       contain_error_t **err)
{
        struct ct_why why;
        int found = 0;

        if (step >= ct_plan_header(plan)->n_steps)
                return r;
        switch (ct_plan_step(plan, step)->op) {
        case STEP_UNSHARE:
                found = look(c, ct_plan_step(plan, step)->n[0], -r, &why);
                break;
        case STEP_ROOT_IDS:
        case STEP_PROPAGATE:
        case STEP_ROOTFS:
                /* The first to need the privilege of a new user namespace. */
                if (r == -EPERM || r == -EACCES)
                        found = look_powerless(c, &why);
                break;
        default:
                break;
        }
        if (!found)
                return r;
        if (err)
                *err = contain_error_free(*err);
        return fail_why(c, &why, err);
}
