/* SPDX-License-Identifier: MIT */
#ifndef API_EXEC_H
#define API_EXEC_H

/* What the tests of contain_exec() share. Documents and changes are JSON in which ' stands for ". */

#include "api.h"

static inline void auto_unref_process_(contain_process_t **p)
{
        contain_process_unref(*p);
}

#define auto_process __attribute__((cleanup(auto_unref_process_))) contain_process_t *

/* A container of @config, which is consumed, started; NULL, with a failed check, when that fails. */
contain_t *exec_running(struct world *w, struct json_object *config);

/* The container's own process with @changes; NULL when it does not run. */
contain_process_t *exec_changed(contain_t *c, const char *changes, const contain_exec_options_t *options,
                                contain_error_t **err);
/* The same with @script to run; NULL, with a failed check, when it does not. */
contain_process_t *exec_script(contain_t *c, const char *changes, const char *script,
                               const contain_exec_options_t *options);

/* All that @script wrote, and how it ended as guest_run() says that; malloc'd. */
char *exec_output(contain_t *c, const char *changes, const char *script);
/* The same of a whole document. */
char *exec_output_of(contain_t *c, const char *document);

/* Tries to run true(1): what contain_exec() returns. */
int exec_result(contain_t *c, contain_error_t **err);
/* Tries to run true(1) with @changes: what went wrong as guest_error() says it, "" when nothing; malloc'd. */
char *exec_failure(contain_t *c, const char *changes);

#define EXPECT_EXEC(c, changes, script, expected)                                                            \
        do {                                                                                                 \
                char *output_ = exec_output(c, changes, script);                                             \
                EXPECT_STR(output_, expected);                                                               \
                free(output_);                                                                               \
        } while (0)

#define EXPECT_EXEC_FAILURE(c, changes, expected)                                                            \
        do {                                                                                                 \
                char *output_ = exec_failure(c, changes);                                                    \
                EXPECT_STR(output_, expected);                                                               \
                free(output_);                                                                               \
        } while (0)

#endif
