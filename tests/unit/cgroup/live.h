/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_CGROUP_LIVE_H
#define TESTS_UNIT_CGROUP_LIVE_H

/* Tests on the machine's real hierarchies: root only, in cgroups of their own name, which are gone
 * afterwards. */

#include "support.h"

struct live {
        struct ct_cgroup_layout *layout;
        struct ct_cgroup *cgroup;
        struct ct_arena *arena;
        char path[128];
        pid_t children[16];
        size_t n_children;
};

/*
 * Names a cgroup "/contain-unit-PID-N" (with @more behind it) on this machine, or on those of its
 * hierarchies that have @controller ("v2" for that one) when it is not NULL. false: skipped, or failed.
 */
bool live_begin(struct live *live, const char *more, const char *controller);
/* The same for a scope "contain-unit-PID-N" that the machine's systemd is to make. */
bool live_begin_scope(struct live *live);
/* Destroys the cgroup, reaps the children, and checks that nothing is left. */
void live_end(struct live *live);

/* Creates with limits; the message is "" when that went well. */
const char *live_create(struct live *live, const char *json);
const char *live_update(struct live *live, const char *json);
/* A child that runs @work in the cgroup and exits with its result; it sleeps when that is NULL. */
pid_t live_child(struct live *live, int (*work)(void));
/* Waits for the child, and returns its exit status, or minus the signal. */
int live_wait(struct live *live, pid_t pid);
/* A control file in the hierarchy that has the controller. */
const char *live_file(const struct live *live, const char *controller, const char *file);
bool live_put(const struct live *live, const char *controller, const char *file, const char *text);
/* Whether the machine has the controller, on v1, and on v2. */
bool live_has_v1(const struct live *live, const char *controller);
bool live_has_v2(const struct live *live, const char *controller);
/* Number of the container's folders that are there. */
size_t live_count(const struct live *live);

/* Begins a test, or leaves it. */
#define LIVE(live, more, controller)                                                                         \
        if (!live_begin(live, more, controller))                                                             \
        return
#define LIVE_SCOPE(live)                                                                                     \
        if (!live_begin_scope(live))                                                                         \
        return

#endif
