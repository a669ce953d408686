/* SPDX-License-Identifier: MIT */

/* Waiting for the end of the process, without holding anything that another call could want. */

#include "ops/handle.h"

#include "base/fds.h"

#include <sys/epoll.h>

/*
 * A descriptor of one's own: the handle's may be closed by a destroy() that runs meanwhile. -ESRCH: there was
 * a process before this handle was opened; -EINVAL: there was none.
 */
static int borrow_pidfd(struct contain *c, bool *ret_exited)
{
        int fd;

        pthread_mutex_lock(&c->look);
        *ret_exited = c->exited;
        fd = c->record && c->record->pid ? -ESRCH : -EINVAL;
        if (!c->exited && c->child.pidfd >= 0)
                fd = ct_dup(c->child.pidfd);
        pthread_mutex_unlock(&c->look);
        return fd;
}

void ct_exit_fill(const struct ct_exit *exit, contain_exit_t *ret)
{
        ret->known = exit->known;
        ret->code = exit->known ? exit->code : -1;
        ret->signo = exit->known ? exit->signo : 0;
        ret->core = exit->known && exit->core;
}

static void fill(struct contain *c, contain_exit_t *ret)
{
        struct ct_exit exit;

        pthread_mutex_lock(&c->look);
        exit = c->exit;
        ret->oom = c->oom;
        ret->started_nsec = c->started_nsec;
        ret->ended_nsec = c->ended_nsec;
        pthread_mutex_unlock(&c->look);
        ct_exit_fill(&exit, ret);
}

/* A keeper has seen the end, though nobody here has. */
static bool is_written_down(struct contain *c)
{
        bool exited;

        ct_exit_complete(c);
        pthread_mutex_lock(&c->look);
        exited = c->exited;
        pthread_mutex_unlock(&c->look);
        return exited;
}

int ct_op_wait(struct contain *c, int timeout_ms, contain_exit_t *ret, contain_error_t **err)
{
        _cleanup_close_ int pidfd = -EBADF;
        bool exited = false;
        int r;

        pidfd = borrow_pidfd(c, &exited);
        if (!exited) {
                if (pidfd == -ESRCH && is_written_down(c)) {
                        if (ret)
                                fill(c, ret);
                        return 0;
                }
                if (pidfd == -ESRCH)
                        return ct_fail(err, CONTAIN_E_EXIT_UNKNOWN, ECHILD, NULL,
                                       "container '%s' ended before this handle was opened", c->id);
                if (pidfd < 0)
                        return ct_fail(err, CONTAIN_E_STATUS, EINVAL, NULL, "container '%s' has no process",
                                       c->id);
                r = ct_further_poll(c->ctx, pidfd, timeout_ms);
                if (r < 0)
                        return ct_fail(err, CONTAIN_E_SYSTEM, -r, NULL, "cannot wait for container '%s'",
                                       c->id);
                if (r == 0)
                        return ct_fail(err, CONTAIN_E_TIMEOUT, ETIMEDOUT, NULL, "container '%s' still runs",
                                       c->id);
                (void)ct_process_ended(c);
        }
        if (ret) {
                ct_exit_complete(c);
                fill(c, ret);
        }
        return 0;
}

static int watch(int epoll_fd, int fd)
{
        struct epoll_event event = { .events = EPOLLIN };

        return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

/* Of both: the process, and what may keep it from ending. */
static int watch_end(int pidfd, int further_fd)
{
        _cleanup_close_ int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        int r;

        if (epoll_fd < 0)
                return -errno;
        r = watch(epoll_fd, pidfd);
        if (r == 0)
                r = further_fd < 0 ? further_fd : watch(epoll_fd, further_fd);
        return r < 0 ? r : ct_high_fd(ct_take_fd(&epoll_fd));
}

int ct_op_exit_fd(struct contain *c, contain_error_t **err)
{
        int fd = -ESRCH;

        pthread_mutex_lock(&c->look);
        if (c->child.pidfd >= 0)
                fd = watch_end(c->child.pidfd, ct_further_fd(c->ctx));
        pthread_mutex_unlock(&c->look);
        if (fd == -ESRCH)
                return ct_fail(err, CONTAIN_E_NOT_RUNNING, ESRCH, NULL, "container '%s' has no process",
                               c->id);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, -fd, NULL, "cannot watch for the end of container '%s'",
                               c->id);
        return fd;
}
