/* SPDX-License-Identifier: MIT */

/* The handle of one more process in a container. Its pidfd is there as long as the handle is. */

#include "ops/exec.h"

#include <signal.h>
#include <string.h>

/* How long the end of a process may take that is killed because nobody wants it any more. */
#define KILL_MS 1000

struct contain_process *ct_exec_process_new(struct contain *c, contain_error_t **err)
{
        _cleanup_(ct_exec_process_freep) struct contain_process *process = calloc(1, sizeof(*process));

        if (process) {
                process->console_fd = process->child.pidfd = -EBADF;
                (void)pthread_mutex_init(&process->look, NULL);
                process->id = strdup(c->id);
        }
        if (!process || !process->id) {
                (void)ct_fail_memory(err);
                return NULL;
        }
        atomic_init(&process->refs, 1);
        process->maker = getpid();
        atomic_fetch_add(&c->ctx->refs, 1);
        process->ctx = c->ctx;
        return ct_take(process);
}

/* Whether nothing is left to be done about it. A forked copy frees its memory; the process is the first
 * one's. */
static bool end(struct contain_process *process)
{
        if (process->child.pidfd < 0 || process->maker != getpid())
                return true;
        if (ct_exec_process_ended(process) || process->detached)
                return true;
        (void)ct_pidfd_signal(process->child.pidfd, SIGKILL);
        (void)ct_pidfd_poll(process->child.pidfd, KILL_MS);
        return ct_exec_process_ended(process);
}

struct contain_process *ct_exec_process_discard(struct contain_process *process)
{
        ct_close(process->child.pidfd);
        ct_close(process->console_fd);
        (void)pthread_mutex_destroy(&process->look);
        free(process->id);
        free(process);
        return NULL;
}

struct contain_process *ct_exec_process_free(struct contain_process *process)
{
        struct contain_ctx *ctx;

        if (!process)
                return NULL;
        ctx = process->ctx;
        if (!end(process)) {
                ct_further_abandon(process);
        } else {
                /* In a forked copy, a thread that is not there may hold the lock for ever. */
                if (process->child.pidfd >= 0 && process->maker == getpid())
                        ct_further_remove(process);
                ct_exec_process_discard(process);
        }
        ct_context_unref(ctx);
        return NULL;
}

bool ct_exec_process_ended(struct contain_process *process)
{
        bool ended;

        pthread_mutex_lock(&process->look);
        if (!process->exited && ct_pidfd_poll(process->child.pidfd, 0) == 1) {
                (void)ct_pidfd_exit(process->child.pidfd, &process->exit);
                process->exited = true;
                process->ended_nsec = ct_time_now();
        }
        ended = process->exited;
        pthread_mutex_unlock(&process->look);
        return ended;
}

int ct_exec_process_signal(struct contain_process *process, int signo, contain_error_t **err)
{
        /* A process that is a zombie takes signals without an effect: for the caller it has ended. */
        int r = ct_exec_process_ended(process) ? -ESRCH : ct_pidfd_signal(process->child.pidfd, signo);

        if (r == -ESRCH)
                return ct_fail(err, CONTAIN_E_NOT_RUNNING, ESRCH, NULL,
                               "the process in container '%s' is not running", process->id);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, -r, NULL,
                               "cannot send signal %d to the process in container '%s'", signo, process->id);
        return 0;
}

int ct_exec_process_wait(struct contain_process *process, int timeout_ms, contain_exit_t *ret,
                         contain_error_t **err)
{
        int r = ct_pidfd_poll(process->child.pidfd, timeout_ms);

        if (r < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, -r, NULL,
                               "cannot wait for the process in container '%s'", process->id);
        if (r == 0)
                return ct_fail(err, CONTAIN_E_TIMEOUT, ETIMEDOUT, NULL,
                               "the process in container '%s' still runs", process->id);
        (void)ct_exec_process_ended(process);
        if (ret) {
                ct_exit_fill(&process->exit, ret);
                ret->oom = 0; /* told of containers: nobody knows whom of several processes it was about */
                ret->started_nsec = process->started_nsec;
                ret->ended_nsec = process->ended_nsec;
        }
        return 0;
}
