/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_LAYER_READER_H
#define CT_IMAGE_LAYER_READER_H

/*
 * A layer's tar, read by libarchive as members of our own (member.h). Raw bytes of names are kept: the
 * program stays in the C locale, where libarchive has nothing to convert them to.
 */

#include "image/job.h"
#include "image/member.h"
#include "image/stream.h"

struct ct_layer_reader;

/* @stream is borrowed. @job (may be NULL) is asked whether to go on. */
int ct_layer_reader_open(struct ct_stream *stream, const struct ct_job *job, struct ct_layer_reader **ret,
                         contain_error_t **err);
struct ct_layer_reader *ct_layer_reader_free(struct ct_layer_reader *reader);
CT_CLEANUP(struct ct_layer_reader, ct_layer_reader_free)

/* 1: the next member, valid until the next call; 0: there is none. */
int ct_layer_reader_next(struct ct_layer_reader *reader, const struct ct_member **ret, contain_error_t **err);
/*
 * 1: a part of the member's content, in ascending order, and what lies between two of them is a hole; 0: that
 * was all. To be called until then, also for members that should not have any.
 */
int ct_layer_reader_data(struct ct_layer_reader *reader, const void **ret, size_t *ret_size,
                         uint64_t *ret_offset, contain_error_t **err);
/* Where the member has data, in ascending order, if its archive has it as a sparse file; else *ret is NULL.
 * Valid until the next member. */
int ct_layer_reader_extents(struct ct_layer_reader *reader, const struct ct_member_extent **ret,
                            size_t *ret_n, contain_error_t **err);
/* Behind the last member: 1: passed over a part of what is still in the stream, 0: there is nothing left. The
 * stream's digest is verified at its end only. */
int ct_layer_reader_rest(struct ct_layer_reader *reader, size_t *ret_size, contain_error_t **err);

#endif
