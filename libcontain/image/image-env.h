/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_IMAGE_ENV_H
#define CT_IMAGE_IMAGE_ENV_H

#include "base/buf.h"
#include "image/source.h"

/*
 * The environment in the configuration of @image (image-spec, config.md, "Env") as the text of a file for it
 * (base/env-file.h): 1; 0 when it has none.
 */
int ct_image_env(struct ct_arena *arena, const struct ct_image *image, struct ct_buf *ret,
                 contain_error_t **err);

#endif
