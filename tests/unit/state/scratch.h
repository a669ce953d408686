/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_STATE_SCRATCH_H
#define TESTS_UNIT_STATE_SCRATCH_H

/* A folder of a test's own, removed with all in it when the variable leaves scope. */

#include "base/cleanup.h"
#include "state/state.h"

struct scratch {
        char folder[64];
        char root[512]; /* a state root in it that does not exist yet */
};

/* false: the test cannot go on. */
bool scratch_make(struct scratch *ret);
void scratch_remove(struct scratch *scratch);

/* FOLDER/NAME of the scratch folder, in one of a few static buffers. */
const char *scratch_path(const struct scratch *scratch, const char *name);
/* Number of entries of a folder, without "." and ".."; -1 when there is none. */
int scratch_count(const char *folder);
bool scratch_write(const char *path, const char *text);

#endif
