/* SPDX-License-Identifier: MIT */

/* features: what this build and this kernel can do (runtime-spec, features.md). */

#include "app.h"
#include "commands.h"

static int run(struct app *app, const void *values, const struct operands *operands)
{
        _cleanup_context_ contain_ctx_t *ctx = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_document_ char *document = NULL;
        int r;

        (void)values;
        (void)operands;
        /* Engines parse standard output and standard error together. */
        app->quiet = true;
        r = app_context(app, &ctx);
        if (r != 0)
                return r;
        if (contain_features_json(ctx, &document, &error) < 0)
                return app_fail_error(app, error);
        return app_print(app, document);
}

const struct command command_features = {
        .name = "features",
        .synopsis = "",
        .summary = "print what this build and this kernel can do",
        .run = run,
};
