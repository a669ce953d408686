/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_OUTPUT_H
#define CT_IMAGE_OUTPUT_H

/* A descriptor of the caller's that is written to, behind which somebody may never read. */

#include "image/job.h"

struct ct_output {
        int fd;     /* borrowed */
        int own_fd; /* the same pipe, opened once more so as not to block; -1 for what is no pipe */
        const struct ct_job *job; /* who may cancel; NULL */
};

void ct_output_init(struct ct_output *output, int fd, const struct ct_job *job);
void ct_output_done(struct ct_output *output);
/* -ECANCELED, -EPIPE, -errno */
int ct_output_write(const struct ct_output *output, const void *bytes, size_t size);

#endif
