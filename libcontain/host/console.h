/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_CONSOLE_H
#define CT_HOST_CONSOLE_H

/* Hands a terminal on. */

#include "base/error.h"

/*
 * Connects to the AF_UNIX stream socket at @path and sends @master_fd as SCM_RIGHTS, with the terminal's name
 * as data. Does not wait for a reader: a full or absent listener is an error after at most 5 seconds.
 */
int ct_console_send(const char *path, int master_fd, contain_error_t **err);

/* Connects to a path of any length. Returns the descriptor or -errno. */
int ct_connect_unix(const char *path, int type, int timeout_ms);

#endif
