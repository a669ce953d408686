/* SPDX-License-Identifier: MIT */

/* plan: print the program that would make a container, without making it. */

#include "commands.h"
#include "create.h"

static int run(struct app *app, const void *values, const struct operands *operands)
{
        struct create_options options = *(const struct create_options *)values;
        _cleanup_container_ contain_t *c = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_document_ char *document = NULL;
        int r;

        if (operands->n > 0 && options.bundle)
                return app_fail(app, "two bundles are given");
        if (operands->n > 0)
                options.bundle = operands->words[0];
        /* An id of its own would make each plan differ from the last. */
        r = create_load(app, &options, "ID", operands->program, &c);
        if (r != 0)
                return r;
        if (contain_plan_json(c, &document, &error) < 0)
                return app_fail_error(app, error);
        return app_print(app, document);
}

const struct command command_plan = {
        .name = "plan",
        .synopsis = "[BUNDLE] [-- PROGRAM...]",
        .summary = "print the steps that would make a container; runs nothing, needs no privilege",
        .options = { create_config_options, create_rootfs_options },
        .options_size = sizeof(struct create_options),
        .max_operands = 1,
        .takes_program = true,
        .run = run,
};
