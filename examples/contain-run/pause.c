/* SPDX-License-Identifier: MIT */

/* pause: freeze every process of a container. */

#include "app.h"
#include "commands.h"

static int run(struct app *app, const void *values, const struct operands *operands)
{
        _cleanup_container_ contain_t *c = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        int r;

        (void)values;
        r = app_open(app, operands->words[0], &c);
        if (r != 0)
                return r;
        if (contain_pause(c, &error) >= 0)
                return EXIT_SUCCESS;
        /* Engines look for these words. */
        if (contain_error_code(error) == CONTAIN_E_STATUS)
                return app_fail(app, "container not running: %s", contain_error_message(error));
        return app_fail_error(app, error);
}

const struct command command_pause = {
        .name = "pause",
        .synopsis = "ID",
        .summary = "freeze every process of a container",
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
