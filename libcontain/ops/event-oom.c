/* SPDX-License-Identifier: MIT */

/*
 * Events: kills for want of memory. The cgroup's descriptor says that there may have been one, its count
 * whether there was. On v1 the kernel tells first, and then kills and counts: who looks at once finds
 * nothing, and is not told again. So a timer has the count looked at again, a few times.
 */

#include "ops/handle.h"

#include "base/fds.h"

#include <sys/timerfd.h>

/* 1, 2, 4 … ms; after some two seconds there was no kill: others had freed memory, or kills are disabled. */
#define AGAIN_FIRST_MS 1
#define AGAIN_LAST_MS  1024

void ct_event_oom_end(struct ct_events *events)
{
        ct_event_forget(events, &events->oom_fd);
        ct_event_forget(events, &events->oom_again_fd);
        events->oom_again_ms = 0;
}

/* Wakes whoever polls in @ms milliseconds; 0: never. */
static void look_again(struct ct_events *events, unsigned ms)
{
        const struct itimerspec when = { .it_value = { ms / 1000, (long)(ms % 1000) * 1000000 } };

        if (events->oom_again_fd >= 0 && ms != events->oom_again_ms)
                (void)timerfd_settime(events->oom_again_fd, 0, &when, NULL);
        events->oom_again_ms = ms;
}

void ct_event_oom_watch(struct contain *c)
{
        struct ct_events *events = &c->events;
        uint64_t kills = 0;

        if (events->oom_fd >= 0)
                return;
        /* Who opens a container is told of what happens from then on. */
        if (c->opened)
                (void)ct_cgroup_oom_kills(c->cgroup, &events->oom_kills);
        events->oom_fd = ct_high_fd(ct_cgroup_oom_fd(c->cgroup));
        if (events->oom_fd < 0)
                return;
        events->oom_again_fd = ct_high_fd(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
        ct_event_poll(events, events->oom_fd);
        if (events->oom_again_fd >= 0)
                ct_event_poll(events, events->oom_again_fd);
        /* The descriptor does not tell of those before it. */
        if (ct_cgroup_oom_kills(c->cgroup, &kills) == 0 && kills > events->oom_kills)
                look_again(events, AGAIN_FIRST_MS);
}

int ct_event_oom_take(struct contain *c)
{
        struct ct_events *events = &c->events;
        bool told, again;
        uint64_t kills;

        if (!c->cgroup || events->oom_fd < 0)
                return 0;
        told = ct_event_drain(events->oom_fd);
        again = events->oom_again_fd >= 0 && ct_event_drain(events->oom_again_fd);
        if (ct_cgroup_oom_kills(c->cgroup, &kills) < 0) {
                /* The cgroup is gone: it would poll readable for ever. */
                ct_event_oom_end(events);
                return 0;
        }
        if (kills > events->oom_kills) {
                events->oom_kills = kills;
                look_again(events, 0);
                return CONTAIN_EVENT_OOM;
        }
        if (told && ct_cgroup_oom_fd_is_early(c->cgroup))
                look_again(events, AGAIN_FIRST_MS);
        else if (again)
                look_again(events, events->oom_again_ms < AGAIN_LAST_MS ? 2 * events->oom_again_ms : 0);
        return 0;
}
