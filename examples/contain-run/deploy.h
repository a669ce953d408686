/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_DEPLOY_H
#define CONTAIN_RUN_DEPLOY_H

/* What deploy, releases, rollback and prune have in common. */

#include "app.h"

#include <stdint.h>

/* --root of the command, which it needs. Returns 0, or the exit status after a report. */
int deploy_check_root(struct app *app, const char *root);
/* --keep: a number, at least @least. */
int deploy_get_keep(struct app *app, const char *text, uint32_t least, uint32_t *ret);

/* Prints the string that member @key of the object @document is, on a line. */
int deploy_print_member(struct app *app, const char *document, const char *key);
/* Prints what was removed, and tells on standard error what could not be, of the members of @document. */
int deploy_print_pruned(struct app *app, const char *document, bool with_removed);

#endif
