/* SPDX-License-Identifier: MIT */

/* What is in the content store, and what goes. */

#include "ops/image-copy.h"
#include "ops/image-store.h"

int ct_op_image_store_list(struct contain_ctx *ctx, const contain_image_options_t *options, char **ret,
                           contain_error_t **err)
{
        _cleanup_(ct_image_request_done) struct ct_image_request request;

        ct_image_request_begin(&request, "images", options);
        return ct_image_request_run(&request, ctx, ret, NULL, err);
}

int ct_op_image_store_remove(struct contain_ctx *ctx, const char *name,
                             const contain_image_options_t *options, contain_error_t **err)
{
        _cleanup_(ct_image_request_done) struct ct_image_request request;
        _cleanup_free_ char *document = NULL;

        ct_image_request_begin(&request, "remove", options);
        ct_image_request_string(&request, "name", name);
        return ct_image_request_run(&request, ctx, &document, NULL, err);
}

int ct_op_image_store_collect(struct contain_ctx *ctx, bool dry_run, const contain_image_options_t *options,
                              char **ret, contain_error_t **err)
{
        _cleanup_(ct_image_request_done) struct ct_image_request request;
        _cleanup_free_ char *document = NULL;
        int r;

        if (!dry_run && !options->store)
                ct_image_copy_sweep(ctx);
        ct_image_request_begin(&request, "gc", options);
        ct_image_request_true(&request, "dryRun", dry_run);
        r = ct_image_request_run(&request, ctx, &document, NULL, err);
        if (r < 0)
                return r;
        if (ret)
                *ret = ct_take(document);
        return 0;
}
