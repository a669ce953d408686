/* SPDX-License-Identifier: MIT */
#ifndef CT_OPS_TALK_H
#define CT_OPS_TALK_H

/* The host's side of the conversation with contain-init (plan/format.h), whatever its plan makes. */

#include "base/clock.h"
#include "ops/handle.h"

struct ct_talk {
        struct contain *c;
        const struct ct_plan *plan;
        const char *who; /* is talked to, for people */
        int socket_fd;
        int64_t deadline;       /* of all of it, or CT_CLOCK_NEVER */
        struct ct_child *child; /* becomes the process that goes on, when the plan has one forked */
        int *console_fd;        /* receives the terminal's master end */
        int *network_fd;        /* receives a rtnetlink socket of the container's; NULL: there is none */

        /* Runs the host's steps at contain-init's turn. 1: that was all. */
        int (*turn)(void *userdata, uint32_t step, contain_error_t **err);
        void *userdata;

        uint32_t fork_step; /* of a staged plan: steps behind it belong to the second process */
        bool forked;
};

/* Talks until turn() has returned 1. */
int ct_talk_run(struct ct_talk *talk, contain_error_t **err);
/* The process is gone, or does not listen: says how it ended. */
int ct_talk_lost(const struct ct_talk *talk, contain_error_t **err);

/* Ends a child of ours and takes its status, so that no zombie stays. */
void ct_child_reap(struct ct_child *child);

#endif
