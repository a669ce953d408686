/* SPDX-License-Identifier: MIT */

#include "ops/image.h"

int ct_op_image_inspect(struct contain_ctx *ctx, const char *image, const contain_image_options_t *options,
                        char **ret, contain_error_t **err)
{
        _cleanup_(ct_image_request_done) struct ct_image_request request;

        ct_image_request_begin(&request, "inspect", options);
        ct_image_request_image(&request, image);
        return ct_image_request_run(&request, ctx, ret, NULL, err);
}
