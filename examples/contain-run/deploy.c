/* SPDX-License-Identifier: MIT */

/* deploy: an image becomes what is in force in a folder. */

#include "deploy.h"

#include "commands.h"
#include "document.h"
#include "unpack.h"

#include <stdio.h>
#include <string.h>

struct deploy_options {
        struct unpack_options unpack; /* first: its tables count from the beginning */
        const char *root;
        const char *mode;
        const char *keep;
        const char *expect_digest;
        bool same_owner, no_same_owner;
        bool quick;
        bool force;
        bool no_env;
        bool json;
};

int deploy_check_root(struct app *app, const char *root)
{
        return root ? 0 : app_fail(app, "--root is missing: the folder of the releases");
}

int deploy_get_keep(struct app *app, const char *text, uint32_t least, uint32_t *ret)
{
        unsigned long long value;
        char *end;

        if (!text)
                return 0;
        errno = 0;
        value = strtoull(text, &end, 10);
        if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || value > UINT32_MAX || value < least)
                return app_fail(app, "--keep '%s' is no number from %u on", text, least);
        *ret = (uint32_t)value;
        return 0;
}

int deploy_print_member(struct app *app, const char *document, const char *key)
{
        json_object *object = json_tokener_parse(document), *value = NULL;
        int r;

        if (!object || !json_object_object_get_ex(object, key, &value))
                r = app_fail(app, "out of memory");
        else
                r = app_print(app, json_object_get_string(value));
        (void)json_object_put(object);
        return r;
}

int deploy_print_pruned(struct app *app, const char *document, bool with_removed)
{
        json_object *object = json_tokener_parse(document), *list = NULL;

        if (!object)
                return app_fail(app, "out of memory");
        if (with_removed && json_object_object_get_ex(object, "pruned", &list))
                for (size_t i = 0; i < json_object_array_length(list); i++)
                        puts(json_object_get_string(json_object_array_get_idx(list, i)));
        list = NULL;
        (void)json_object_object_get_ex(object, "inUse", &list);
        for (size_t i = 0; list && i < json_object_array_length(list); i++) {
                json_object *use = json_object_array_get_idx(list, i);

                if (*document_text(use, "container") != '\0')
                        (void)fprintf(stderr, "%s stays: container %s uses it\n", document_text(use, "name"),
                                      document_text(use, "container"));
                else
                        (void)fprintf(stderr, "%s stays: process %s uses it (%s)\n",
                                      document_text(use, "name"), document_text(use, "pid"),
                                      document_text(use, "how"));
        }
        if (*document_text(object, "warning") != '\0')
                (void)fprintf(stderr, "old releases stay: %s\n", document_text(object, "warning"));
        (void)json_object_put(object);
        return app_print(app, "");
}

static int get_mode(struct app *app, const struct deploy_options *options, contain_deploy_options_t *deploy)
{
        const char *mode = options->mode ? options->mode : "symlink";

        /* The second name is Droot's. */
        if (strcmp(mode, "sync") == 0 || strcmp(mode, "rsync") == 0)
                deploy->flags |= CONTAIN_DEPLOY_IN_PLACE;
        else if (strcmp(mode, "symlink") != 0)
                return app_fail(app, "--mode '%s' is neither symlink nor sync", mode);
        if (deploy->flags & CONTAIN_DEPLOY_IN_PLACE && options->keep)
                return app_fail(app, "--keep is of no use in mode sync, which has no releases");
        if (!(deploy->flags & CONTAIN_DEPLOY_IN_PLACE) && (options->quick || options->force))
                return app_fail(app, "--%s is of use in mode sync only", options->quick ? "quick" : "force");
        return 0;
}

/* Only root can give files away. */
static int get_owner(struct app *app, const struct deploy_options *options, contain_unpack_options_t *unpack)
{
        bool chosen = unpack->owner != CONTAIN_OWNER_AS_IS;

        if (options->same_owner + options->no_same_owner + chosen > 1)
                return app_fail(app,
                                "--same-owner, --no-same-owner, --owner and --uid-map exclude each other");
        if (!chosen && (options->no_same_owner || (geteuid() != 0 && !options->same_owner))) {
                unpack->owner = CONTAIN_OWNER_SINGLE;
                unpack->uid = geteuid();
                unpack->gid = getegid();
        }
        return 0;
}

static int get_options(struct app *app, const struct deploy_options *options,
                       contain_deploy_options_t *deploy, contain_unpack_options_t *unpack)
{
        int r;

        *deploy = (contain_deploy_options_t){ .size = sizeof(*deploy),
                                              .expect_digest = options->expect_digest };
        if (options->quick)
                deploy->flags |= CONTAIN_DEPLOY_QUICK;
        if (options->force)
                deploy->flags |= CONTAIN_DEPLOY_FORCE;
        if (options->no_env)
                deploy->flags |= CONTAIN_DEPLOY_NO_ENV;
        r = deploy_check_root(app, options->root);
        if (r == 0)
                r = get_mode(app, options, deploy);
        if (r == 0)
                r = deploy_get_keep(app, options->keep, 1, &deploy->keep);
        if (r == 0)
                r = unpack_get(app, &options->unpack, unpack);
        return r != 0 ? r : get_owner(app, options, unpack);
}

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct deploy_options *options = values;
        const char *image = operands->n > 0 ? operands->words[0] : "-";
        _cleanup_context_ contain_ctx_t *ctx = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_document_ char *document = NULL;
        contain_image_options_t image_options;
        contain_unpack_options_t unpack;
        contain_deploy_options_t deploy;
        struct progress progress;
        int r;

        r = get_options(app, options, &deploy, &unpack);
        if (r == 0 && strcmp(image, "-") == 0 && isatty(STDIN_FILENO))
                r = app_fail(app, "an image is missing: name one, or let one come on standard input");
        if (r == 0)
                r = app_context(app, &ctx);
        if (r == 0)
                r = source_get(app, &options->unpack.source, &progress, &image_options);
        if (r != 0)
                return r;
        r = contain_deploy(ctx, image, options->root, &image_options, &unpack, &deploy, &document, &error);
        progress_end(&progress);
        if (r < 0)
                return app_fail_error(app, error);
        if (options->json)
                return document_print(app, document);
        r = deploy_print_member(app, document, "name");
        return r != 0 ? r : deploy_print_pruned(app, document, false);
}

static const struct option options_table[] = {
        { "root", 0, OPTION_TEXT, offsetof(struct deploy_options, root), "DIR", "the folder to deploy to" },
        { "mode", 0, OPTION_TEXT, offsetof(struct deploy_options, mode), "MODE",
          "symlink (the default): releases, and a link to the current one; sync: in the folder itself" },
        { "keep", 0, OPTION_TEXT, offsetof(struct deploy_options, keep), "N",
          "remove all releases but the N newest, and those that are needed" },
        { "expect-digest", 0, OPTION_TEXT, offsetof(struct deploy_options, expect_digest), "DIGEST",
          "refuse any other image or archive" },
        { "same-owner", 0, OPTION_FLAG, offsetof(struct deploy_options, same_owner), NULL,
          "owners as the image has them; the default for root" },
        { "no-same-owner", 0, OPTION_FLAG, offsetof(struct deploy_options, no_same_owner), NULL,
          "the caller owns all; the default for others" },
        { "quick", 0, OPTION_FLAG, offsetof(struct deploy_options, quick), NULL,
          "mode sync: take files of the same size and time for the same" },
        { "force", 0, OPTION_FLAG, offsetof(struct deploy_options, force), NULL,
          "mode sync: also where other files are, which go" },
        { "no-env", 0, OPTION_FLAG, offsetof(struct deploy_options, no_env), NULL, "without /.drootenv" },
        { "json", 0, OPTION_FLAG, offsetof(struct deploy_options, json), NULL,
          "print what was done as JSON, not only the release's name" },
        { 0 },
};

const struct command command_deploy = {
        .name = "deploy",
        .synopsis = "--root DIR [IMAGE]",
        .summary = "make an image, by default on standard input, a folder's current release",
        .options = { options_table, unpack_options, source_options, limit_options },
        .options_size = sizeof(struct deploy_options),
        .max_operands = 1,
        .run = run,
};
