/* SPDX-License-Identifier: MIT */
#ifndef CT_OPS_IMAGE_USERNS_H
#define CT_OPS_IMAGE_USERNS_H

/*
 * Whose ids the files of an image become, and the user namespace for contain-image to work in where they are
 * not the caller's to give: there, the caller is root.
 */

#include "ops/handle.h"

struct ct_image_ids {
        bool mapped;   /* with subordinate ids */
        int userns_fd; /* -EBADF: the caller may do everything as it is */
};

void ct_image_ids_done(struct ct_image_ids *ids);
/* @auto_: subordinate ids are asked for; else they are taken if there are any. */
int ct_image_ids_open(struct contain_ctx *ctx, bool auto_, struct ct_image_ids *ret, contain_error_t **err);

/* A user namespace in which the caller's subordinate ids are mapped: its descriptor. */
int ct_image_userns(struct contain_ctx *ctx, contain_error_t **err);
/* One with the maps of "--userns auto" of a caller who may map any ids. */
int ct_image_userns_auto(struct contain_ctx *ctx, contain_error_t **err);

#endif
