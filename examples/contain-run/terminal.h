/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_TERMINAL_H
#define CONTAIN_RUN_TERMINAL_H

/*
 * The user's terminal, or what stands in for it, joined to the container's terminal: bytes both
 * ways, raw mode, window size. Made for a poll() loop.
 */

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

struct terminal_buffer {
        char bytes[4096]; /* no more than PIPE_BUF: a pipe that polls writable takes it whole */
        size_t start, end;
};

struct terminal {
        int master_fd;        /* owned */
        struct termios saved; /* of standard input */
        bool raw;             /* saved is to be put back */
        bool master_open, input_open, output_open;
        struct terminal_buffer input, output;
};

enum { TERMINAL_POLLFDS = 3 };

/* Takes @master_fd over, and standard input into raw mode. */
void terminal_init(struct terminal *terminal, int master_fd);

/* Copies what the container has written last, and puts standard input back. */
void terminal_done(struct terminal *terminal);

/* Hands the size of the user's window on. */
void terminal_resize(struct terminal *terminal);

/*
 * Fills in TERMINAL_POLLFDS descriptors to wait for, and copies what they are ready for. Once
 * nobody reads what is shown, that is thrown away: the program inside must not wait for it.
 */
void terminal_prepare(const struct terminal *terminal, struct pollfd *fds);
void terminal_copy(struct terminal *terminal, const struct pollfd *fds);

#endif
