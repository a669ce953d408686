/* SPDX-License-Identifier: MIT */
#ifndef CT_BASE_ARENA_H
#define CT_BASE_ARENA_H

/* Memory that is freed all at once: a parsed configuration lives in one arena. */

#include "base/cleanup.h"

#include <stddef.h>

struct ct_arena;
struct ct_problems;

struct ct_arena *ct_arena_new(void);
struct ct_arena *ct_arena_free(struct ct_arena *arena);
CT_CLEANUP(struct ct_arena, ct_arena_free)

/* Zeroed and aligned for any type; NULL when out of memory. @size of 0 gives a valid pointer. */
void *ct_arena_alloc(struct ct_arena *arena, size_t size);
/* As calloc(): NULL also when count * size overflows. */
void *ct_arena_array(struct ct_arena *arena, size_t count, size_t size);
char *ct_arena_strdup(struct ct_arena *arena, const char *text);
char *ct_arena_strndup(struct ct_arena *arena, const char *text, size_t length);
char *ct_arena_printf(struct ct_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Whoever reads something into the arena collects what is wrong with it in this list, which is the caller's
 * (base/problems.h), instead of ending at the first; NULL, the default, for none.
 */
void ct_arena_set_problems(struct ct_arena *arena, struct ct_problems *problems);
struct ct_problems *ct_arena_problems(const struct ct_arena *arena);

#endif
