/* SPDX-License-Identifier: MIT */

/* Gates of include/contain/container.h: handles, the life cycle, and looking at it. */

#include "api/gate.h"

#include "base/fds.h"
#include "base/signals.h"

#include <contain/container.h>
#include <signal.h>

int contain_new(contain_t **ret, contain_ctx_t *ctx, const char *id, contain_error_t **err)
{
        int r = gate_argument(ret, "ret", err);

        if (r == 0 && ctx)
                r = gate_maker(ctx->maker, err);
        return r < 0 ? r : ct_container_new(ctx, id, ret, err);
}

int contain_open(contain_t **ret, contain_ctx_t *ctx, const char *id, contain_error_t **err)
{
        _cleanup_(ct_container_freep) struct contain *c = NULL;
        int r = gate_argument(ret, "ret", err);

        if (r == 0)
                r = gate_argument(id, "id", err);
        if (r == 0 && ctx)
                r = gate_maker(ctx->maker, err);
        if (r < 0)
                return r;
        r = ct_container_new(ctx, id, &c, err);
        if (r < 0)
                return r;
        c->opened = true;
        r = ct_op_open(c, err);
        if (r < 0)
                return r;
        *ret = ct_take(c);
        return 0;
}

contain_t *contain_ref(contain_t *c)
{
        if (c)
                atomic_fetch_add(&c->refs, 1);
        return c;
}

contain_t *contain_unref(contain_t *c)
{
        if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
                return NULL;
        /* A forked copy frees its memory; the container is the first process's. */
        if (ct_is_ephemeral(c) && c->record && c->maker == getpid()) {
                contain_error_t *error = NULL;

                if (ct_op_destroy(c, CONTAIN_DESTROY_FORCE, &error) < 0)
                        ct_log_error(c->ctx, CONTAIN_LOG_WARNING, c->id, &error);
        }
        return ct_container_free(c);
}

const char *contain_id(contain_t *c)
{
        return c ? c->id : "";
}

int contain_create(contain_t *c, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r < 0)
                return r;
        GATE_LIFE(c);
        r = gate_configured(c, err);
        return r < 0 ? r : ct_op_create(c, err);
}

int contain_start(contain_t *c, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r < 0)
                return r;
        GATE_LIFE(c);
        return ct_op_start(c, err);
}

int contain_pause(contain_t *c, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r < 0)
                return r;
        GATE_LIFE(c);
        return ct_op_pause(c, err);
}

int contain_resume(contain_t *c, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r < 0)
                return r;
        GATE_LIFE(c);
        return ct_op_resume(c, err);
}

int contain_signal(contain_t *c, int signo, unsigned flags, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r == 0)
                r = gate_flags(flags, CONTAIN_SIGNAL_ALL, err);
        if (r < 0)
                return r;
        if (signo < 1 || signo > SIGRTMAX)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "%d is not the number of a signal",
                               signo);
        return ct_op_signal(c, signo, flags, err);
}

int contain_stop_signal(contain_t *c, contain_error_t **err)
{
        int r = gate_container(c, err);

        return r < 0 ? r : ct_op_stop_signal(c, err);
}

int contain_signal_number(const char *name, contain_error_t **err)
{
        int signo = name ? ct_signal_number(name) : -EINVAL;

        if (signo > 0)
                return signo;
        return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "'%s' is not a signal", name ? name : "");
}

int contain_wait(contain_t *c, int timeout_ms, contain_exit_t *ret, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r < 0)
                return r;
        if (ret && ret->size != sizeof(*ret))
                return ct_fail(err, CONTAIN_E_ARGUMENT, E2BIG, NULL, "the size of argument 'ret' is not set");
        return ct_op_wait(c, timeout_ms, ret, err);
}

int contain_destroy(contain_t *c, unsigned flags, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r == 0)
                r = gate_flags(flags, CONTAIN_DESTROY_FORCE, err);
        if (r < 0)
                return r;
        GATE_LIFE(c);
        return ct_op_destroy(c, flags, err);
}

int contain_become(contain_t *c, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r < 0)
                return r;
        GATE_LIFE(c);
        r = gate_configured(c, err);
        return r < 0 ? r : ct_op_become(c, err);
}

int contain_status(contain_t *c, contain_error_t **err)
{
        int r = gate_container(c, err);

        return r < 0 ? r : ct_op_status(c, err);
}

int contain_state_json(contain_t *c, char **ret, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r == 0)
                r = gate_argument(ret, "ret", err);
        return r < 0 ? r : ct_op_state(c, ret, err);
}

int contain_pid(contain_t *c)
{
        int pid;

        if (!c || c->maker != getpid())
                return 0;
        pthread_mutex_lock(&c->look);
        pid = ct_process_ended_locked(c) ? 0 : c->child.pid;
        pthread_mutex_unlock(&c->look);
        return pid;
}

int contain_pidfd(contain_t *c, contain_error_t **err)
{
        int fd = -ESRCH, r = gate_container(c, err);

        if (r < 0)
                return r;
        pthread_mutex_lock(&c->look);
        if (c->child.pidfd >= 0)
                fd = ct_dup(c->child.pidfd);
        pthread_mutex_unlock(&c->look);
        if (fd == -ESRCH)
                return ct_fail(err, CONTAIN_E_NOT_RUNNING, ESRCH, NULL, "container '%s' has no process",
                               c->id);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, -fd, NULL,
                               "cannot duplicate the pidfd of container '%s'", c->id);
        return fd;
}

int contain_exit_fd(contain_t *c, contain_error_t **err)
{
        int r = gate_container(c, err);

        return r < 0 ? r : ct_op_exit_fd(c, err);
}

int contain_console_fd(contain_t *c, contain_error_t **err)
{
        int fd = -ENOTTY, r = gate_container(c, err);

        if (r < 0)
                return r;
        pthread_mutex_lock(&c->look);
        if (c->console_fd >= 0)
                fd = ct_dup(c->console_fd);
        pthread_mutex_unlock(&c->look);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_CONSOLE, -fd, NULL, "container '%s' has no terminal here",
                               c->id);
        return fd;
}

int contain_event_fd(contain_t *c, contain_error_t **err)
{
        int r = gate_container(c, err);

        return r < 0 ? r : ct_op_event_fd(c, err);
}

int contain_event_next(contain_t *c, contain_error_t **err)
{
        int r = gate_container(c, err);

        return r < 0 ? r : ct_op_event_next(c, err);
}

int contain_notify_fd(contain_t *c, contain_error_t **err)
{
        int r = gate_container(c, err);

        return r < 0 ? r : ct_op_notify_fd(c, err);
}

int contain_notify_forward(contain_t *c, int main_process, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r < 0)
                return r;
        GATE_LIFE(c);
        return ct_op_notify_forward(c, main_process != 0, err);
}
