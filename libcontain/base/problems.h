/* SPDX-License-Identifier: MIT */
#ifndef CT_BASE_PROBLEMS_H
#define CT_BASE_PROBLEMS_H

/*
 * A list of errors, for those who want to know all that is wrong and not only what is wrong first. Whoever
 * reads or plans item by item gives each item's failure to ct_problems_keep(), and goes on without the item.
 *
 * Without a list (NULL) nothing is kept, and the first failure ends the work as everywhere else.
 */

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define CT_PROBLEMS_MAX 1000

struct ct_problems {
        contain_error_t **items; /* in the order they were found */
        size_t n, capacity;
        size_t more; /* places beyond CT_PROBLEMS_MAX */
        char *last;  /* place of the last one, also of one beyond */
        /* Elements that were left out of their arrays, as pointers, each array's in ascending order. */
        char **left_out;
        size_t n_left_out;
        size_t n_earlier; /* of the stages before this one */
        bool later_stage;
};

void ct_problems_done(struct ct_problems *problems);

/*
 * Takes over the error of a failure (@r < 0), which then is none: 0. Passed on as it is: success, running out
 * of memory, and everything without a list or without @err.
 *
 * A problem that only repeats or follows from one of an earlier stage is dropped.
 */
int ct_problems_keep(struct ct_problems *problems, int r, contain_error_t **err);

/* Was the last problem at the place @at, or below it? */
bool ct_problems_last_is_in(const struct ct_problems *problems, const char *at);
/* Is there one at @at, or below it, or is all of what holds @at of the wrong type? */
bool ct_problems_damage(const struct ct_problems *problems, const char *at);

/*
 * The element at the pointer @at is not in the array that was made of it. In later stages, pointers with the
 * index of one behind it are those of what is left, and are put right when they are kept. Returns 0, -ENOMEM.
 */
int ct_problems_leave_out(struct ct_problems *problems, const char *at);

/* What is kept from now on was found in what the stages before have left. */
void ct_problems_next_stage(struct ct_problems *problems);

#endif
