/* SPDX-License-Identifier: MIT */

/* rmi: names of the content store go. */

#include "commands.h"
#include "store.h"

static int run(struct app *app, const void *values, const struct operands *operands)
{
        contain_image_options_t image_options = store_get(values);
        _cleanup_context_ contain_ctx_t *ctx = NULL;
        int r;

        r = app_context(app, &ctx);
        for (size_t i = 0; r == 0 && i < operands->n; i++) {
                _cleanup_error_ contain_error_t *error = NULL;

                if (contain_image_store_remove(ctx, operands->words[i], &image_options, &error) < 0)
                        r = app_fail_error(app, error);
        }
        return r;
}

const struct command command_rmi = {
        .name = "rmi",
        .synopsis = "NAME...",
        .summary = "take images out of the store",
        .options = { store_options },
        .options_size = sizeof(struct store_options),
        .min_operands = 1,
        .max_operands = SIZE_MAX,
        .run = run,
};
