/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_OPTIONS_H
#define CONTAIN_RUN_OPTIONS_H

/*
 * Command lines, in the forms that callers of OCI runtimes send: one dash or two before any
 * name, "--name value" and "--name=value", of repeated options the last wins or all count, options before
 * or after operands. A command's options are a table, which help is printed from too.
 */

#include <stdbool.h>
#include <stddef.h>

struct app;

enum option_kind {
        OPTION_FLAG, /* bool; may be given as --name=true or --name=false */
        OPTION_TEXT, /* const char *, borrowed from argv */
        OPTION_LIST, /* struct option_list: each time it is given counts */
        OPTION_COUNT /* unsigned */
};

/* Values in their order, borrowed from argv. */
struct option_list {
        const char **items; /* ended by NULL; NULL when there are none */
        size_t n;
};

/* A row of a table. */
struct option {
        const char *name;
        char letter; /* or 0 */
        enum option_kind kind;
        size_t offset;     /* of the member in the command's options struct */
        const char *value; /* what help calls the value */
        const char *help;
};

/* What is left of a command line when its options are gone. */
struct operands {
        char **words;
        size_t n;
        char **program; /* what follows "--", ended by NULL, or NULL */
        bool help;      /* help was asked for; parsing ended there */
};

struct command {
        const char *name;
        const char *synopsis; /* the operands, for help */
        const char *summary;
        const struct option *options[12]; /* tables, each ended by a row without a name; then NULL */
        size_t options_size;              /* of the struct that run() gets, zeroed and filled */
        size_t min_operands, max_operands;
        bool takes_program; /* "--" behind the operands begins a program */
        bool leads_command; /* the first operand ends the options: a command with its own */
        int failure;        /* exit status for options that are wrong; 0 for EXIT_FAILURE */

        /* May refuse to help with what cannot be had here; NULL for most. Returns as run() does. */
        int (*check_help)(struct app *app);

        /* Returns the exit status, having reported what went wrong. */
        int (*run)(struct app *app, const void *options, const struct operands *operands);
};

/*
 * Reads @argv, without the command's name, into @values and @ret. Reorders @argv.
 * Returns 0, or the exit status after a report.
 */
int options_parse(struct app *app, const struct command *command, char **argv, void *values,
                  struct operands *ret);

/* Frees what options_parse() has put into @values. */
void options_done(const struct command *command, void *values);

#endif
