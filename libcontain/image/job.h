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

struct ct_job_state; /* what threads share (job.c) */

struct ct_job {
        struct ct_json request; /* "do" and what belongs to it */
        struct ct_arena *arena;
        int fds[CT_JOB_FDS]; /* that came with it; the request says by index which is what */
        size_t n_fds;
        int socket_fd;
        int reply_fd;  /* one that goes with the result, or -1; the job's to close */
        int cancel_fd; /* can be read from once the job is cancelled: for those who wait with poll(2) */
        struct ct_job_state *state;
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

/*
 * The descriptor that member @key of the request names by its index, borrowed: 1, 0 for no such member,
 * -errno for an index that no descriptor came for.
 */
int ct_job_fd(const struct ct_job *job, const char *key, int *ret, contain_error_t **err);

/* For main.c: takes the request, and from then on watches whether somebody waits for the result. */
int ct_job_begin(int socket_fd, struct ct_job **ret, contain_error_t **err);
/* Nobody is told of anything any more; the memory of the request is freed. */
struct ct_job *ct_job_end(struct ct_job *job);
CT_CLEANUP(struct ct_job, ct_job_end)

#endif
