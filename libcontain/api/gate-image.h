/* SPDX-License-Identifier: MIT */
#ifndef CT_API_GATE_IMAGE_H
#define CT_API_GATE_IMAGE_H

#include "api/gate.h"

#include <contain/image.h>

/* What every call on an image has: @options may be NULL, and becomes @known. */
static inline int gate_image(struct contain_ctx *ctx, const char *image,
                             const contain_image_options_t *options, contain_image_options_t *known,
                             contain_error_t **err)
{
        int r = gate_context(ctx, err);

        if (r == 0)
                r = gate_argument(image, "image", err);
        if (r == 0 && options)
                r = gate_opts(options, known, sizeof(*known), err);
        return r < 0 ? r : gate_flags(known->flags, CONTAIN_IMAGE_INSECURE, err);
}

/* How an image is unpacked; may be NULL. */
static inline int gate_unpack(const contain_unpack_options_t *unpack, contain_unpack_options_t *known,
                              contain_error_t **err)
{
        int r = unpack ? gate_opts(unpack, known, sizeof(*known), err) : 0;

        return r < 0 ? r : gate_flags(known->flags, CONTAIN_UNPACK_NO_DEVICES, err);
}

#endif
