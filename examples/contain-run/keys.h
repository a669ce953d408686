/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_KEYS_H
#define CONTAIN_RUN_KEYS_H

/* A sequence of keys that is meant for this program, among those that are typed for another. */

#include <stdbool.h>
#include <stddef.h>

enum { KEYS_MAX = 16 };

struct keys {
        char keys[KEYS_MAX];
        size_t n;       /* 0: there is no such sequence */
        size_t pressed; /* how many of them were, just now */
};

/* "ctrl-p,ctrl-q": letters, and ctrl- with a letter or one of @[\]^_, with commas between; "" for none. */
bool keys_parse(const char *text, struct keys *ret);

/*
 * Copies @n bytes that were typed to @to, which has room for @n + KEYS_MAX; keys that may be the beginning of
 * the sequence are held back until it is known. Returns whether the sequence is complete, at which it stops.
 */
bool keys_filter(struct keys *keys, const char *from, size_t n, char *to, size_t *ret_n);

#endif
