/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_DURATION_H
#define CONTAIN_RUN_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* Nanoseconds in "5s", "100ms" or "1m30s", as Go's time.ParseDuration() has them; not below 0. */
bool duration_parse(const char *text, int64_t *ret_nsec);

#endif
