/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_KEEPER_H
#define CONTAIN_RUN_KEEPER_H

/* The keeper that create and run give a container, and what those who come later ask of it. */

#include "app.h"

struct keeper_options {
        bool wanted, takes_input, takes_input_once;
        const char *log;
        const char *log_size;
        unsigned log_files;
};

/* Of create and run: the options are the member keeper of struct create_options. */
extern const struct option create_keeper_options[];

/* Gives @c the keeper that the options ask for, if they do. */
int keeper_set(struct app *app, const struct keeper_options *options, contain_t *c);

/* Waits for the end of @c; it is an error when nobody knows how that was. */
int keeper_wait(struct app *app, contain_t *c, contain_exit_t *ret);
/* As shells have it: 128 plus the signal if one ended it. */
int keeper_exit_status(const contain_exit_t *ended);

enum { KEEPER_TIME = 40 };
/* "2024-02-29T12:34:56.123456789Z" */
const char *keeper_format_time(int64_t nsec, char text[KEEPER_TIME]);

#endif
