/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_RESUME_H
#define CT_IMAGE_RESUME_H

/* A stream that goes on where its connection broke, a bounded number of times. */

#include "image/job.h"
#include "image/stream.h"

/* Opens what is read from @offset on, for @for_stream, which may be stopped; *ret_offset is where it really
 * begins, not behind @offset. */
typedef int (*ct_resume_open_fn)(void *userdata, uint64_t offset, const struct ct_stream *for_stream,
                                 struct ct_stream **ret, uint64_t *ret_offset, contain_error_t **err);

struct ct_resume {
        ct_resume_open_fn open;
        void (*close)(void *userdata); /* NULL */
        void *userdata;
        const char *what; /* for errors; lives as long as userdata */
        uint64_t offset;  /* of the first byte that is wanted */
        int64_t size;     /* where it ends, -1 when not known: ending before it is a broken connection */
        const struct ct_job *job; /* NULL */
        bool stall_ends; /* a connection that stalls is not taken up again: somebody waits no longer */
};

/* Opens it, and fails at once when that fails. Takes userdata over, also on failure. */
int ct_resume_new(const struct ct_resume *how, struct ct_stream **ret, contain_error_t **err);

/* Is it worth another try? */
bool ct_resume_is_passing(int r);
/* Waits before try number @tries; -ECANCELED when the job is, or the stream (NULL) is stopped. */
int ct_resume_wait(const struct ct_job *job, const struct ct_stream *for_stream, unsigned tries);

#endif
