/* SPDX-License-Identifier: MIT */

/* spec: write a configuration, to start from or for a container of an image. */

#include "commands.h"
#include "create.h"
#include "document.h"
#include "files.h"

#include <stdio.h>
#include <string.h>

struct spec_options {
        struct create_options create; /* first: tables of run count from the beginning */
        const char *file;
        bool rootless;
        bool subids;
};

static int join(struct app *app, const char *bundle, const char *name, char **ret)
{
        if (asprintf(ret, "%s%s%s", bundle ? bundle : "", bundle ? "/" : "", name) >= 0)
                return 0;
        *ret = NULL;
        return app_fail(app, "out of memory");
}

static int make_default(struct app *app, const struct spec_options *options, char **ret)
{
        _cleanup_context_ contain_ctx_t *ctx = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        unsigned flags = CONTAIN_CONFIG_TERMINAL;
        int r;

        if (options->rootless)
                flags |= CONTAIN_CONFIG_ROOTLESS;
        if (options->subids)
                flags |= CONTAIN_CONFIG_SUBIDS;
        r = app_context(app, &ctx);
        if (r != 0)
                return r;
        return contain_default_config(ctx, NULL, NULL, flags, ret, &error) < 0 ? app_fail_error(app, error)
                                                                               : 0;
}

/* Users are looked up in the bundle's root file system, if it is there. */
static int make_of_image(struct app *app, const struct spec_options *options, char **program, char **ret)
{
        _cleanup_free_ char *rootfs = NULL;
        int r;

        if (options->rootless || options->subids)
                return app_fail(app, "--rootless and --subids are found out with --image");
        r = join(app, options->create.bundle, "rootfs", &rootfs);
        if (r != 0)
                return r;
        return image_run_config(app, &options->create, access(rootfs, F_OK) == 0 ? rootfs : NULL, program,
                                ret);
}

static int make(struct app *app, const struct spec_options *options, char **program, char **ret)
{
        const struct create_options *create = &options->create;

        if (create->image.image)
                return make_of_image(app, options, program, ret);
        if (program || process_is_given(&create->process) || image_run_is_given(&create->image))
                return app_fail(app, "a program and options of the process go with --image");
        return make_default(app, options, ret);
}

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct spec_options *options = values;
        _cleanup_free_ char *path = NULL, *text = NULL;
        _cleanup_document_ char *document = NULL;
        int r;

        r = join(app, options->create.bundle, options->file ? options->file : "config.json", &path);
        if (r == 0)
                r = make(app, options, operands->program, &document);
        if (r == 0)
                r = document_format(app, document, &text);
        if (r != 0)
                return r;
        r = files_write_new(path, text);
        if (r == -EEXIST)
                return app_fail(app, "file '%s' exists, remove it first", path);
        if (r < 0)
                return app_fail(app, "cannot write '%s': %s", path, strerror(-r));
        return EXIT_SUCCESS;
}

static const struct option options_table[] = {
        { "bundle", 'b', OPTION_TEXT, offsetof(struct spec_options, create.bundle), "DIR",
          "where to write it" },
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
        .synopsis = "[--image IMAGE] [-- PROGRAM...]",
        .summary = "write a config.json to start from, or that of an image",
        .options = { options_table, image_run_options, process_options, source_options },
        .options_size = sizeof(struct spec_options),
        .takes_program = true,
        .run = run,
};
