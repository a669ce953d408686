/* SPDX-License-Identifier: MIT */

/* Signals, by pidfd or to the whole cgroup. */

#include "ops/handle.h"

static int not_running(struct contain *c, contain_error_t **err)
{
        return ct_fail(err, CONTAIN_E_NOT_RUNNING, ESRCH, NULL, "container '%s' is not running", c->id);
}

int ct_op_signal(struct contain *c, int signo, unsigned flags, contain_error_t **err)
{
        int r = -ESRCH;

        /* A process that is a zombie takes signals without an effect: for the caller it has ended. */
        if (ct_process_ended(c) && !(flags & CONTAIN_SIGNAL_ALL))
                return not_running(c, err);
        pthread_mutex_lock(&c->look);
        if ((flags & CONTAIN_SIGNAL_ALL) && c->cgroup)
                r = ct_cgroup_signal(c->cgroup, signo);
        else if (c->child.pidfd >= 0)
                r = ct_pidfd_signal(c->child.pidfd, signo);
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
