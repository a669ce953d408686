/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_INIT_FAKE_CALLS_H
#define TESTS_UNIT_INIT_FAKE_CALLS_H

/* Private to the fake: the system calls that it knows, and how they are written down. */

#include <stdbool.h>

/*
 * How a call is written: d number, s string, x hexadecimal, o octal, - not at all, m message, h struct
 * open_how, a struct mount_attr. What it returns: n a new descriptor, 0 nothing, or a special answer.
 */
struct fake_call {
        long nr;
        const char *name, *arguments;
        char result;
        int cloexec_argument; /* that O_CLOEXEC, or its like, must be in; 0 for none, from 1 */
        unsigned long cloexec;
};

/* NULL when it is not known. */
const struct fake_call *fake_call_find(long nr);

void fake_record_reset(void);
void fake_record(const char *format, ...) __attribute__((format(printf, 1, 2)));
void fake_record_call(const struct fake_call *call, const long *arguments, bool in_child);

#endif
