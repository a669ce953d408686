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

struct ct_image_mount {
        const char *image;
        const char *id;   /* NULL: read-only */
        const char *copy; /* the container's folder that goes with it (base/claim.h); NULL: none */
        int userns_fd;    /* -1: none */
        bool optional;    /* an image that could have no name in the store is none's fault */
        bool volumes;     /* folders of the image's volumes are made */
};

/* 0; 1: there is no mount, as it is optional. */
int ct_op_image_store_mount(struct contain_ctx *ctx, const struct ct_image_mount *mount,
                            const contain_image_options_t *options, int *ret_fd, char **ret,
                            contain_error_t **err);
int ct_op_image_store_release(struct contain_ctx *ctx, const char *id, const contain_image_options_t *options,
                              contain_error_t **err);

#endif
