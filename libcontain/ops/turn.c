/* SPDX-License-Identifier: MIT */

/* The steps of a plan that run outside of the container, while contain-init waits. */

#include "ops/handle.h"

#include "host/hooks.h"
#include "host/idmap.h"
#include "host/limits.h"

#include <string.h>

static const char *text(const struct ct_turn *turn, const struct plan_step *step, int i)
{
        return ct_plan_string(turn->plan, step->s[i]);
}

int ct_turn_enter_cgroup(struct ct_turn *turn, contain_error_t **err)
{
        int r;

        if (turn->in_cgroup || !turn->cgroup)
                return 0;
        r = ct_cgroup_enter(turn->cgroup, turn->child.pid, turn->in_v2, err);
        if (r < 0)
                return r;
        turn->in_cgroup = true;
        return 0;
}

static int write_id_maps(struct ct_turn *turn, const struct plan_step *step, contain_error_t **err)
{
        const struct ct_facts *facts;
        struct ct_idmap map = ct_op_id_maps(turn->plan, step);
        int r;

        r = ct_context_facts(turn->c->ctx, &facts, err);
        if (r < 0)
                return r;
        return ct_idmap_write(&map, turn->child.pid, turn->child.pidfd, facts, err);
}

/* Splits a step's table of strings into two vectors ended by NULL, in one allocation. */
static char **split_table(const struct ct_plan *plan, const struct plan_step *step, size_t n_first,
                          size_t n_second)
{
        const char *next = (const char *)plan->bytes + step->blob, *end = next + step->blob_size;
        char **items = calloc(n_first + n_second + 2, sizeof(*items));

        if (!items)
                return NULL;
        for (size_t i = 0; i < n_first + n_second && next < end; i++) {
                items[i < n_first ? i : i + 1] = (char *)(uintptr_t)next;
                next += strnlen(next, (size_t)(end - next)) + 1;
        }
        return items;
}

static int run_hook(struct ct_turn *turn, const struct plan_step *step, contain_error_t **err)
{
        _cleanup_free_ char **items = split_table(turn->plan, step, step->n[0], step->n[1]);
        _cleanup_free_ char *state = NULL;
        struct ct_hook_run hook;

        turn->record->pid = turn->child.pid;
        state = ct_state_text(turn->record, CONTAIN_STATUS_CREATING, turn->child.pid, false);
        if (!items || !state)
                return ct_fail_memory(err);
        hook = (struct ct_hook_run){
                .path = text(turn, step, 0),
                .kind = text(turn, step, 1),
                .argv = items,
                .envp = items + step->n[0] + 1,
                .timeout = (uint32_t)step->n[2],
                .at = ct_plan_string(turn->plan, step->at),
                .state = state,
                .folder = turn->record->bundle,
        };
        return ct_hook_run(&hook, err);
}

static int move_net_device(struct ct_turn *turn, const struct plan_step *step, contain_error_t **err)
{
        const char *at = ct_plan_string(turn->plan, step->at);
        int r;

        if (!turn->net_devices) {
                r = ct_net_devices_new(ct_take_fd(&turn->network_fd), at, &turn->net_devices, err);
                if (r < 0)
                        return r;
        }
        return ct_net_devices_move(turn->net_devices, text(turn, step, 0), text(turn, step, 1), at, err);
}

static int run_step(struct ct_turn *turn, const struct plan_step *step, contain_error_t **err)
{
        const char *at = ct_plan_string(turn->plan, step->at);
        pid_t pid = turn->child.pid;

        switch (step->op) {
        case STEP_ID_MAPS:
                return write_id_maps(turn, step, err);
        case STEP_TIME_OFFSETS:
                return ct_limits_time_offsets(pid, text(turn, step, 0), at, err);
        case STEP_CGROUP:
                return ct_turn_enter_cgroup(turn, err);
        case STEP_NET_DEVICE:
                return move_net_device(turn, step, err);
        case STEP_RUNTIME_HOOK:
                return run_hook(turn, step, err);
        case STEP_RLIMIT:
                return ct_limits_rlimit(pid, (int)step->n[0], text(turn, step, 0), step->n[1], step->n[2], at,
                                        err);
        case STEP_OOM_SCORE:
                return ct_limits_oom_score(pid, text(turn, step, 0), at, err);
        default:
                return ct_fail(err, CONTAIN_E_SPAWN, EPROTO, at,
                               "contain-init asks for a step that is not the host's");
        }
}

int ct_turn_run(struct ct_turn *turn, uint32_t *step, contain_error_t **err)
{
        uint32_t i = *step, n = ct_plan_header(turn->plan)->n_steps;

        if (i >= n || !ct_plan_op_is_host(ct_plan_step(turn->plan, i)->op))
                return ct_fail(err, CONTAIN_E_SPAWN, EPROTO, NULL, "contain-init does not keep to its plan");
        for (; i < n; i++) {
                const struct plan_step *now = ct_plan_step(turn->plan, i);
                int r;

                if (now->op == STEP_READY || !ct_plan_op_is_host(now->op))
                        break;
                r = run_step(turn, now, err);
                if (r < 0) {
                        ct_error_set_step(err, ct_plan_op_name(now->op));
                        return r;
                }
        }
        *step = i;
        return 0;
}
