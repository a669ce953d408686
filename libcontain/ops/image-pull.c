/* SPDX-License-Identifier: MIT */

#include "ops/image-store.h"

int ct_op_image_pull(struct contain_ctx *ctx, const char *image, const char *name,
                     const contain_image_options_t *options, char **ret, contain_error_t **err)
{
        _cleanup_(ct_image_request_done) struct ct_image_request request;
        _cleanup_free_ char *document = NULL;
        int r;

        ct_image_request_begin(&request, "pull", options);
        ct_image_request_image(&request, image);
        ct_image_request_string(&request, "name", name);
        r = ct_image_request_run(&request, ctx, &document, NULL, err);
        if (r >= 0 && ret)
                *ret = ct_take(document);
        return r;
}
