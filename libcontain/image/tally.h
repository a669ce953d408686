/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_TALLY_H
#define CT_IMAGE_TALLY_H

#include "image/stream.h"

/* What is known of a stream once it has ended. */
struct ct_tally {
        struct ct_digest digest; /* NONE until then */
        uint64_t zeros; /* that it ends with: a tar has two blocks of them, unless it was cut short */
};

/* Passes @from on, which it takes over, and digests what passes. @tally has to live as long. */
int ct_stream_tally(struct ct_stream *from, struct ct_tally *tally, struct ct_stream **ret,
                    contain_error_t **err);

#endif
