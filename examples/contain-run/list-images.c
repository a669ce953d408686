/* SPDX-License-Identifier: MIT */

/* images: what is in the content store, as a table, as JSON, or names alone. */

#include "commands.h"
#include "document.h"
#include "store.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

struct list_options {
        struct store_options store;
        const char *format;
        bool quiet;
};

enum { DIGEST_SHOWN = 19 }; /* "sha256:" and 12 digits */

static size_t users_of(json_object *row)
{
        json_object *value;

        return json_object_object_get_ex(row, "containers", &value) ? json_object_array_length(value) : 0;
}

static void print_table(json_object *rows)
{
        size_t n = json_object_array_length(rows);
        int width = (int)strlen("NAME");

        for (size_t i = 0; i < n; i++) {
                int length = (int)strlen(document_text(json_object_array_get_idx(rows, i), "name"));

                width = length > width ? length : width;
        }
        printf("%-*s  %-*s  %12s  %10s\n", width, "NAME", DIGEST_SHOWN, "DIGEST", "SIZE", "CONTAINERS");
        for (size_t i = 0; i < n; i++) {
                json_object *row = json_object_array_get_idx(rows, i);

                printf("%-*s  %.*s  %12s  %10zu\n", width, document_text(row, "name"), DIGEST_SHOWN,
                       document_text(row, "digest"), document_text(row, "size"), users_of(row));
        }
}

static void print(json_object *rows, bool names_only)
{
        if (!names_only) {
                print_table(rows);
                return;
        }
        for (size_t i = 0; i < json_object_array_length(rows); i++)
                puts(document_text(json_object_array_get_idx(rows, i), "name"));
}

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct list_options *options = values;
        contain_image_options_t image_options = store_get(&options->store);
        _cleanup_context_ contain_ctx_t *ctx = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_document_ char *document = NULL;
        json_object *root, *rows = NULL;
        int r;

        (void)operands;
        if (options->format && strcmp(options->format, "json") != 0 && strcmp(options->format, "table") != 0)
                return app_fail(app, "unknown format '%s'", options->format);
        r = app_context(app, &ctx);
        if (r != 0)
                return r;
        if (contain_image_store_list_json(ctx, &image_options, &document, &error) < 0)
                return app_fail_error(app, error);
        if (options->format && strcmp(options->format, "json") == 0 && !options->quiet)
                return document_print(app, document);
        root = json_tokener_parse(document);
        if (!json_object_object_get_ex(root, "images", &rows)) {
                (void)json_object_put(root);
                return app_fail(app, "out of memory");
        }
        print(rows, options->quiet);
        (void)json_object_put(root);
        return app_print(app, "");
}

static const struct option list_options[] = {
        { "format", 'f', OPTION_TEXT, offsetof(struct list_options, format), "FORMAT", "table or json" },
        { "quiet", 'q', OPTION_FLAG, offsetof(struct list_options, quiet), NULL, "names only" },
        { 0 },
};

const struct command command_images = {
        .name = "images",
        .synopsis = "",
        .summary = "print the images in the store",
        .options = { list_options, store_options },
        .options_size = sizeof(struct list_options),
        .run = run,
};
