/* SPDX-License-Identifier: MIT */

/* kill: send a signal to a container's process, or to all of them. */

#include "app.h"
#include "commands.h"

#include <string.h>

struct kill_options {
        bool all;
};

/* Signal 0 asks whether there is anybody to get one. */
static int check_running(struct app *app, contain_t *c, const char *id)
{
        if (contain_pid(c) > 0)
                return EXIT_SUCCESS;
        return app_fail(app, "container not running: container '%s' is not running", id);
}

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct kill_options *options = values;
        _cleanup_container_ contain_t *c = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        int signo = 0;
        int r;

        if (operands->n > 1 && strcmp(operands->words[1], "0") != 0) {
                signo = contain_signal_number(operands->words[1], NULL);
                if (signo < 0)
                        return app_fail(app, "unknown signal '%s'", operands->words[1]);
        }
        r = app_open(app, operands->words[0], &c);
        if (r != 0)
                return r;
        if (operands->n > 1 && signo == 0)
                return check_running(app, c, operands->words[0]);
        if (operands->n == 1)
                signo = contain_stop_signal(c, &error);
        if (signo < 0)
                return app_fail_error(app, error);
        r = contain_signal(c, signo, options->all ? CONTAIN_SIGNAL_ALL : 0, &error);
        /* Engines send --all to be sure that nothing is left: then nothing to do is a success. */
        if (r < 0 && !(options->all && contain_error_code(error) == CONTAIN_E_NOT_RUNNING))
                return app_fail_error(app, error);
        return EXIT_SUCCESS;
}

static const struct option options_table[] = {
        { "all", 'a', OPTION_FLAG, offsetof(struct kill_options, all), NULL, "signal every process in it" },
        { 0 },
};

const struct command command_kill = {
        .name = "kill",
        .synopsis = "ID [SIGNAL]",
        .summary = "send a signal, by number or name; the image's stop signal or SIGTERM by default",
        .options = { options_table },
        .options_size = sizeof(struct kill_options),
        .min_operands = 1,
        .max_operands = 2,
        .run = run,
};
