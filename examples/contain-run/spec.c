/* SPDX-License-Identifier: MIT */

/* spec: write a configuration to start from. */

#include "app.h"
#include "commands.h"
#include "files.h"

#include <stdio.h>
#include <string.h>

struct spec_options {
        const char *bundle;
        const char *file;
        bool rootless;
        bool subids;
};

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct spec_options *options = values;
        _cleanup_context_ contain_ctx_t *ctx = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_document_ char *document = NULL;
        _cleanup_free_ char *path = NULL;
        unsigned flags = CONTAIN_CONFIG_TERMINAL;
        int r;

        (void)operands;
        if (options->rootless)
                flags |= CONTAIN_CONFIG_ROOTLESS;
        if (options->subids)
                flags |= CONTAIN_CONFIG_SUBIDS;
        if (asprintf(&path, "%s%s%s", options->bundle ? options->bundle : "", options->bundle ? "/" : "",
                     options->file ? options->file : "config.json") < 0)
                return app_fail(app, "out of memory");
        r = app_context(app, &ctx);
        if (r != 0)
                return r;
        if (contain_default_config(ctx, NULL, NULL, flags, &document, &error) < 0)
                return app_fail_error(app, error);
        r = files_write_new(path, document);
        if (r == -EEXIST)
                return app_fail(app, "file '%s' exists, remove it first", path);
        if (r < 0)
                return app_fail(app, "cannot write '%s': %s", path, strerror(-r));
        return EXIT_SUCCESS;
}

static const struct option options_table[] = {
        { "bundle", 'b', OPTION_TEXT, offsetof(struct spec_options, bundle), "DIR", "where to write it" },
        { "file", 'f', OPTION_TEXT, offsetof(struct spec_options, file), "FILE",
          "its name, instead of config.json" },
        { "rootless", 0, OPTION_FLAG, offsetof(struct spec_options, rootless), NULL,
          "for a user who is not root" },
        { "subids", 0, OPTION_FLAG, offsetof(struct spec_options, subids), NULL,
          "the same, with the user's subordinate ids mapped" },
        { 0 },
};

const struct command command_spec = {
        .name = "spec",
        .synopsis = "",
        .summary = "write a config.json to start from",
        .options = { options_table },
        .options_size = sizeof(struct spec_options),
        .run = run,
};
