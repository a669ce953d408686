/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_SOURCE_H
#define CONTAIN_RUN_SOURCE_H

/* What commands that take an image have in common. */

#include "app.h"
#include "progress.h"

/* Of what is unpacked. */
struct limit_options {
        const char *max_bytes;
        const char *max_file_bytes;
        const char *max_entries;
        const char *max_depth;
};

/* The first member of such a command's options: the tables below count from the beginning. */
struct source_options {
        struct limit_options limits;
        const char *platform;
        const char *auth_file;
        const char *certificates;
        const char *store;
        const char *timeout;
        const char *stall_timeout;
        struct option_list mirrors;
        bool insecure;
        bool quiet;
};

extern const struct option source_options[];
/* limits.c; of the commands that unpack something. */
extern const struct option limit_options[];

/* Sets the limits in @ret. */
int limits_get(struct app *app, const struct limit_options *options, contain_image_options_t *ret);

/*
 * The options for the library, which borrow from @options and @progress. Between here and progress_end(),
 * SIGINT and SIGTERM have the call clean up first.
 */
int source_get(struct app *app, const struct source_options *options, struct progress *progress,
               contain_image_options_t *ret);

#endif
