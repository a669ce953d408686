/* SPDX-License-Identifier: MIT */

/* Takes a container over from its record. */

#include "ops/handle.h"

#include "base/fds.h"

#include <string.h>

/* The process, if it still is the one that was written down; without one, *ret is left alone. */
static int open_process(struct contain *c, const struct ct_record *record, struct ct_child *ret,
                        contain_error_t **err)
{
        int pidfd = -ESRCH;

        if (record->pid > 0)
                pidfd = ct_pidfd_open_checked(record->pid, record->start_time);
        if (pidfd < 0 && pidfd != -ESRCH)
                return ct_fail(err, CONTAIN_E_SYSTEM, -pidfd, NULL,
                               "cannot open the process of container '%s'", c->id);
        if (pidfd >= 0)
                *ret = (struct ct_child){ .pid = record->pid, .pidfd = ct_high_fd(pidfd) };
        return 0;
}

/* A document in the record that is not what was written there, as @cause says, which is freed. */
static int fail_damaged(const struct contain *c, contain_error_t **cause, contain_error_t **err)
{
        int r = contain_error_code(*cause) == CONTAIN_E_NO_MEMORY
                        ? ct_fail_memory(err)
                        : ct_fail(err, CONTAIN_E_STATE, EBADMSG, NULL,
                                  "the record of container '%s' is damaged: %s", c->id,
                                  contain_error_sentence(*cause));

        *cause = contain_error_free(*cause);
        return r;
}

static int open_cgroup(struct contain *c, const struct ct_record *record, struct ct_cgroup **ret,
                       contain_error_t **err)
{
        const struct ct_cgroup_layout *layout;
        contain_error_t *cause = NULL;
        int r;

        if (!record->cgroup)
                return 0;
        r = ct_context_layout(c->ctx, &layout, err);
        if (r < 0)
                return r;
        if (ct_cgroup_load(layout, record->cgroup, ret, &cause) < 0)
                return fail_damaged(c, &cause, err);
        if (ct_cgroup_is_nowhere(*ret))
                *ret = ct_cgroup_free(*ret);
        return 0;
}

bool ct_op_is_replaced(struct contain *c, struct ct_state *state)
{
        _cleanup_(ct_record_freep) struct ct_record *record = NULL;

        if (!c->record || ct_state_load(state, &record, NULL) < 0)
                return false;
        /* In nanoseconds, so no two containers of one id have the same. */
        return !record->created || !c->record->created || strcmp(record->created, c->record->created) != 0;
}

bool ct_op_cgroup_is_lost(struct contain *c)
{
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;

        return !ct_is_ephemeral(c) && ct_process_ended_locked(c) &&
               (ct_state_open(c->ctx->state_root, c->id, &state, NULL) < 0 || ct_op_is_replaced(c, state));
}

static int fail_replaced(const struct contain *c, contain_error_t **err)
{
        return ct_fail(err, CONTAIN_E_NOT_FOUND, ENOENT, NULL,
                       "container '%s' does not exist any more: another one has its id", c->id);
}

int ct_op_open_own(struct contain *c, struct ct_state **ret, contain_error_t **err)
{
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        bool replaced;
        int r;

        r = ct_state_open(c->ctx->state_root, c->id, &state, err);
        if (r < 0)
                return r;
        pthread_mutex_lock(&c->look);
        replaced = ct_op_is_replaced(c, state);
        pthread_mutex_unlock(&c->look);
        if (replaced)
                return fail_replaced(c, err);
        *ret = ct_take(state);
        return 0;
}

int ct_op_look_again(struct contain *c, struct ct_state *state, contain_error_t **err)
{
        if (c->record && !ct_process_ended(c))
                return 0;
        if (ct_op_is_replaced(c, state))
                return fail_replaced(c, err);
        /* What is known of a process that ended is known here only. */
        return c->record && c->child.pidfd >= 0 ? 0 : ct_op_open(c, err);
}

int ct_op_open(struct contain *c, contain_error_t **err)
{
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        _cleanup_(ct_record_freep) struct ct_record *record = NULL;
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *cgroup = NULL;
        _cleanup_(ct_resctrl_freep) struct ct_resctrl *resctrl = NULL;
        struct ct_child child = { .pid = 0, .pidfd = -EBADF };
        int r;

        r = ct_state_open(c->ctx->state_root, c->id, &state, err);
        if (r < 0)
                return r;
        r = ct_state_load(state, &record, err);
        if (r == -ENODATA)
                return 0;
        if (r < 0)
                return r;
        r = open_cgroup(c, record, &cgroup, err);
        if (r < 0)
                return r;
        r = ct_op_open_resctrl(record->resctrl, &resctrl, err);
        if (r < 0)
                return r;
        r = open_process(c, record, &child, err);
        if (r < 0)
                return r;

        pthread_mutex_lock(&c->look);
        ct_record_free(c->record);
        ct_cgroup_free(c->cgroup);
        ct_resctrl_free(c->resctrl);
        ct_close(c->child.pidfd);
        c->started = false; /* unless nobody waits for it any more: status looks */
        c->record = ct_take(record);
        c->cgroup = ct_take(cgroup);
        c->resctrl = ct_take(resctrl);
        c->child = child;
        ct_event_watch(c);
        pthread_mutex_unlock(&c->look);
        return 0;
}
