/* SPDX-License-Identifier: MIT */

/* Lets contain-init go on to the user's program. */

#include "ops/handle.h"

#include "base/clock.h"
#include "host/converse.h"
#include "host/words.h"

#include <signal.h>

/* Words for a failure told on the start socket: the plan came along, as whoever starts need not have made it.
 */
static int start_failed(struct contain *c, const struct plan_message *message, int plan_fd,
                        contain_error_t **err)
{
        _cleanup_(ct_plan_freep) struct ct_plan *plan = NULL;
        int r;

        r = ct_converse_read_plan(plan_fd, &plan);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_SPAWN, message->error, NULL,
                               "the program of container '%s' cannot be executed (step %u)", c->id,
                               message->step);
        return ct_words_fail(plan, message, err);
}

static int fail_status(struct contain *c, int status, contain_error_t **err)
{
        return ct_fail(err, CONTAIN_E_STATUS, EINVAL, NULL, "cannot start container '%s' in status '%s'",
                       c->id, ct_status_name(status));
}

static int refuse(struct contain *c, contain_error_t **err)
{
        int status = ct_op_status(c, err);

        if (status < 0)
                return status;
        return fail_status(c, status, err);
}

/* Sends the request and waits until the program runs, or is known not to. */
static int request_start(struct contain *c, int socket_fd, int program_fd, contain_error_t **err)
{
        _cleanup_close_ int plan_fd = -EBADF;
        struct plan_message message;
        int r;

        r = ct_converse_send(socket_fd, PLAN_MESSAGE_START, 0, 0);
        if (r == 0)
                r = ct_converse_started(socket_fd, &c->child, program_fd, CT_CLOCK_NEVER, &message, &plan_fd);
        /* Somebody ended the container instead. */
        if (r < 0 && ct_pidfd_poll(c->child.pidfd, 1000) == 1)
                return refuse(c, err);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_LOST, -r, NULL, "the process of container '%s' does not answer",
                               c->id);
        if (r == 0)
                return 0;
        r = start_failed(c, &message, plan_fd, err);
        /* It said so just before it ended: afterwards the container is stopped for every observer. */
        (void)ct_pidfd_poll(c->child.pidfd, 1000);
        return r;
}

static void note_started(struct contain *c, struct ct_state *state, int64_t when, int notify_fd)
{
        if (state) {
                ct_state_note_started(state, when);
                ct_state_unlisten(state);
        }
        pthread_mutex_lock(&c->look);
        c->started = true;
        c->started_nsec = when;
        ct_close(c->notify_fd);
        c->notify_fd = notify_fd;
        ct_event_put_locked(c, CONTAIN_EVENT_STARTED);
        ct_event_hold_exit(c, false);
        pthread_mutex_unlock(&c->look);
}

static void hold_exit(struct contain *c, bool hold)
{
        pthread_mutex_lock(&c->look);
        ct_event_hold_exit(c, hold);
        pthread_mutex_unlock(&c->look);
}

static int fail_not_created(struct contain *c, contain_error_t **err)
{
        return ct_fail(err, CONTAIN_E_STATUS, EINVAL, NULL, "container '%s' is not created", c->id);
}

static int start_locked(struct contain *c, struct ct_state *state, contain_error_t **err)
{
        _cleanup_close_ int connected = -EBADF, notify_fd = -EBADF;
        int64_t when;
        int r;

        if (c->cgroup && ct_cgroup_frozen(c->cgroup) == 1)
                return refuse(c, err);
        /* Somebody listens: that is what being created means. */
        if (state)
                connected = ct_state_connect(state);
        if (state && (connected == -ECONNREFUSED || connected == -ENOENT))
                return refuse(c, err);
        if (state && connected < 0)
                return ct_fail(err, CONTAIN_E_LOST, -connected, NULL,
                               "the process of container '%s' does not wait for a start", c->id);
        if (!state && c->start_fd < 0)
                return refuse(c, err);

        /* It could not answer. */
        if (c->cgroup && ct_cgroup_frozen(c->cgroup) == 1)
                return fail_status(c, CONTAIN_STATUS_PAUSED, err);

        if (c->record && c->record->no_process)
                return ct_plan_fail_no_process(err);
        if (state && c->notify_socket) {
                notify_fd = ct_state_bind_notify(state, err);
                if (notify_fd < 0)
                        return notify_fd;
        }
        hold_exit(c, true);
        when = ct_time_now();
        r = request_start(c, state ? connected : c->start_fd, state ? -1 : c->ctx->program_fd, err);
        c->start_fd = ct_close(c->start_fd);
        if (r < 0) {
                hold_exit(c, false);
                return r;
        }
        note_started(c, state, when, ct_take_fd(&notify_fd));
        ct_log(c->ctx, CONTAIN_LOG_DEBUG, "%s: started", c->id);
        return 0;
}

/* config-linux.md: a poststart hook that fails is an error, and the container is stopped. */
static int run_poststart(struct contain *c, contain_error_t **err)
{
        contain_error_t *kill_error = NULL;
        int r;

        r = ct_hooks_run(c, CT_HOOK_POSTSTART, CONTAIN_STATUS_RUNNING, false, err);
        if (r == 0)
                return 0;
        if (ct_process_kill(c, &kill_error) < 0)
                ct_log_error(c->ctx, CONTAIN_LOG_WARNING, "after a failed poststart hook", &kill_error);
        return r;
}

int ct_op_start(struct contain *c, contain_error_t **err)
{
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        int r;

        if (!c->record && !c->opened)
                return fail_not_created(c, err);
        if (!ct_is_ephemeral(c)) {
                r = ct_state_open(c->ctx->state_root, c->id, &state, err);
                if (r == 0)
                        r = ct_state_lock(state, err);
                if (r == 0)
                        r = ct_op_look_again(c, state, err);
                if (r < 0)
                        return r;
        }
        if (!c->record)
                return fail_not_created(c, err);
        r = start_locked(c, state, err);
        if (r < 0)
                return r;
        /* A hook may ask for the state, or signal: it must find the container unlocked. */
        state = ct_state_free(state);
        return run_poststart(c, err);
}
