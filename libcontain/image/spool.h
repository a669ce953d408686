/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_SPOOL_H
#define CT_IMAGE_SPOOL_H

/* What comes once and has to be read twice is kept in a file without a name, gone with its descriptor. */

#include "image/source.h"

/* Writes all of @from, which it takes over, to such a file. */
int ct_spool(struct ct_stream *from, const struct ct_source_options *options, int *ret_fd,
             contain_error_t **err);

#endif
