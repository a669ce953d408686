/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_FOREGROUND_H
#define CONTAIN_RUN_FOREGROUND_H

#include "app.h"

/* Takes the signals that are the container's: from here on they wait in @ret_fd. */
int foreground_take_signals(struct app *app, int *ret_fd);

/*
 * Stands in for a started container until it has ended: passes signals on, and copies between
 * its terminal, if it has one, and standard input and output. Takes @console_fd over, -EBADF
 * for none. @ret receives the exit status, 128 plus the signal if one ended it.
 */
int foreground_wait(struct app *app, contain_t *c, int signal_fd, int console_fd, int *ret);
/* The same for one more process in a container. */
int foreground_wait_process(struct app *app, contain_process_t *process, int signal_fd, int console_fd,
                            int *ret);

#endif
