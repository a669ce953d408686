/* SPDX-License-Identifier: MIT */

/* The options that say who the process is and what it finds around it. */

#include "process.h"

#include "create.h"

#include <stdio.h>
#include <string.h>

#define MEMBER(name) (offsetof(struct create_options, process) + offsetof(struct process_options, name))

const struct option process_options[] = {
        { "user", 'u', OPTION_TEXT, MEMBER(user), "USER[:GROUP]", "names of the image, or ids" },
        { "group", 'g', OPTION_TEXT, MEMBER(group), "GROUP", "instead of the user's own" },
        { "env", 'e', OPTION_LIST, MEMBER(env), "NAME[=VALUE]", "set a variable, or pass it on" },
        { "env-file", 0, OPTION_LIST, MEMBER(env_files), "FILE", "set the variables of a file" },
        { "workdir", 'w', OPTION_TEXT, MEMBER(workdir), "DIR", "the working directory" },
        { "userns", 0, OPTION_TEXT, MEMBER(userns), "auto|host",
          "auto: with subordinate ids, which are nobody's outside" },
        { 0 },
};

bool process_is_given(const struct process_options *options)
{
        return options->user || options->group || options->workdir || options->userns || options->env.n > 0 ||
               options->env_files.n > 0;
}

int process_userns(struct app *app, const struct process_options *options, bool *ret)
{
        const char *userns = options->userns ? options->userns : "host";

        *ret = strcmp(userns, "auto") == 0;
        if (*ret || strcmp(userns, "host") == 0)
                return 0;
        return app_fail(app, "--userns is 'auto' or 'host', not '%s'", userns);
}

void process_env_done(struct process_env *env)
{
        for (size_t i = 0; i < env->n; i++)
                free(env->items[i]);
        free(env->items);
        *env = (struct process_env){ 0 };
}

/* Takes @variable over; NULL stands for no memory. */
static int add(struct app *app, struct process_env *env, char *variable)
{
        char **items = variable ? realloc(env->items, (env->n + 2) * sizeof(*items)) : NULL;

        if (!items) {
                free(variable);
                return app_fail(app, "out of memory");
        }
        env->items = items;
        env->items[env->n++] = variable;
        env->items[env->n] = NULL;
        return 0;
}

int process_env_pass(struct app *app, struct process_env *env, const char *name)
{
        const char *value = getenv(name);
        char *variable = NULL;

        if (!value)
                return 0;
        if (asprintf(&variable, "%s=%s", name, value) < 0)
                variable = NULL;
        return add(app, env, variable);
}

int process_env_make(struct app *app, const struct process_options *options, struct process_env *ret)
{
        int r = 0;

        for (size_t i = 0; i < options->env.n && r == 0; i++) {
                const char *text = options->env.items[i];

                if (strchr(text, '='))
                        r = add(app, ret, strdup(text));
                else if (getenv(text))
                        r = process_env_pass(app, ret, text);
                else
                        r = app_fail(app, "--env %s: there is no such variable to pass on", text);
        }
        return r;
}
