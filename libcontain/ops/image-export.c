/* SPDX-License-Identifier: MIT */

#include "ops/deploy.h"

int ct_op_image_export(struct contain_ctx *ctx, const char *image, int fd, uint32_t flags,
                       const contain_image_options_t *options, char **ret, contain_error_t **err)
{
        _cleanup_(ct_image_request_done) struct ct_image_request request;

        ct_image_request_begin(&request, "export", options);
        ct_image_request_image(&request, image);
        ct_image_request_fd(&request, "output", fd);
        ct_image_request_true(&request, "noEnv", flags & CONTAIN_EXPORT_NO_ENV);
        ct_image_request_true(&request, "noDevices", flags & CONTAIN_EXPORT_NO_DEVICES);
        return ct_deploy_request_run(&request, ctx, ret, err);
}
