/* SPDX-License-Identifier: MIT */
#ifndef CT_OPS_IMAGE_H
#define CT_OPS_IMAGE_H

/*
 * Verbs on images: each builds a request, has contain-image carry it out, and hands the answer back. The
 * options that they are given are complete: what the caller did not give is zero.
 */

#include "ops/handle.h"

#include "base/buf.h"
#include "base/message.h"

/* Limits of what is unpacked; 0: none. */
struct ct_image_limits {
        uint64_t bytes, entries, file_bytes, depth;
};

/* A request that is being written. */
struct ct_image_request {
        struct ct_buf text;
        int fds[CT_MESSAGE_FDS]; /* borrowed */
        size_t n_fds;
        const char *unusable; /* the member whose value is not UTF-8, which JSON cannot hold */
        struct ct_image_limits limits;
        const contain_image_options_t *options;
};

static inline void ct_image_request_done(struct ct_image_request *request)
{
        ct_buf_done(&request->text);
}

/* Begins it with the name of the request, and with what @options, which it keeps, say of every one. */
void ct_image_request_begin(struct ct_image_request *request, const char *verb,
                            const contain_image_options_t *options);
/* Members; a value of NULL is left out. */
void ct_image_request_string(struct ct_image_request *request, const char *key, const char *value);
/* One that is for sentences only, whatever bytes it has. */
void ct_image_request_words(struct ct_image_request *request, const char *key, const char *value);
void ct_image_request_uint(struct ct_image_request *request, const char *key, uint64_t value);
void ct_image_request_true(struct ct_image_request *request, const char *key, bool value);
void ct_image_request_strings(struct ct_image_request *request, const char *key, const char *const *values);
/* A descriptor, borrowed until the request is sent; a negative one is left out. */
void ct_image_request_fd(struct ct_image_request *request, const char *key, int fd);
/* The image that it is about, with standard input for a name that says so: "-", "oci-archive:-". */
void ct_image_request_image(struct ct_image_request *request, const char *image);

/* How something is unpacked. CONTAIN_OWNER_SUBIDS takes a member "asRoot" besides. */
int ct_image_request_unpack(struct ct_image_request *request, const contain_unpack_options_t *unpack,
                            contain_error_t **err);

/* Sends it, and waits for the answer. @ret_fd may be NULL. */
int ct_image_request_run(struct ct_image_request *request, struct contain_ctx *ctx, char **ret, int *ret_fd,
                         contain_error_t **err);

int ct_op_image_inspect(struct contain_ctx *ctx, const char *image, const contain_image_options_t *options,
                        char **ret, contain_error_t **err);
/* @ret may be NULL. */
int ct_op_image_unpack(struct contain_ctx *ctx, const char *image, const char *dir,
                       const contain_image_options_t *options, const contain_unpack_options_t *unpack,
                       char **ret, contain_error_t **err);

/*
 * A folder that something is to be made in: it is there (member @key is its descriptor), or it is to be made
 * (@key is that of its parent, and KEY + "Name" what it is to be called). KEY + "Path" is the path, for
 * words. *ret_fd is the caller's to close after the request was run.
 */
int ct_image_request_target(struct ct_image_request *request, const char *key, const char *path, int *ret_fd,
                            contain_error_t **err);

#endif
