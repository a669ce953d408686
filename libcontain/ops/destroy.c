/* SPDX-License-Identifier: MIT */

/* Removes a container, in an order that can be taken up again by the next call after a crash: the record goes
 * last. */

#include "ops/handle.h"
#include "ops/image-copy.h"
#include "ops/keep.h"

static int refuse_running(struct contain *c, int status, contain_error_t **err)
{
        int r = ct_fail(err, CONTAIN_E_STATUS, EBUSY, NULL, "cannot delete container '%s' in status '%s'",
                        c->id, ct_status_name(status));

        ct_error_set_hint(err, "stop it first, or force it");
        return r;
}

static int end_and_clean(struct contain *c, struct ct_state *state, contain_error_t **err)
{
        contain_error_t *error = NULL;
        struct ct_exit last;
        int r;

        r = ct_process_kill(c, err);
        if (r < 0)
                return r;
        if (c->opened && c->child.pidfd >= 0)
                (void)ct_pidfd_exit(c->child.pidfd, &last); /* nobody else will reap it */
        if (c->cgroup) {
                r = ct_cgroup_destroy(c->cgroup, CT_KILL_TIMEOUT_MS, err);
                if (r < 0)
                        return r;
        }
        if (c->resctrl) {
                r = ct_resctrl_destroy(c->resctrl, err);
                if (r < 0)
                        return r;
        }
        if (state && c->record->keeper_pid > 0) {
                ct_exit_complete(c); /* while somebody can tell */
                ct_keep_end(state, c->record);
        }
        if (ct_hooks_run(c, CT_HOOK_POSTSTOP, CONTAIN_STATUS_STOPPED, true, &error) < 0)
                ct_log_error(c->ctx, CONTAIN_LOG_WARNING, c->id, &error);
        if (!c->record->copy)
                return 0;
        r = ct_image_copy_remove(c, c->record->copy, err);
        if (r == 0)
                ct_image_copy_forget(c);
        return r;
}

/* With its record damaged, all that is known of a container is its id: the cgroup that it has by default goes
 * by that. */
static int open_by_id(struct contain *c, contain_error_t **err)
{
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *cgroup = NULL;
        int r;

        r = ct_op_name_cgroup(c, &cgroup, err);
        if (r < 0 || !cgroup)
                return r;
        return ct_cgroup_destroy(cgroup, CT_KILL_TIMEOUT_MS, err);
}

/* Looks at the record of a container that another handle may have changed, or removed, since this one did. */
static int reload(struct contain *c, struct ct_state *state, unsigned flags, contain_error_t **err)
{
        contain_error_t *damage = NULL;
        int r;

        r = ct_op_look_again(c, state, &damage);
        if (r == -EBADMSG && (flags & CONTAIN_DESTROY_FORCE)) {
                ct_log_error(c->ctx, CONTAIN_LOG_WARNING, c->id, &damage);
                return open_by_id(c, err);
        }
        if (r < 0 && err)
                *err = damage;
        else if (r < 0)
                contain_error_free(damage);
        return r;
}

static int destroy_locked(struct contain *c, struct ct_state *state, unsigned flags, contain_error_t **err)
{
        int status, r;

        if (state) {
                r = reload(c, state, flags, err);
                if (r < 0)
                        return r;
        }
        if (c->record) {
                status = ct_process_ended(c) ? CONTAIN_STATUS_STOPPED : ct_op_status(c, err);
                if (status < 0)
                        return status;
                if ((status == CONTAIN_STATUS_RUNNING || status == CONTAIN_STATUS_PAUSED) &&
                    !(flags & CONTAIN_DESTROY_FORCE))
                        return refuse_running(c, status, err);
                r = end_and_clean(c, state, err);
                if (r < 0)
                        return r;
        }
        return state ? ct_state_remove(state, err) : 0;
}

/* Without a folder of its state, there may still be what a crash has left of its image. */
static int open_state(struct contain *c, struct ct_state **ret, contain_error_t **err)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        int left, r = ct_state_open(c->ctx->state_root, c->id, ret, &error);

        if (r == -ENOENT) {
                left = ct_image_copy_remove_left(c, err);
                if (left != 0)
                        return left;
        }
        if (r < 0 && err)
                *err = ct_take(error);
        return r;
}

int ct_op_destroy(struct contain *c, unsigned flags, contain_error_t **err)
{
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        int r;

        if (ct_is_ephemeral(c)) {
                if (!c->record)
                        return ct_fail(err, CONTAIN_E_NOT_FOUND, ENOENT, NULL,
                                       "container '%s' does not exist", c->id);
        } else {
                r = open_state(c, &state, err);
                if (r != 0)
                        return r < 0 ? r : 0;
                r = ct_state_lock(state, err);
                if (r < 0)
                        return r;
        }
        r = destroy_locked(c, state, flags, err);
        if (r < 0)
                return r;
        ct_container_reset(c);
        ct_event_put(c, CONTAIN_EVENT_DESTROYED);
        ct_log(c->ctx, CONTAIN_LOG_DEBUG, "%s: destroyed", c->id);
        return 0;
}
