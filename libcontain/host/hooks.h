/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_HOOKS_H
#define CT_HOST_HOOKS_H

/* Hooks that run in the runtime's namespaces (config.md, "POSIX-platform Hooks"). */

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct ct_hook_run {
        const char *path;
        char *const *argv;  /* ended by NULL */
        char *const *envp;  /* ended by NULL */
        uint32_t timeout;   /* seconds, 0 for none */
        const char *at;     /* JSON pointer of the hook */
        const char *kind;   /* "createRuntime" */
        const char *state;  /* the state object, for its standard input */
        const char *folder; /* its working directory: the bundle */
};

/*
 * Runs one hook and waits for it; kills it when the time is over. CONTAIN_E_HOOK says how it failed, with the
 * end of what it wrote to standard error (at most 512 bytes, one line). What it writes to standard output is
 * discarded.
 */
int ct_hook_run(const struct ct_hook_run *hook, contain_error_t **err);

#endif
