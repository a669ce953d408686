/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_PROGRAM_H
#define CT_HOST_PROGRAM_H

/* A program of the host's, run to its end: hooks, newuidmap. */

#include "base/pidfd.h"
#include "host/spawn.h"

#include <stdbool.h>
#include <stdint.h>

#define CT_PROGRAM_TAIL 512 /* bytes */

struct ct_program_result {
        bool timed_out; /* it was killed when its time was over; exit tells nothing */
        struct ct_exit exit;
        char tail[CT_PROGRAM_TAIL + 1]; /* the end of what it wrote to standard error, as one line */
};

/*
 * Runs @what, whose stdio[2] is not looked at, for at most @timeout_ms (-1: for ever). A non-zero exit is not
 * a failure here: -errno says that the program could not be executed.
 *
 * Does not wait for what the program leaves running, even if that keeps standard error open.
 */
int ct_program_run(const struct ct_spawn_program *what, int64_t timeout_ms, struct ct_program_result *ret);

#endif
