/* SPDX-License-Identifier: MIT */

#include "base/clock.h"

#include <limits.h>
#include <time.h>

int64_t ct_clock_ms(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t ct_clock_deadline(int64_t timeout_ms)
{
        int64_t now = ct_clock_ms();

        return timeout_ms < 0 || timeout_ms > INT64_MAX - now ? CT_CLOCK_NEVER : now + timeout_ms;
}

int ct_clock_left(int64_t deadline)
{
        int64_t left;

        if (deadline == CT_CLOCK_NEVER)
                return -1;
        left = deadline - ct_clock_ms();
        if (left < 0)
                return 0;
        return left > INT_MAX ? INT_MAX : (int)left;
}
