/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_STREAM_H
#define CT_IMAGE_STREAM_H

/* Bytes in their order, from wherever: a file, a registry, a decompressor, another thread. */

#include "base/buf.h"
#include "image/digest.h"

#include <sys/types.h>

struct ct_stream;

/* Bytes read, at most @size; 0 at the end; -errno with *err set. Once it failed it goes on failing. */
typedef ssize_t (*ct_stream_read_fn)(void *userdata, void *to, size_t size, contain_error_t **err);
typedef void (*ct_stream_close_fn)(void *userdata);

/* Takes @userdata over, also on failure (NULL when out of memory). */
struct ct_stream *ct_stream_new(ct_stream_read_fn read, ct_stream_close_fn close, void *userdata);
/* As ct_stream_new(), for one that makes its bytes of those of @from: takes that over too, and closes it
 * last. */
struct ct_stream *ct_stream_over(struct ct_stream *from, ct_stream_read_fn read, ct_stream_close_fn close,
                                 void *userdata);
/* How it hands out bytes that are in memory already. A stream that has no such way is read. */
typedef ssize_t (*ct_stream_next_fn)(void *userdata, const void **ret, contain_error_t **err);
void ct_stream_set_next(struct ct_stream *stream, ct_stream_next_fn next);
/* Closes it; may be called before its end was reached, and then waits for no one. */
struct ct_stream *ct_stream_free(struct ct_stream *stream);
CT_CLEANUP(struct ct_stream, ct_stream_free)
ssize_t ct_stream_read(struct ct_stream *stream, void *to, size_t size, contain_error_t **err);
/* The same without a copy where there need be none: what comes next, as much as is at hand. *ret is valid
 * until the next call. */
ssize_t ct_stream_next(struct ct_stream *stream, const void **ret, contain_error_t **err);
/* All that is left, appended; fails with EFBIG when that is more than @max bytes. */
int ct_stream_read_all(struct ct_stream *stream, size_t max, struct ct_buf *buf, contain_error_t **err);
/* Reads up to the end and drops it, so that whoever verifies at the end does. */
int ct_stream_drain(struct ct_stream *stream, contain_error_t **err);

/* What errors call it; "" for one that has no name and stands over none that has. */
const char *ct_stream_name(const struct ct_stream *stream);
int ct_stream_set_name(struct ct_stream *stream, const char *name);

/*
 * By another thread than the one that reads: nobody wants the rest. A read that waits for somebody else to
 * write then fails soon with -ECANCELED; those that never wait for long need not look.
 */
void ct_stream_stop(struct ct_stream *stream);
bool ct_stream_is_stopped(const struct ct_stream *stream);
/* It is stopped when @job, which lives longer, is cancelled. */
struct ct_job;
void ct_stream_set_job(struct ct_stream *stream, const struct ct_job *job);
/* How long a read waits for somebody else to write before it fails with -ETIMEDOUT; 0: for ever. */
void ct_stream_set_stall(struct ct_stream *stream, uint64_t stall_ms);

/* From a descriptor, which it takes over; @size bytes from @offset with pread(2), or what comes when @offset
 * is negative; @size -1 for up to the end. */
int ct_stream_from_fd(int fd, int64_t offset, int64_t size, struct ct_stream **ret, contain_error_t **err);

/* Of memory that has to live as long as the stream. */
int ct_stream_from_memory(const void *bytes, size_t size, struct ct_stream **ret, contain_error_t **err);

/*
 * Passes @from on, which it takes over, and fails at the end when size (-1: not known) or digest (NONE: not
 * known) are not those; a stream that is longer fails as soon as that is seen. @what names it in errors. It
 * is verified once it was read up to its end (0), not earlier.
 */
int ct_stream_verify(struct ct_stream *from, const char *what, const struct ct_digest *digest, int64_t size,
                     struct ct_stream **ret, contain_error_t **err);

/* The uncompressed bytes of @from, which it takes over; what they are compressed with is seen from the bytes:
 * gzip, zstd, xz, or nothing. Concatenated members are one stream. Reads @from to its end. */
int ct_stream_decompress(struct ct_stream *from, struct ct_stream **ret, contain_error_t **err);

/* Reads @from, which it takes over, in a thread that is up to @ahead bytes ahead. */
int ct_stream_ahead(struct ct_stream *from, size_t ahead, struct ct_stream **ret, contain_error_t **err);

#endif
