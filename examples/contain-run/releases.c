/* SPDX-License-Identifier: MIT */

/* releases, rollback, prune: what was deployed to a folder. */

#include "commands.h"
#include "deploy.h"
#include "document.h"

#include <stdio.h>

/* How many prune leaves by default. */
#define KEEP 3

struct releases_options {
        const char *root;
        const char *to;
        const char *keep;
        bool dry_run;
        bool json;
};

static bool is_set(json_object *object, const char *key)
{
        json_object *value = NULL;

        return json_object_object_get_ex(object, key, &value) && json_object_get_boolean(value);
}

static int print_table(struct app *app, const char *document)
{
        json_object *rows = json_tokener_parse(document);

        if (!rows)
                return app_fail(app, "out of memory");
        printf("%-36s %-9s %-20s %s\n", "NAME", "STATUS", "CREATED", "SOURCE");
        for (size_t i = 0; i < json_object_array_length(rows); i++) {
                json_object *row = json_object_array_get_idx(rows, i);
                const char *status = is_set(row, "current")    ? "current"
                                     : is_set(row, "previous") ? "previous"
                                                               : "-";

                printf("%-36s %-9s %.19sZ %s\n", document_text(row, "name"), status,
                       document_text(row, "created"), document_text(row, "source"));
        }
        (void)json_object_put(rows);
        return app_print(app, "");
}

/* What one of the three asks of the library. */
typedef int (*ask_fn)(contain_ctx_t *ctx, const struct releases_options *options, uint32_t keep, char **ret,
                      contain_error_t **err);

static int ask_releases(contain_ctx_t *ctx, const struct releases_options *options, uint32_t keep, char **ret,
                        contain_error_t **err)
{
        (void)keep;
        return contain_releases_json(ctx, options->root, ret, err);
}

static int ask_rollback(contain_ctx_t *ctx, const struct releases_options *options, uint32_t keep, char **ret,
                        contain_error_t **err)
{
        (void)keep;
        return contain_rollback(ctx, options->root, options->to, ret, err);
}

static int ask_prune(contain_ctx_t *ctx, const struct releases_options *options, uint32_t keep, char **ret,
                     contain_error_t **err)
{
        return contain_prune(ctx, options->root, keep, options->dry_run ? CONTAIN_PRUNE_DRY_RUN : 0, ret,
                             err);
}

/* Asks for the document. Printed as it is, if that is wanted: then *ret is NULL. */
static int ask(struct app *app, const struct releases_options *options, ask_fn what, char **ret)
{
        _cleanup_context_ contain_ctx_t *ctx = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_document_ char *document = NULL;
        uint32_t keep = KEEP;
        int r;

        r = deploy_check_root(app, options->root);
        if (r == 0)
                r = deploy_get_keep(app, options->keep, 0, &keep);
        if (r == 0)
                r = app_context(app, &ctx);
        if (r != 0)
                return r;
        if (what(ctx, options, keep, &document, &error) < 0)
                return app_fail_error(app, error);
        if (options->json)
                return document_print(app, document);
        *ret = document;
        document = NULL;
        return 0;
}

static int run_releases(struct app *app, const void *options, const struct operands *operands)
{
        _cleanup_document_ char *document = NULL;
        int r = ask(app, options, ask_releases, &document);

        (void)operands;
        return document ? print_table(app, document) : r;
}

static int run_rollback(struct app *app, const void *options, const struct operands *operands)
{
        _cleanup_document_ char *document = NULL;
        int r = ask(app, options, ask_rollback, &document);

        (void)operands;
        return document ? deploy_print_member(app, document, "name") : r;
}

static int run_prune(struct app *app, const void *options, const struct operands *operands)
{
        _cleanup_document_ char *document = NULL;
        int r = ask(app, options, ask_prune, &document);

        (void)operands;
        return document ? deploy_print_pruned(app, document, true) : r;
}

#define ROOT_OPTION                                                                                          \
        {                                                                                                    \
                "root", 0, OPTION_TEXT, offsetof(struct releases_options, root), "DIR",                      \
                        "the folder that was deployed to"                                                    \
        }
#define JSON_OPTION                                                                                          \
        {                                                                                                    \
                "json", 0, OPTION_FLAG, offsetof(struct releases_options, json), NULL, "print JSON"          \
        }

static const struct option releases_table[] = { ROOT_OPTION, JSON_OPTION, { 0 } };

static const struct option rollback_table[] = {
        ROOT_OPTION,
        { "to", 0, OPTION_TEXT, offsetof(struct releases_options, to), "RELEASE",
          "that one; by default the one that was current before" },
        JSON_OPTION,
        { 0 },
};

static const struct option prune_table[] = {
        ROOT_OPTION,
        { "keep", 0, OPTION_TEXT, offsetof(struct releases_options, keep), "N",
          "so many of the newest stay; 3 by default" },
        { "dry-run", 'n', OPTION_FLAG, offsetof(struct releases_options, dry_run), NULL,
          "only print what would go" },
        JSON_OPTION,
        { 0 },
};

const struct command command_releases = {
        .name = "releases",
        .synopsis = "--root DIR",
        .summary = "print what was deployed to a folder",
        .options = { releases_table },
        .options_size = sizeof(struct releases_options),
        .run = run_releases,
};

const struct command command_rollback = {
        .name = "rollback",
        .synopsis = "--root DIR",
        .summary = "make an earlier release the current one",
        .options = { rollback_table },
        .options_size = sizeof(struct releases_options),
        .run = run_rollback,
};

const struct command command_prune = {
        .name = "prune",
        .synopsis = "--root DIR",
        .summary = "remove old releases that nobody uses",
        .options = { prune_table },
        .options_size = sizeof(struct releases_options),
        .run = run_prune,
};
