/* SPDX-License-Identifier: MIT */

/* Pauses and resumes a container. Whether it is paused is only ever asked of the kernel. */

#include "ops/handle.h"

static int not_running(struct contain *c, contain_error_t **err)
{
        return ct_fail(err, CONTAIN_E_NOT_RUNNING, ESRCH, NULL, "container '%s' is not running", c->id);
}

/* A container that waits for its start can be paused, too. */
static int check_running(struct contain *c, contain_error_t **err)
{
        int status = ct_op_status(c, err);

        if (status < 0)
                return status;
        if (status == CONTAIN_STATUS_PAUSED)
                return ct_fail(err, CONTAIN_E_STATUS, EALREADY, NULL, "container '%s' is paused already",
                               c->id);
        if (status != CONTAIN_STATUS_RUNNING && status != CONTAIN_STATUS_CREATED)
                return not_running(c, err);
        return ct_op_require_cgroup(c, "be paused", err);
}

int ct_op_pause(struct contain *c, contain_error_t **err)
{
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        int r;

        r = check_running(c, err);
        if (r < 0)
                return r;
        /* A start that is on its way ends first: contain-init could not answer it any more. */
        if (!ct_is_ephemeral(c)) {
                r = ct_state_open(c->ctx->state_root, c->id, &state, err);
                if (r >= 0)
                        r = ct_state_lock(state, err);
                if (r >= 0)
                        r = check_running(c, err);
                if (r < 0)
                        return r;
        }
        r = ct_cgroup_pause(c->cgroup, CT_PAUSE_TIMEOUT_MS, err);
        if (r < 0)
                return r;
        if (ct_process_ended(c)) {
                ct_cgroup_thaw(c->cgroup);
                return not_running(c, err);
        }
        ct_event_put_pause(c, true);
        ct_log(c->ctx, CONTAIN_LOG_DEBUG, "%s: paused", c->id);
        return 0;
}

/* Without the lock: whoever holds it may be waiting for what is frozen. */
int ct_op_resume(struct contain *c, contain_error_t **err)
{
        int status, r;

        status = ct_op_status(c, err);
        if (status < 0)
                return status;
        if (status == CONTAIN_STATUS_NONE || status == CONTAIN_STATUS_STOPPED)
                return not_running(c, err);
        if (status != CONTAIN_STATUS_PAUSED)
                return ct_fail(err, CONTAIN_E_STATUS, EALREADY, NULL, "container '%s' is not paused", c->id);
        r = ct_cgroup_resume(c->cgroup, CT_RESUME_TIMEOUT_MS, err);
        if (r < 0)
                return r;
        ct_event_put_pause(c, false);
        ct_log(c->ctx, CONTAIN_LOG_DEBUG, "%s: resumed", c->id);
        return 0;
}
