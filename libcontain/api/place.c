/* SPDX-License-Identifier: MIT */

/* Gates of include/contain/place.h and run.h. */

#include "api/gate.h"

#include <contain/place.h>
#include <contain/run.h>

#define RUN_FLAGS (CONTAIN_RUN_READ_ONLY | CONTAIN_RUN_TERMINAL | CONTAIN_RUN_USERNS_AUTO)
#define FLAGS     (CONTAIN_PLACE_HOST_FILES | CONTAIN_PLACE_KEEP_PRIVILEGES | CONTAIN_PLACE_USERNS_AUTO)

int contain_load_place(contain_t *c, const char *rootfs, const contain_place_options_t *opts,
                       const char *const *argv, contain_error_t **err)
{
        contain_place_options_t known = { 0 };
        int r = gate_container(c, err);

        if (r == 0)
                r = gate_argument(rootfs, "rootfs", err);
        if (r == 0)
                r = gate_argument(argv, "argv", err);
        if (r == 0)
                r = gate_argument(argv[0], "argv[0]", err);
        if (r == 0 && opts)
                r = gate_opts(opts, &known, sizeof(known), err);
        if (r == 0)
                r = gate_flags(known.flags, FLAGS, err);
        if (r < 0)
                return r;
        if (known.reserved != 0)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "a reserved member is not 0");
        GATE_LIFE(c);
        r = gate_before_create(c, err);
        return r < 0 ? r : ct_op_load_place(c, rootfs, &known, argv, err);
}

static int gate_run(const contain_image_options_t *options, contain_image_options_t *known_options,
                    const contain_run_options_t *run, contain_run_options_t *known, contain_error_t **err)
{
        int r = 0;

        if (options)
                r = gate_opts(options, known_options, sizeof(*known_options), err);
        if (r == 0)
                r = gate_flags(known_options->flags, CONTAIN_IMAGE_INSECURE, err);
        if (r == 0 && run)
                r = gate_opts(run, known, sizeof(*known), err);
        if (r == 0)
                r = gate_flags(known->flags, RUN_FLAGS, err);
        if (r == 0 && known->reserved != 0)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "a reserved member is not 0");
        return r;
}

int contain_image_config(contain_ctx_t *ctx, const char *image, const char *rootfs,
                         const contain_image_options_t *options, const contain_run_options_t *run,
                         const char *const *argv, char **ret, contain_error_t **err)
{
        contain_image_options_t known_options = { 0 };
        contain_run_options_t known = { 0 };
        int r = gate_context(ctx, err);

        if (r == 0)
                r = gate_argument(image, "image", err);
        if (r == 0)
                r = gate_argument(ret, "ret", err);
        if (r == 0)
                r = gate_run(options, &known_options, run, &known, err);
        if (r == 0 && known.storage)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL,
                               "a storage was given, and nothing is unpacked");
        return r < 0 ? r : ct_op_image_spec(ctx, image, rootfs, &known_options, &known, argv, ret, err);
}

int contain_load_image(contain_t *c, const char *image, const contain_image_options_t *options,
                       const contain_run_options_t *run, const char *const *argv, contain_error_t **err)
{
        contain_image_options_t known_options = { 0 };
        contain_run_options_t known = { 0 };
        int r = gate_container(c, err);

        if (r == 0)
                r = gate_argument(image, "image", err);
        if (r == 0)
                r = gate_run(options, &known_options, run, &known, err);
        if (r < 0)
                return r;
        GATE_LIFE(c);
        r = gate_before_create(c, err);
        return r < 0 ? r : ct_op_load_image(c, image, &known_options, &known, argv, err);
}
