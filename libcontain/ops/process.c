/* SPDX-License-Identifier: MIT */

/* The container's process: has it ended, how, and ending it. */

#include "ops/handle.h"

#include <signal.h>
#include <time.h>

int64_t ct_time_now(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Read at once: it goes with the cgroup. */
static bool was_oom(struct contain *c)
{
        uint64_t kills = 0;

        return c->cgroup && ct_cgroup_oom_kills(c->cgroup, &kills) == 0 && kills > 0;
}

bool ct_process_ended_locked(struct contain *c)
{
        if (c->exited || c->child.pidfd < 0)
                return true;
        if (ct_pidfd_poll(c->child.pidfd, 0) != 1)
                return false;
        /* Two handles in one program: the status is the maker's to take, before Linux 6.15 it is given once.
         */
        if (c->opened)
                (void)ct_pidfd_exit_peek(c->child.pidfd, &c->exit);
        else
                (void)ct_pidfd_exit(c->child.pidfd, &c->exit);
        c->oom = was_oom(c);
        c->ended_nsec = ct_time_now();
        c->exited = true;
        return true;
}

bool ct_process_ended(struct contain *c)
{
        bool ended;

        ct_further_reap(c->ctx);
        pthread_mutex_lock(&c->look);
        ended = ct_process_ended_locked(c);
        pthread_mutex_unlock(&c->look);
        return ended;
}

/* Waits until @pidfd has ended, signalling again now and then: a process may be stopped, traced or just being
 * forked. */
static int wait_for_end(struct contain_ctx *ctx, int pidfd)
{
        for (int waited = 0; waited < CT_KILL_TIMEOUT_MS; waited += 500) {
                int r = ct_further_poll(ctx, pidfd, 500);

                if (r != 0)
                        return r < 0 ? r : 0;
                (void)ct_pidfd_signal(pidfd, SIGKILL);
        }
        return -ETIMEDOUT;
}

int ct_process_kill(struct contain *c, contain_error_t **err)
{
        int r;

        if (ct_process_ended(c))
                return 0;
        if (c->cgroup)
                (void)ct_cgroup_signal(c->cgroup, SIGKILL);
        r = ct_pidfd_signal(c->child.pidfd, SIGKILL);
        if (r < 0 && r != -ESRCH)
                return ct_fail(err, CONTAIN_E_SYSTEM, -r, NULL, "cannot kill the process of container '%s'",
                               c->id);
        r = wait_for_end(c->ctx, c->child.pidfd);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, -r, NULL, "the process of container '%s' does not end",
                               c->id);
        (void)ct_process_ended(c);
        return 0;
}
