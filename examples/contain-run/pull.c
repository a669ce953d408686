/* SPDX-License-Identifier: MIT */

/* pull: an image with all its layers comes into the content store. */

#include "commands.h"
#include "source.h"

#include <json-c/json.h>
#include <stdio.h>

struct pull_options {
        struct source_options source;
        const char *name;
};

static const struct option pull_options[] = {
        { "name", 0, OPTION_TEXT, offsetof(struct pull_options, name), "NAME",
          "what it is called in the store; files and folders need one" },
        { 0 },
};

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct pull_options *options = values;
        _cleanup_context_ contain_ctx_t *ctx = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_document_ char *document = NULL;
        contain_image_options_t image_options;
        json_object *image, *digest = NULL;
        struct progress progress;
        int r;

        r = app_context(app, &ctx);
        if (r == 0)
                r = source_get(app, &options->source, &progress, &image_options);
        if (r != 0)
                return r;
        r = contain_image_pull(ctx, operands->words[0], options->name, &image_options, &document, &error);
        progress_end(&progress);
        if (r < 0)
                return app_fail_error(app, error);
        image = json_tokener_parse(document);
        if (json_object_object_get_ex(image, "digest", &digest))
                puts(json_object_get_string(digest));
        (void)json_object_put(image);
        return digest ? app_print(app, "") : app_fail(app, "out of memory");
}

const struct command command_pull = {
        .name = "pull",
        .synopsis = "IMAGE",
        .summary = "bring an image into the store",
        .options = { pull_options, source_options, limit_options },
        .options_size = sizeof(struct pull_options),
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
