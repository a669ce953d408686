/* SPDX-License-Identifier: MIT */

/* delete: remove a container and all that was made for it. */

#include "app.h"
#include "commands.h"

struct delete_options {
        bool force;
};

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct delete_options *options = values;
        unsigned flags = options->force ? CONTAIN_DESTROY_FORCE : 0;
        _cleanup_context_ contain_ctx_t *ctx = NULL;
        _cleanup_container_ contain_t *c = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        int r;

        r = app_context(app, &ctx);
        if (r != 0)
                return r;
        r = contain_open(&c, ctx, operands->words[0], &error);
        if ((r == -EBADMSG && options->force) || contain_error_code(error) == CONTAIN_E_NOT_FOUND) {
                /* The record is damaged or gone, and what else is there has to go all the same. */
                error = contain_error_free(error);
                r = contain_new(&c, ctx, operands->words[0], &error);
        }
        if (r >= 0)
                r = contain_destroy(c, flags, &error);
        if (r < 0 && !(options->force && contain_error_code(error) == CONTAIN_E_NOT_FOUND))
                return app_fail_error(app, error);
        return EXIT_SUCCESS;
}

static const struct option options_table[] = {
        { "force", 'f', OPTION_FLAG, offsetof(struct delete_options, force), NULL,
          "kill it first if it runs; no failure if there is none" },
        { 0 },
};

const struct command command_delete = {
        .name = "delete",
        .synopsis = "ID",
        .summary = "remove a container",
        .options = { options_table },
        .options_size = sizeof(struct delete_options),
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
