/* SPDX-License-Identifier: MIT */

/* Signals, by pidfd or to the whole cgroup. */

#include "ops/handle.h"

#include "base/json.h"
#include "base/signals.h"

#include <signal.h>
#include <string.h>

static int not_running(struct contain *c, contain_error_t **err)
{
        return ct_fail(err, CONTAIN_E_NOT_RUNNING, ESRCH, NULL, "container '%s' is not running", c->id);
}

/* Everybody in the cgroup. */
static int signal_all(struct contain *c, int signo)
{
        _cleanup_close_ int fd = ct_cgroup_open_any(c->cgroup);

        /* Removed by somebody, who has moved the process elsewhere. */
        if (fd == -ENOENT && !ct_process_ended_locked(c))
                return ct_pidfd_signal(c->child.pidfd, signo);
        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;
        if (ct_op_cgroup_is_lost(c))
                return 0;
        return ct_cgroup_signal_in(c->cgroup, fd, signo);
}

int ct_op_signal(struct contain *c, int signo, unsigned flags, contain_error_t **err)
{
        int r = -ESRCH;

        /* A process that is a zombie takes signals without an effect: for the caller it has ended. */
        if (ct_process_ended(c) && !(flags & CONTAIN_SIGNAL_ALL))
                return not_running(c, err);
        pthread_mutex_lock(&c->look);
        if ((flags & CONTAIN_SIGNAL_ALL) && c->cgroup)
                r = signal_all(c, signo);
        else if (c->child.pidfd >= 0)
                r = ct_pidfd_signal(c->child.pidfd, signo);
        /* On v1 a frozen process does not even die. */
        if (r == 0 && signo == SIGKILL && c->cgroup && !ct_process_ended_locked(c))
                ct_cgroup_thaw(c->cgroup);
        pthread_mutex_unlock(&c->look);
        if (r == -ESRCH && (flags & CONTAIN_SIGNAL_ALL))
                return 0;
        if (r == -ESRCH)
                return not_running(c, err);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, -r, NULL, "cannot send signal %d to container '%s'",
                               signo, c->id);
        return 0;
}

/* What the annotations in @text say; 0 when they do not. */
static int annotated_signal(const char *text, contain_error_t **err)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        struct ct_json annotations;
        const char *name = NULL;
        int r;

        if (!arena)
                return ct_fail_memory(err);
        r = ct_json_parse(arena, "annotations", text, strlen(text), &document, &annotations, err);
        if (r == 0)
                r = ct_json_get_string(&annotations, CT_STOP_SIGNAL, &name, err);
        if (r <= 0)
                return r;
        r = ct_signal_number(name);
        return r > 0 ? r
                     : ct_fail(err, CONTAIN_E_VALUE, EINVAL, "/annotations/" CT_STOP_SIGNAL,
                               "'%s' is not a signal", name);
}

int ct_op_stop_signal(struct contain *c, contain_error_t **err)
{
        int r = 0;

        pthread_mutex_lock(&c->look);
        if (c->record && c->record->annotations)
                r = annotated_signal(c->record->annotations, err);
        pthread_mutex_unlock(&c->look);
        return r == 0 ? SIGTERM : r;
}
