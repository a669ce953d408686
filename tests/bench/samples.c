/* SPDX-License-Identifier: MIT */

/* Clock and output of the benchmark loops. */

#include "samples.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

double samples_now(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

void samples_print(double *samples, size_t n)
{
        for (size_t i = 0; i < n; i++)
                printf("%.1f\n", samples[i]);
        qsort(samples, n, sizeof(samples[0]), compare);
        printf("median %.1f\n", n % 2 ? samples[n / 2] : (samples[n / 2 - 1] + samples[n / 2]) / 2);
}

size_t samples_count(const char *text)
{
        char *end;
        unsigned long n = strtoul(text, &end, 10);

        if (n == 0 || n > 1000000 || *end != '\0') {
                fprintf(stderr, "not a count: '%s'\n", text);
                exit(2);
        }
        return n;
}
