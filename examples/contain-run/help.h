/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_HELP_H
#define CONTAIN_RUN_HELP_H

#include "options.h"

#include <stdio.h>

/* What contain-run does, its commands (a list ended by NULL) and the global options. */
void help_print(FILE *out, const struct command *global, const struct command *const *commands);

/* What one command does, and its options. */
void help_print_command(FILE *out, const struct command *command);

#endif
