/* SPDX-License-Identifier: MIT */

/* start: let a created container run its program. */

#include "app.h"
#include "commands.h"
#include "service.h"

static int run(struct app *app, const void *values, const struct operands *operands)
{
        _cleanup_container_ contain_t *c = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        int r;

        (void)values;
        r = app_open(app, operands->words[0], &c);
        if (r == 0)
                r = service_set_notify(app, c);
        if (r != 0)
                return r;
        if (contain_start(c, &error) < 0)
                return app_fail_error(app, error);
        return service_wait_ready(app, c);
}

const struct command command_start = {
        .name = "start",
        .synopsis = "ID",
        .summary = "run the program of a created container",
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
