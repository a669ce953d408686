/* SPDX-License-Identifier: MIT */

/* The processes that contain_exec() has started from one context, for the container's end to wait for none of
 * them. */

#include "ops/exec.h"

#include "base/clock.h"
#include "base/fds.h"

#include <poll.h>
#include <sys/epoll.h>

static void watch(struct contain_ctx *ctx, const struct contain_process *process)
{
        struct epoll_event event = { .events = EPOLLIN };

        (void)epoll_ctl(ctx->further_fd, EPOLL_CTL_ADD, process->child.pidfd, &event);
}

/* It has ended, or is about to be freed: nobody is to be woken for it any more. Call locked. */
static void forget(struct contain_ctx *ctx, const struct contain_process *process)
{
        if (ctx->further_fd >= 0)
                (void)epoll_ctl(ctx->further_fd, EPOLL_CTL_DEL, process->child.pidfd, NULL);
}

int ct_further_fd(struct contain_ctx *ctx)
{
        int fd;

        pthread_mutex_lock(&ctx->further_lock);
        if (ctx->further_fd < 0) {
                fd = ct_high_fd(epoll_create1(EPOLL_CLOEXEC));
                ctx->further_fd = fd < 0 ? -EBADF : fd;
                for (struct contain_process *p = ctx->further; p && fd >= 0; p = p->next)
                        watch(ctx, p);
        }
        fd = ctx->further_fd;
        pthread_mutex_unlock(&ctx->further_lock);
        return fd;
}

void ct_further_add(struct contain_process *process)
{
        struct contain_ctx *ctx = process->ctx;

        pthread_mutex_lock(&ctx->further_lock);
        process->next = ctx->further;
        ctx->further = process;
        if (ctx->further_fd >= 0)
                watch(ctx, process);
        pthread_mutex_unlock(&ctx->further_lock);
}

void ct_further_remove(struct contain_process *process)
{
        struct contain_ctx *ctx = process->ctx;

        pthread_mutex_lock(&ctx->further_lock);
        for (struct contain_process **p = &ctx->further; *p; p = &(*p)->next) {
                if (*p != process)
                        continue;
                *p = process->next;
                forget(ctx, process);
                break;
        }
        pthread_mutex_unlock(&ctx->further_lock);
}

void ct_further_abandon(struct contain_process *process)
{
        struct contain_ctx *ctx = process->ctx;

        pthread_mutex_lock(&ctx->further_lock);
        process->abandoned = true;
        pthread_mutex_unlock(&ctx->further_lock);
}

void ct_further_reap(struct contain_ctx *ctx)
{
        struct contain_process **next = &ctx->further, *p;

        pthread_mutex_lock(&ctx->further_lock);
        while ((p = *next)) {
                bool ended = ct_exec_process_ended(p);

                if (ended)
                        forget(ctx, p);
                if (ended && p->abandoned) {
                        *next = p->next;
                        ct_exec_process_discard(p);
                } else {
                        next = &p->next;
                }
        }
        pthread_mutex_unlock(&ctx->further_lock);
}

void ct_further_done(struct contain_ctx *ctx)
{
        bool own = ctx->maker == getpid();
        struct contain_process *p;

        if (own)
                ct_further_reap(ctx);
        /* In a forked copy the list still has those that were freed. */
        while (own && (p = ctx->further)) {
                ctx->further = p->next;
                ct_exec_process_discard(p);
        }
        ct_close(ctx->further_fd);
        (void)pthread_mutex_destroy(&ctx->further_lock);
}

int ct_further_poll(struct contain_ctx *ctx, int pidfd, int timeout_ms)
{
        int64_t deadline = ct_clock_deadline(timeout_ms);
        struct pollfd fds[] = { { .fd = pidfd, .events = POLLIN },
                                { .fd = ct_further_fd(ctx), .events = POLLIN } };

        for (;;) {
                int left = ct_clock_left(deadline);

                if (poll(fds, 2, left) < 0 && errno != EINTR)
                        return -errno;
                if (fds[0].revents != 0)
                        return 1;
                if (fds[1].revents != 0)
                        ct_further_reap(ctx);
                else if (left == 0)
                        return 0;
                fds[0].revents = fds[1].revents = 0;
        }
}
