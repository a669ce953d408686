/* SPDX-License-Identifier: MIT */
#ifndef CT_OPS_IMAGE_STORE_H
#define CT_OPS_IMAGE_STORE_H

/* Verbs on the content store; see ops/image.h. @ret, where a document is told, may be NULL. */

#include "ops/image.h"

int ct_op_image_pull(struct contain_ctx *ctx, const char *image, const char *name,
                     const contain_image_options_t *options, char **ret, contain_error_t **err);
int ct_op_image_store_list(struct contain_ctx *ctx, const contain_image_options_t *options, char **ret,
                           contain_error_t **err);
int ct_op_image_store_remove(struct contain_ctx *ctx, const char *name,
                             const contain_image_options_t *options, contain_error_t **err);
int ct_op_image_store_collect(struct contain_ctx *ctx, bool dry_run, const contain_image_options_t *options,
                              char **ret, contain_error_t **err);
/* @id may be NULL, @userns_fd negative. */
int ct_op_image_store_mount(struct contain_ctx *ctx, const char *image, const char *id, int userns_fd,
                            const contain_image_options_t *options, int *ret_fd, char **ret,
                            contain_error_t **err);
int ct_op_image_store_release(struct contain_ctx *ctx, const char *id, const contain_image_options_t *options,
                              contain_error_t **err);

#endif
