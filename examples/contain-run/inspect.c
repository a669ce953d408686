/* SPDX-License-Identifier: MIT */

/* inspect: what an image is. */

#include "commands.h"
#include "document.h"
#include "source.h"

struct inspect_options {
        struct source_options source;
};

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct inspect_options *options = values;
        _cleanup_context_ contain_ctx_t *ctx = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_document_ char *document = NULL;
        contain_image_options_t image_options;
        struct progress progress;
        int r;

        r = app_context(app, &ctx);
        if (r == 0)
                r = source_get(app, &options->source, &progress, &image_options);
        if (r != 0)
                return r;
        r = contain_image_inspect_json(ctx, operands->words[0], &image_options, &document, &error);
        progress_end(&progress);
        return r < 0 ? app_fail_error(app, error) : document_print(app, document);
}

const struct command command_inspect = {
        .name = "inspect",
        .synopsis = "IMAGE",
        .summary = "print what an image is",
        .options = { source_options },
        .options_size = sizeof(struct inspect_options),
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
