/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_PROCESS_H
#define CONTAIN_RUN_PROCESS_H

/* What a command line says of the process, where an image would say it otherwise. */

#include "app.h"

struct process_options {
        const char *user, *group;
        const char *workdir;
        const char *userns;
        struct option_list env, env_files;
};

extern const struct option process_options[];

/* Was any of them given? */
bool process_is_given(const struct process_options *options);
/* Is it --userns auto? */
int process_userns(struct app *app, const struct process_options *options, bool *ret);

/* Variables as "NAME=VALUE". */
struct process_env {
        char **items; /* ended by NULL; NULL for none */
        size_t n;
};
void process_env_done(struct process_env *env);
/* Those of --env. */
int process_env_make(struct app *app, const struct process_options *options, struct process_env *ret);
/* Passes on a variable of the caller's, if it is set. */
int process_env_pass(struct app *app, struct process_env *env, const char *name);

#endif
