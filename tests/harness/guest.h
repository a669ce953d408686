/* SPDX-License-Identifier: MIT */
#ifndef HARNESS_GUEST_H
#define HARNESS_GUEST_H

/* Runs one container of a test from beginning to end, and brings back what it wrote. */

#include "harness/config.h"
#include "harness/rootfs.h"

/* Loads @config, which is consumed. Returns what contain_load_config() does. */
int guest_load(contain_t *c, struct world *w, struct json_object *config, contain_error_t **err);

/* A new handle with @config (consumed) loaded; NULL, with a message on standard error, when that fails. */
contain_t *guest_new(struct world *w, struct json_object *config);

/*
 * Creates, starts, waits for and destroys @c. Returns what the container wrote to its standard output and
 * error, and then a line "exit N" or "signal N" unless it ended with 0, or "error: MESSAGE" for a call that
 * failed; malloc'd.
 */
char *guest_run(contain_t *c);

/* The same from a configuration, which is consumed. */
char *guest_output(struct world *w, struct json_object *config);

/* Reads @fd until end of file, or for @timeout_ms; malloc'd. *ret_end (may be NULL): 1 when the end was
 * reached. */
char *guest_read(int fd, int timeout_ms, int *ret_end);

/* One failure of a call as text, "CT-417 /mounts/3: sentence"; frees @error. In @buffer. */
char *guest_error(contain_error_t *error, char *buffer, size_t size);

#endif
