/* SPDX-License-Identifier: MIT */

/*
 * Events: an epoll set that holds an eventfd for what this handle did, the pidfd, and the cgroup's
 * descriptors for OOM and freezing. Being a descriptor itself, the set can be polled in any loop.
 */

#include "ops/handle.h"

#include "base/fds.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

void ct_event_poll(struct ct_events *events, int fd)
{
        struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

        (void)epoll_ctl(events->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

void ct_event_forget(struct ct_events *events, int *fd)
{
        /* A child of the host may have a copy: closing alone would leave it in the set. */
        if (*fd >= 0 && events->epoll_fd >= 0)
                (void)epoll_ctl(events->epoll_fd, EPOLL_CTL_DEL, *fd, NULL);
        *fd = ct_close(*fd);
}

static void wake(struct ct_events *events)
{
        uint64_t one = 1;

        if (events->wake_fd >= 0)
                (void)ct_write_all(events->wake_fd, &one, sizeof(one));
}

bool ct_event_drain(int fd)
{
        char bytes[512];
        ssize_t n;

        do
                n = read(fd, bytes, sizeof(bytes));
        while (n < 0 && errno == EINTR);
        return n > 0;
}

void ct_event_watch(struct contain *c)
{
        struct ct_events *events = &c->events;

        if (events->epoll_fd < 0)
                return;
        if (c->child.pidfd >= 0 && !c->starting && !events->exit_watched && !events->exit_told) {
                ct_event_poll(events, c->child.pidfd);
                events->exit_watched = true;
        }
        if (!c->cgroup || c->child.pidfd < 0 || events->exit_told)
                return;
        ct_event_oom_watch(c);
        if (!events->pause_watched) {
                events->frozen_fd = ct_high_fd(ct_cgroup_frozen_fd(c->cgroup));
                if (events->frozen_fd >= 0)
                        ct_event_poll(events, events->frozen_fd);
                events->paused = ct_cgroup_frozen(c->cgroup) == 1;
                events->pause_watched = true;
        }
}

void ct_event_hold_exit(struct contain *c, bool hold)
{
        struct ct_events *events = &c->events;

        c->starting = hold;
        if (!hold) {
                ct_event_watch(c);
        } else if (events->exit_watched) {
                (void)epoll_ctl(events->epoll_fd, EPOLL_CTL_DEL, c->child.pidfd, NULL);
                events->exit_watched = false;
        }
}

void ct_event_put_locked(struct contain *c, int event)
{
        struct ct_events *events = &c->events;

        if (events->n < CT_EVENT_QUEUE)
                events->queue[events->n++] = event;
        wake(events);
}

void ct_event_put(struct contain *c, int event)
{
        pthread_mutex_lock(&c->look);
        ct_event_put_locked(c, event);
        pthread_mutex_unlock(&c->look);
}

/*
 * A handle whose events nobody takes may be paused and resumed many times: then one that undoes the
 * last takes that one's place, so that there is room for others.
 */
void ct_event_put_pause(struct contain *c, bool paused)
{
        struct ct_events *events = &c->events;
        int event = paused ? CONTAIN_EVENT_PAUSED : CONTAIN_EVENT_RESUMED;
        int opposite = paused ? CONTAIN_EVENT_RESUMED : CONTAIN_EVENT_PAUSED;

        pthread_mutex_lock(&c->look);
        if (events->paused != paused && events->n >= CT_EVENT_QUEUE - 2 &&
            events->queue[events->n - 1] == opposite)
                events->n--;
        else if (events->paused != paused)
                ct_event_put_locked(c, event);
        events->paused = paused;
        pthread_mutex_unlock(&c->look);
}

int ct_op_event_fd(struct contain *c, contain_error_t **err)
{
        struct ct_events *events = &c->events;
        int fd, r = 0;

        pthread_mutex_lock(&c->look);
        if (events->epoll_fd < 0) {
                _cleanup_close_ int epoll_fd = ct_high_fd(epoll_create1(EPOLL_CLOEXEC));
                _cleanup_close_ int wake_fd = ct_high_fd(eventfd(events->n > 0, EFD_CLOEXEC | EFD_NONBLOCK));

                if (epoll_fd < 0 || wake_fd < 0) {
                        r = -errno;
                } else {
                        events->epoll_fd = ct_take_fd(&epoll_fd);
                        events->wake_fd = ct_take_fd(&wake_fd);
                        ct_event_poll(events, events->wake_fd);
                        ct_event_poll(events, ct_further_fd(c->ctx));
                        ct_event_watch(c);
                }
        }
        fd = r < 0 ? r : ct_dup(events->epoll_fd);
        pthread_mutex_unlock(&c->look);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, -fd, NULL, "cannot make an event descriptor");
        return fd;
}

static int take_queued(struct ct_events *events)
{
        int event;

        if (events->n == 0)
                return 0;
        event = events->queue[0];
        events->n--;
        memmove(events->queue, events->queue + 1, events->n * sizeof(events->queue[0]));
        if (events->n == 0 && events->wake_fd >= 0)
                (void)ct_event_drain(events->wake_fd);
        return event;
}

/* What others did, or this handle is about to tell. */
static int take_pause(struct contain *c)
{
        struct ct_events *events = &c->events;
        int frozen;

        /* The kernel tells on it of the last process's end, too. */
        if (events->frozen_fd >= 0)
                (void)ct_event_drain(events->frozen_fd);
        if (!c->cgroup || !events->pause_watched || c->exited)
                return 0;
        frozen = ct_cgroup_frozen(c->cgroup);
        if (frozen < 0 || (frozen == 1) == events->paused)
                return 0;
        events->paused = frozen == 1;
        return events->paused ? CONTAIN_EVENT_PAUSED : CONTAIN_EVENT_RESUMED;
}

static int take_exit(struct contain *c)
{
        struct ct_events *events = &c->events;

        if (events->exit_told || c->starting || c->child.pidfd < 0 || !c->exited)
                return 0;
        if (events->exit_watched)
                (void)epoll_ctl(events->epoll_fd, EPOLL_CTL_DEL, c->child.pidfd, NULL);
        events->exit_watched = false;
        events->exit_told = true;
        /* These would poll readable for ever: the kernel tells of the cgroup's end on them, too. */
        ct_event_oom_end(events);
        ct_event_forget(events, &events->frozen_fd);
        return CONTAIN_EVENT_EXITED;
}

void ct_event_settle(struct contain *c)
{
        int event = take_exit(c);

        if (event != 0)
                ct_event_put_locked(c, event);
        ct_event_oom_end(&c->events);
        ct_event_forget(&c->events, &c->events.frozen_fd);
        c->events.paused = c->events.pause_watched = false;
}

int ct_op_event_next(struct contain *c, contain_error_t **err)
{
        int event;

        (void)err;
        (void)ct_process_ended(c);
        pthread_mutex_lock(&c->look);
        /* What the handle did was queued before the process ended; a kill precedes the end that it causes. */
        event = take_queued(&c->events);
        if (event == 0)
                event = ct_event_oom_take(c);
        if (event == 0)
                event = take_pause(c);
        if (event == 0)
                event = take_exit(c);
        pthread_mutex_unlock(&c->look);
        return event;
}
