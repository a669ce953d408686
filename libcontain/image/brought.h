/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_BROUGHT_H
#define CT_IMAGE_BROUGHT_H

/*
 * Which paths a layer has brought, and the folders that they are in: its whiteouts do not apply to those,
 * whatever the order is.
 *
 * Of each path a keyed hash of 64 bits is kept, so that a million of them stay small. Two
 * paths that fall together, once in some billion layers, can only make a whiteout do too little, and nobody
 * can make them without the key, which is random.
 */

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

struct ct_brought;

/* NULL when out of memory. */
struct ct_brought *ct_brought_new(void);
struct ct_brought *ct_brought_free(struct ct_brought *brought);
CT_CLEANUP(struct ct_brought, ct_brought_free)

/* 1: it was not in it; 0: it was; -ENOMEM. */
int ct_brought_add(struct ct_brought *brought, const char *path, size_t length);
bool ct_brought_has(const struct ct_brought *brought, const char *path, size_t length);

#endif
