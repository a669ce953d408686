/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HARNESS_ALLOC_H
#define TESTS_HARNESS_ALLOC_H

/*
 * Allocations that fail on demand. The linker's --wrap puts these functions between the program's
 * own objects, the library's archive among them, and the C library; other shared libraries are not
 * affected. Sanitizers see every allocation as ever.
 */

#include <stddef.h>

/* Of the allocations from now on, number @nth (from 1) fails, and with @all those after it as well; 0: none.
 */
void alloc_fail(size_t nth, int all);
/* Allocations since alloc_fail(). */
size_t alloc_count(void);
/* Blocks that were allocated and not freed, since the program began. */
long alloc_live(void);

#endif
