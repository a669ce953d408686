/* SPDX-License-Identifier: MIT */

/* state: one container's state, as JSON in lines that can be searched, as other runtimes print it. */

#include "commands.h"
#include "document.h"

static int run(struct app *app, const void *values, const struct operands *operands)
{
        _cleanup_container_ contain_t *c = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_document_ char *document = NULL;
        int r;

        (void)values;
        r = app_open(app, operands->words[0], &c);
        if (r != 0)
                return r;
        if (contain_state_json(c, &document, &error) < 0)
                return app_fail_error(app, error);
        return document_print(app, document);
}

const struct command command_state = {
        .name = "state",
        .synopsis = "ID",
        .summary = "print a container's state",
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
