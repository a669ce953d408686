/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_JOB_H
#define CT_IMAGE_JOB_H

/* What the program was asked to do, and whom it tells how far it is. */

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>

#define CT_JOB_FDS 8

struct ct_job {
        struct ct_json request; /* "do" and what belongs to it */
        struct ct_arena *arena;
        int fds[CT_JOB_FDS]; /* that came with it; the request says by index which is what */
        size_t n_fds;
        int socket_fd;
        int reply_fd; /* one that goes with the result, or -1; the job's to close */
};

/*
 * Tells how far it is, not more often than the other side can see; may be called by any thread. @what is what
 * is being worked on: a digest, a path. @total 0: not known.
 */
void ct_job_progress(const struct ct_job *job, const char *phase, const char *what, uint64_t done,
                     uint64_t total);
/* True once nobody waits for the result any more: give up with -ECANCELED. Cheap; may be called by any
 * thread. */
bool ct_job_is_cancelled(const struct ct_job *job);

#endif
