/* SPDX-License-Identifier: MIT */
#ifndef CT_OPS_KEEP_H
#define CT_OPS_KEEP_H

/* A keeper in the making, and what all verbs do with one. */

#include "host/keeper.h"
#include "ops/handle.h"

/* The keeper of a container that is being created. */
struct ct_keep {
        bool wanted;
        struct keeper_setup setup;
        int fds[KEEPER_DESCRIPTORS]; /* for the keeper; those that are borrowed are filled in last */
        int stdio[3]; /* for the container: ends of pipes, or the caller's own, which are borrowed */
        bool own_stdio[3];
        int socket_fd; /* where it waits to hear that the container is created */
        int pidfd;
};

void ct_keep_init(struct ct_keep *keep, struct contain *c);
/* Lets go of it; one that was not told to stay ends, and has ended when this returns. */
void ct_keep_done(struct ct_keep *keep);
/* Makes what it is to hold, and what @record is to say of it. */
int ct_keep_prepare(struct ct_keep *keep, struct contain *c, struct ct_state *state, struct ct_record *record,
                    contain_error_t **err);
/* Like ct_spawn_init(), by the keeper. A positive errno when it is the clone that has failed. */
int ct_keep_spawn(struct ct_keep *keep, struct contain *c, const struct ct_spawn_init *what,
                  struct ct_record *record, struct ct_child *ret, int *ret_in_cgroup, contain_error_t **err);
/* Tells it to stay: @child is the container's process. @forked: it is not the one that was spawned. */
int ct_keep_commit(struct ct_keep *keep, struct contain *c, const struct ct_child *child, bool forked,
                   int console_fd, struct ct_cgroup *cgroup, contain_error_t **err);

/* Connects to the keeper of @c. Returns the descriptor. */
int ct_keep_connect(struct contain *c, contain_error_t **err);
/* Waits until the exit is written down, or cannot be any more. */
void ct_keep_wait(struct ct_state *state);
/* Ends the keeper, if there is one. */
void ct_keep_end(struct ct_state *state, const struct ct_record *record);

#endif
