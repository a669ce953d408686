/* SPDX-License-Identifier: MIT */
#ifndef BENCH_SAMPLES_H
#define BENCH_SAMPLES_H

/* Times of one kind of run: taken in the loops of this folder, printed one per line for bench.py to pool. */

#include <stddef.h>

/* Monotonic time in microseconds. */
double samples_now(void);

/* Prints @n samples, one per line, and their median as the last line: "median X". */
void samples_print(double *samples, size_t n);

/* "12" to 12; ends the program with a usage error for anything else. */
size_t samples_count(const char *text);

#endif
