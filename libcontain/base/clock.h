/* SPDX-License-Identifier: MIT */
#ifndef CT_BASE_CLOCK_H
#define CT_BASE_CLOCK_H

/* Time that only goes forward (CLOCK_MONOTONIC), for deadlines. */

#include <stdint.h>

#define CT_CLOCK_NEVER INT64_MAX

/* Milliseconds since some moment in the past. */
int64_t ct_clock_ms(void);
/* When @timeout_ms are over; CT_CLOCK_NEVER for a negative number. */
int64_t ct_clock_deadline(int64_t timeout_ms);
/* What is left until @deadline, as poll(2) wants it: 0 when it is over, -1 for CT_CLOCK_NEVER. */
int ct_clock_left(int64_t deadline);

#endif
