/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HARNESS_CHECKPOINT_H
#define TESTS_HARNESS_CHECKPOINT_H

/* CRIU in tests: the real one where it works, and one that only plays its part. */

#include "harness/rootfs.h"

/* NULL where the machine's CRIU works with its kernel, else why not. */
const char *criu_obstacle(void);

/* A stand-in in the folder of @w, which does what @scenario says (fake-criu.py). Its path, in @buffer; NULL
 * on failure. */
const char *criu_fake(struct world *w, const char *scenario, char *buffer, size_t size);
/* The stand-in's next one. */
int criu_scenario(struct world *w, const char *scenario);
/* What it was asked, as JSON text; malloc'd. */
char *criu_requests(struct world *w);

#endif
