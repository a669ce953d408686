/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_APP_H
#define CONTAIN_RUN_APP_H

/*
 * What every command of contain-run has at hand: the global options, a context made from
 * them, and the one way to report a failure.
 *
 * Functions of this program that can fail return 0, or the exit status after a report.
 */

#include "cleanup.h"
#include "options.h"

/* The global options. */
struct app {
        const char *root;
        const char *log;
        const char *log_format;
        const char *log_level;
        const char *cgroup_manager;
        const char *rootless; /* accepted, without effect: the library sees for itself */
        bool debug;
        bool systemd_cgroup;
        bool version;
        bool quiet; /* set by commands whose standard error has to stay empty */
};

/* Makes a context from the global options. */
int app_context(struct app *app, contain_ctx_t **ret);

/* Makes a context, and a handle of the existing container @id. */
int app_open(struct app *app, const char *id, contain_t **ret);

/* Reports a failure on standard error and in the log. Returns EXIT_FAILURE. */
int app_fail(struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Reports an error of the library, in the words that callers match. Returns EXIT_FAILURE. */
int app_fail_error(struct app *app, const contain_error_t *error);

/* Writes @text, and a line end if it lacks one, to standard output. */
int app_print(struct app *app, const char *text);

#endif
