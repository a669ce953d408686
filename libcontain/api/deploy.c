/* SPDX-License-Identifier: MIT */

/* Gates of include/contain/deploy.h. */

#include "api/gate-image.h"

#include "ops/deploy.h"

#include <contain/deploy.h>

#define DEPLOY_FLAGS                                                                                         \
        (CONTAIN_DEPLOY_IN_PLACE | CONTAIN_DEPLOY_QUICK | CONTAIN_DEPLOY_FORCE | CONTAIN_DEPLOY_NO_ENV)

int contain_image_export(contain_ctx_t *ctx, const char *image, int fd, uint32_t flags,
                         const contain_image_options_t *options, char **ret, contain_error_t **err)
{
        contain_image_options_t known = { 0 };
        int r = gate_image(ctx, image, options, &known, err);

        if (r == 0)
                r = gate_flags(flags, CONTAIN_EXPORT_NO_ENV | CONTAIN_EXPORT_NO_DEVICES, err);
        if (r == 0 && fd < 0)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EBADF, NULL, "'fd' is no descriptor");
        return r < 0 ? r : ct_op_image_export(ctx, image, fd, flags, &known, ret, err);
}

int contain_deploy(contain_ctx_t *ctx, const char *image, const char *dir,
                   const contain_image_options_t *options, const contain_unpack_options_t *unpack,
                   const contain_deploy_options_t *deploy, char **ret, contain_error_t **err)
{
        contain_unpack_options_t known_unpack = { 0 };
        contain_deploy_options_t known_deploy = { 0 };
        contain_image_options_t known = { 0 };
        int r = gate_image(ctx, image, options, &known, err);

        if (r == 0)
                r = gate_argument(dir, "dir", err);
        if (r == 0)
                r = gate_unpack(unpack, &known_unpack, err);
        if (r == 0 && deploy)
                r = gate_opts(deploy, &known_deploy, sizeof(known_deploy), err);
        if (r == 0)
                r = gate_flags(known_deploy.flags, DEPLOY_FLAGS, err);
        return r < 0 ? r : ct_op_deploy(ctx, image, dir, &known, &known_unpack, &known_deploy, ret, err);
}

static int gate_folder(struct contain_ctx *ctx, const char *dir, contain_error_t **err)
{
        int r = gate_context(ctx, err);

        return r < 0 ? r : gate_argument(dir, "dir", err);
}

int contain_releases_json(contain_ctx_t *ctx, const char *dir, char **ret, contain_error_t **err)
{
        int r = gate_folder(ctx, dir, err);

        if (r == 0)
                r = gate_argument(ret, "ret", err);
        return r < 0 ? r : ct_op_releases(ctx, dir, ret, err);
}

int contain_rollback(contain_ctx_t *ctx, const char *dir, const char *to, char **ret, contain_error_t **err)
{
        int r = gate_folder(ctx, dir, err);

        return r < 0 ? r : ct_op_rollback(ctx, dir, to, ret, err);
}

int contain_prune(contain_ctx_t *ctx, const char *dir, uint32_t keep, uint32_t flags, char **ret,
                  contain_error_t **err)
{
        int r = gate_folder(ctx, dir, err);

        if (r == 0)
                r = gate_flags(flags, CONTAIN_PRUNE_DRY_RUN, err);
        return r < 0 ? r : ct_op_prune(ctx, dir, keep, flags, ret, err);
}
