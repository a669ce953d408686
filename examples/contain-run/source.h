/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_SOURCE_H
#define CONTAIN_RUN_SOURCE_H

/* What commands that take an image have in common. */

#include "app.h"
#include "progress.h"

/* The first member of such a command's options: the table below counts from the beginning. */
struct source_options {
        const char *platform;
        const char *auth_file;
        const char *certificates;
        const char *store;
        const char *timeout;
        struct option_list mirrors;
        bool insecure;
        bool quiet;
};

extern const struct option source_options[];

/*
 * The options for the library, which borrow from @options and @progress. Between here and progress_end(),
 * SIGINT and SIGTERM have the call clean up first.
 */
int source_get(struct app *app, const struct source_options *options, struct progress *progress,
               contain_image_options_t *ret);

#endif
