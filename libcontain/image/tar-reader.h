/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_TAR_READER_H
#define CT_IMAGE_TAR_READER_H

/* libarchive, set to read nothing but a tar, from a descriptor or from a stream. */

#include "image/stream.h"

#include <stdbool.h>

struct archive_entry;
struct ct_tar_reader;

/* From @fd, borrowed, beginning at @offset; by pread(2), so that many may read the same one. */
int ct_tar_reader_open(int fd, int64_t offset, const char *name, struct ct_tar_reader **ret,
                       contain_error_t **err);
/* From @from, which it takes over. */
int ct_tar_reader_open_stream(struct ct_stream *from, struct ct_tar_reader **ret, contain_error_t **err);
struct ct_tar_reader *ct_tar_reader_free(struct ct_tar_reader *reader);
CT_CLEANUP(struct ct_tar_reader, ct_tar_reader_free)

/* 1: the next header, valid until the next call; 0: there is none. */
int ct_tar_reader_next(struct ct_tar_reader *reader, struct archive_entry **ret, contain_error_t **err);
/* Where that header is, counted from where reading began. */
int64_t ct_tar_reader_position(const struct ct_tar_reader *reader);
/* Of the entry's content; 0 at its end. */
ssize_t ct_tar_reader_data(struct ct_tar_reader *reader, void *to, size_t size, contain_error_t **err);

#endif
