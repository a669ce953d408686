/* SPDX-License-Identifier: MIT */

/* list: the containers under the state root, as a table, as JSON (none: null, as Go writes it), or ids alone.
 */

#include "app.h"
#include "commands.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

struct list_options {
        const char *format;
        bool quiet;
};

static const struct {
        const char *title, *member;
} columns[] = {
        { "ID", "id" },         { "PID", "pid" },         { "STATUS", "status" },
        { "BUNDLE", "bundle" }, { "CREATED", "created" }, { "OWNER", "owner" },
};

enum { N_COLUMNS = sizeof(columns) / sizeof(columns[0]), MIN_WIDTH = 9, GAP = 3 };

static const char *cell(json_object *row, size_t column)
{
        json_object *value;

        if (!json_object_object_get_ex(row, columns[column].member, &value) || !value)
                return "";
        return json_object_get_string(value);
}

static void print_table(json_object *rows)
{
        size_t n = json_object_array_length(rows);
        int widths[N_COLUMNS];

        for (size_t column = 0; column < N_COLUMNS; column++) {
                widths[column] = MIN_WIDTH;
                for (size_t i = 0; i < n; i++) {
                        int width = (int)strlen(cell(json_object_array_get_idx(rows, i), column));

                        if (width > widths[column])
                                widths[column] = width;
                }
        }
        for (size_t column = 0; column < N_COLUMNS; column++)
                printf("%-*s", column + 1 < N_COLUMNS ? widths[column] + GAP : 0, columns[column].title);
        putchar('\n');
        for (size_t i = 0; i < n; i++) {
                for (size_t column = 0; column < N_COLUMNS; column++)
                        printf("%-*s", column + 1 < N_COLUMNS ? widths[column] + GAP : 0,
                               cell(json_object_array_get_idx(rows, i), column));
                putchar('\n');
        }
}

static void print_ids(json_object *rows)
{
        for (size_t i = 0; i < json_object_array_length(rows); i++)
                puts(cell(json_object_array_get_idx(rows, i), 0));
}

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct list_options *options = values;
        _cleanup_context_ contain_ctx_t *ctx = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_document_ char *document = NULL;
        bool json = options->format && strcmp(options->format, "json") == 0;
        json_object *rows;
        int r;

        (void)operands;
        if (options->format && !json && strcmp(options->format, "table") != 0)
                return app_fail(app, "unknown format '%s'", options->format);
        r = app_context(app, &ctx);
        if (r != 0)
                return r;
        if (contain_list_json(ctx, &document, &error) < 0)
                return app_fail_error(app, error);
        if (json && !options->quiet)
                return app_print(app, strcmp(document, "[]") == 0 ? "null" : document);
        rows = json_tokener_parse(document);
        if (!json_object_is_type(rows, json_type_array)) {
                (void)json_object_put(rows);
                return app_fail(app, "out of memory");
        }
        if (options->quiet)
                print_ids(rows);
        else
                print_table(rows);
        (void)json_object_put(rows);
        return app_print(app, "");
}

static const struct option options_table[] = {
        { "format", 'f', OPTION_TEXT, offsetof(struct list_options, format), "FORMAT", "table or json" },
        { "quiet", 'q', OPTION_FLAG, offsetof(struct list_options, quiet), NULL, "ids only" },
        { 0 },
};

const struct command command_list = {
        .name = "list",
        .synopsis = "",
        .summary = "print the containers there are",
        .options = { options_table },
        .options_size = sizeof(struct list_options),
        .run = run,
};
