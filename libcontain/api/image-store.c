/* SPDX-License-Identifier: MIT */

/* Gates of include/contain/image-store.h. */

#include "api/gate.h"

#include "ops/image-store.h"

#include <contain/image-store.h>

/* What every call on the store has: @options may be NULL, and becomes @known. */
static int gate_store(struct contain_ctx *ctx, const contain_image_options_t *options,
                      contain_image_options_t *known, contain_error_t **err)
{
        int r = gate_context(ctx, err);

        if (r == 0 && options)
                r = gate_opts(options, known, sizeof(*known), err);
        return r < 0 ? r : gate_flags(known->flags, CONTAIN_IMAGE_INSECURE, err);
}

int contain_image_pull(contain_ctx_t *ctx, const char *image, const char *name,
                       const contain_image_options_t *options, char **ret, contain_error_t **err)
{
        contain_image_options_t known = { 0 };
        int r = gate_store(ctx, options, &known, err);

        if (r == 0)
                r = gate_argument(image, "image", err);
        return r < 0 ? r : ct_op_image_pull(ctx, image, name, &known, ret, err);
}

int contain_image_store_list_json(contain_ctx_t *ctx, const contain_image_options_t *options, char **ret,
                                  contain_error_t **err)
{
        contain_image_options_t known = { 0 };
        int r = gate_store(ctx, options, &known, err);

        if (r == 0)
                r = gate_argument(ret, "ret", err);
        return r < 0 ? r : ct_op_image_store_list(ctx, &known, ret, err);
}

int contain_image_store_remove(contain_ctx_t *ctx, const char *name, const contain_image_options_t *options,
                               contain_error_t **err)
{
        contain_image_options_t known = { 0 };
        int r = gate_store(ctx, options, &known, err);

        if (r == 0)
                r = gate_argument(name, "name", err);
        return r < 0 ? r : ct_op_image_store_remove(ctx, name, &known, err);
}

int contain_image_store_collect(contain_ctx_t *ctx, unsigned flags, const contain_image_options_t *options,
                                char **ret, contain_error_t **err)
{
        contain_image_options_t known = { 0 };
        int r = gate_store(ctx, options, &known, err);

        if (r == 0)
                r = gate_flags(flags, CONTAIN_COLLECT_DRY_RUN, err);
        if (r < 0)
                return r;
        return ct_op_image_store_collect(ctx, flags & CONTAIN_COLLECT_DRY_RUN, &known, ret, err);
}

int contain_image_store_mount(contain_ctx_t *ctx, const char *image, const char *id, int userns_fd,
                              const contain_image_options_t *options, int *ret_fd, char **ret,
                              contain_error_t **err)
{
        contain_image_options_t known = { 0 };
        int r = gate_store(ctx, options, &known, err);

        if (r == 0)
                r = gate_argument(image, "image", err);
        if (r == 0)
                r = gate_argument(ret_fd, "ret_fd", err);
        if (r < 0)
                return r;
        const struct ct_image_mount mount = { .image = image, .id = id, .userns_fd = userns_fd };

        return ct_op_image_store_mount(ctx, &mount, &known, ret_fd, ret, err);
}

int contain_image_store_release(contain_ctx_t *ctx, const char *id, const contain_image_options_t *options,
                                contain_error_t **err)
{
        contain_image_options_t known = { 0 };
        int r = gate_store(ctx, options, &known, err);

        if (r == 0)
                r = gate_argument(id, "id", err);
        return r < 0 ? r : ct_op_image_store_release(ctx, id, &known, err);
}
