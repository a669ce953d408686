/* SPDX-License-Identifier: MIT */

/* wait: wait for containers to end, and print how they did. */

#include "commands.h"
#include "keeper.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

struct wait_options {
        bool json;
};

static int print_status(struct app *app, const contain_exit_t *ended)
{
        char text[16];

        (void)snprintf(text, sizeof(text), "%d", keeper_exit_status(ended));
        return app_print(app, text);
}

/* Returns false without memory. */
static bool add(struct json_object *object, const char *name, struct json_object *value)
{
        return value && json_object_object_add(object, name, value) == 0;
}

static bool add_time(struct json_object *object, const char *name, int64_t nsec)
{
        char text[KEEPER_TIME];

        return nsec == 0 || add(object, name, json_object_new_string(keeper_format_time(nsec, text)));
}

static int print_json(struct app *app, const char *id, const contain_exit_t *ended)
{
        struct json_object *object = json_object_new_object();
        bool complete = object && add(object, "id", json_object_new_string(id)) &&
                        add(object, "status", json_object_new_int(keeper_exit_status(ended))) &&
                        add(object, "signal", json_object_new_int(ended->signo)) &&
                        add(object, "core", json_object_new_boolean(ended->core)) &&
                        add(object, "oom", json_object_new_boolean(ended->oom)) &&
                        add_time(object, "started", ended->started_nsec) &&
                        add_time(object, "ended", ended->ended_nsec);
        int r = complete ? app_print(app,
                                     json_object_to_json_string_ext(object, JSON_C_TO_STRING_NOSLASHESCAPE))
                         : app_fail(app, "out of memory");

        json_object_put(object);
        return r;
}

static int wait_for(struct app *app, const char *id, bool json)
{
        _cleanup_container_ contain_t *c = NULL;
        contain_exit_t ended;
        int r;

        r = app_open(app, id, &c);
        if (r == 0)
                r = keeper_wait(app, c, &ended);
        if (r != 0)
                return r;
        return json ? print_json(app, id, &ended) : print_status(app, &ended);
}

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct wait_options *options = values;
        int r = EXIT_SUCCESS;

        for (size_t i = 0; i < operands->n; i++)
                if (wait_for(app, operands->words[i], options->json) != 0)
                        r = EXIT_FAILURE;
        return r;
}

static const struct option options_table[] = {
        { "json", 0, OPTION_FLAG, offsetof(struct wait_options, json), NULL,
          "print a JSON document for each" },
        { 0 },
};

const struct command command_wait = {
        .name = "wait",
        .synopsis = "ID...",
        .summary = "wait for containers to end, and print their exit statuses",
        .options = { options_table },
        .options_size = sizeof(struct wait_options),
        .min_operands = 1,
        .max_operands = 1000,
        .run = run,
};
