/* SPDX-License-Identifier: MIT */

/* Releases: listed, switched, removed. */

#include "ops/deploy.h"

static const contain_image_options_t no_options;

int ct_op_releases(struct contain_ctx *ctx, const char *dir, char **ret, contain_error_t **err)
{
        _cleanup_(ct_image_request_done) struct ct_image_request request;
        _cleanup_close_ int root_fd = -EBADF;
        int r;

        ct_image_request_begin(&request, "releases", &no_options);
        r = ct_deploy_request_root(&request, dir, &root_fd, err);
        return r < 0 ? r : ct_deploy_request_run(&request, ctx, ret, err);
}

int ct_op_rollback(struct contain_ctx *ctx, const char *dir, const char *to, char **ret,
                   contain_error_t **err)
{
        _cleanup_(ct_image_request_done) struct ct_image_request request;
        _cleanup_close_ int root_fd = -EBADF;
        int r;

        ct_image_request_begin(&request, "rollback", &no_options);
        ct_image_request_string(&request, "to", to);
        r = ct_deploy_request_root(&request, dir, &root_fd, err);
        return r < 0 ? r : ct_deploy_request_run(&request, ctx, ret, err);
}

int ct_op_prune(struct contain_ctx *ctx, const char *dir, uint32_t keep, uint32_t flags, char **ret,
                contain_error_t **err)
{
        _cleanup_(ct_image_request_done) struct ct_image_request request;
        _cleanup_close_ int root_fd = -EBADF;
        int r;

        ct_image_request_begin(&request, "prune", &no_options);
        ct_image_request_uint(&request, "keep", keep);
        ct_image_request_true(&request, "dryRun", flags & CONTAIN_PRUNE_DRY_RUN);
        r = ct_deploy_request_containers(&request, ctx, err);
        if (r == 0)
                r = ct_deploy_request_root(&request, dir, &root_fd, err);
        return r < 0 ? r : ct_deploy_request_run(&request, ctx, ret, err);
}
