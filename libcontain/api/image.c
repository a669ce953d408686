/* SPDX-License-Identifier: MIT */

/* Gates of include/contain/image.h. */

#include "api/gate-image.h"

#include "ops/image.h"

#include <contain/image.h>

int contain_image_inspect_json(contain_ctx_t *ctx, const char *image, const contain_image_options_t *options,
                               char **ret, contain_error_t **err)
{
        contain_image_options_t known = { 0 };
        int r = gate_image(ctx, image, options, &known, err);

        if (r == 0)
                r = gate_argument(ret, "ret", err);
        return r < 0 ? r : ct_op_image_inspect(ctx, image, &known, ret, err);
}

int contain_image_unpack(contain_ctx_t *ctx, const char *image, const char *dir,
                         const contain_image_options_t *options, const contain_unpack_options_t *unpack,
                         char **ret, contain_error_t **err)
{
        contain_unpack_options_t known_unpack = { 0 };
        contain_image_options_t known = { 0 };
        int r = gate_image(ctx, image, options, &known, err);

        if (r == 0)
                r = gate_argument(dir, "dir", err);
        if (r == 0)
                r = gate_unpack(unpack, &known_unpack, err);
        return r < 0 ? r : ct_op_image_unpack(ctx, image, dir, &known, &known_unpack, ret, err);
}
