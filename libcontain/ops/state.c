/* SPDX-License-Identifier: MIT */

/* Status and state of a container: found out each time, never believed from a record. */

#include "ops/handle.h"

/* Another handle may have started the container: then contain-init waits no more. */
static bool waits_for_start(struct contain *c)
{
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        _cleanup_close_ int fd = -EBADF;

        if (ct_is_ephemeral(c))
                return true;
        if (ct_state_open(c->ctx->state_root, c->id, &state, NULL) < 0)
                return false;
        fd = ct_state_connect(state);
        /* Whoever has too many callers to answer waits, too. */
        return fd >= 0 || fd == -EAGAIN;
}

/* What there is while a process is not: a claim, by somebody at work or by nobody any more; or nothing. */
static int status_without_process(struct contain *c, contain_error_t **err)
{
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        int r;

        if (!c->opened)
                return c->record ? CONTAIN_STATUS_STOPPED : CONTAIN_STATUS_NONE;
        r = ct_state_open(c->ctx->state_root, c->id, &state, err);
        if (r < 0)
                return r;
        return ct_state_is_locked(state) ? CONTAIN_STATUS_CREATING : CONTAIN_STATUS_STOPPED;
}

/* Another handle may have removed what this one made. */
static int status_ended(struct contain *c)
{
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;

        int r;

        if (ct_is_ephemeral(c))
                return CONTAIN_STATUS_STOPPED;
        r = ct_state_open(c->ctx->state_root, c->id, &state, NULL);
        return r == -ENOENT || (r == 0 && ct_op_is_replaced(c, state)) ? CONTAIN_STATUS_NONE
                                                                       : CONTAIN_STATUS_STOPPED;
}

/* Call with `look` held. */
static int status_locked(struct contain *c, contain_error_t **err)
{
        if (!c->record || c->record->pid == 0)
                return status_without_process(c, err);
        if (ct_process_ended_locked(c))
                return status_ended(c);
        /* Before anything is asked of it: while it is frozen, it has no answer. */
        if (c->cgroup && ct_cgroup_frozen(c->cgroup) == 1)
                return CONTAIN_STATUS_PAUSED;
        if (!c->started && waits_for_start(c))
                return CONTAIN_STATUS_CREATED;
        return CONTAIN_STATUS_RUNNING;
}

int ct_op_status(struct contain *c, contain_error_t **err)
{
        int status;

        ct_further_reap(c->ctx);
        pthread_mutex_lock(&c->look);
        status = status_locked(c, err);
        pthread_mutex_unlock(&c->look);
        return status;
}

int ct_op_state(struct contain *c, char **ret, contain_error_t **err)
{
        const struct ct_record bare = { .id = c->id,
                                        .oci_version = (char *)(uintptr_t)CT_OCI_VERSION,
                                        .bundle = (char *)(uintptr_t) "" };
        char *text = NULL;
        int status;

        pthread_mutex_lock(&c->look);
        status = status_locked(c, err);
        if (status > CONTAIN_STATUS_NONE)
                text = ct_state_text(c->record ? c->record : &bare, status,
                                     status == CONTAIN_STATUS_STOPPED ? 0 : c->child.pid, true);
        pthread_mutex_unlock(&c->look);
        if (status < 0)
                return status;
        if (status == CONTAIN_STATUS_NONE)
                return ct_fail(err, CONTAIN_E_NOT_FOUND, ENOENT, NULL, "container '%s' does not exist",
                               c->id);
        if (!text)
                return ct_fail_memory(err);
        *ret = text;
        return 0;
}
