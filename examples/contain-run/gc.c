/* SPDX-License-Identifier: MIT */

/* gc: what no image and no container of the content store needs goes. */

#include "commands.h"
#include "store.h"

#include <json-c/json.h>
#include <stdio.h>

struct gc_options {
        struct store_options store;
        struct option_list release;
        bool dry_run;
};

static long long number_of(json_object *root, const char *member)
{
        json_object *value;

        return json_object_object_get_ex(root, member, &value) ? (long long)json_object_get_int64(value) : 0;
}

/* Of programs that have mounted something and are gone: nobody else knows whether they still need it. */
static int release(struct app *app, contain_ctx_t *ctx, const struct gc_options *options,
                   const contain_image_options_t *image_options)
{
        if (options->dry_run && options->release.n > 0)
                return app_fail(app, "--release and --dry-run exclude each other");
        for (size_t i = 0; i < options->release.n; i++) {
                _cleanup_error_ contain_error_t *error = NULL;

                if (contain_image_store_release(ctx, options->release.items[i], image_options, &error) < 0)
                        return app_fail_error(app, error);
        }
        return 0;
}

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct gc_options *options = values;
        contain_image_options_t image_options = store_get(&options->store);
        _cleanup_context_ contain_ctx_t *ctx = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_document_ char *document = NULL;
        json_object *root;
        int r;

        (void)operands;
        r = app_context(app, &ctx);
        if (r == 0)
                r = release(app, ctx, options, &image_options);
        if (r != 0)
                return r;
        if (contain_image_store_collect(ctx, options->dry_run ? CONTAIN_COLLECT_DRY_RUN : 0, &image_options,
                                        &document, &error) < 0)
                return app_fail_error(app, error);
        root = json_tokener_parse(document);
        printf("containers %lld, blobs %lld, layers %lld, partial downloads %lld, bytes %lld\n",
               number_of(root, "containers"), number_of(root, "blobs"), number_of(root, "layers"),
               number_of(root, "partial"), number_of(root, "bytes"));
        (void)json_object_put(root);
        return app_print(app, "");
}

static const struct option gc_options[] = {
        { "dry-run", 'n', OPTION_FLAG, offsetof(struct gc_options, dry_run), NULL,
          "only print how much would be removed" },
        { "release", 0, OPTION_LIST, offsetof(struct gc_options, release), "ID",
          "what a program that is gone has mounted under that id; may be repeated" },
        { 0 },
};

const struct command command_gc = {
        .name = "gc",
        .synopsis = "",
        .summary = "remove what no image and no container needs from the store",
        .options = { gc_options, store_options },
        .options_size = sizeof(struct gc_options),
        .run = run,
};
