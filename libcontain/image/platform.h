/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_PLATFORM_H
#define CT_IMAGE_PLATFORM_H

/* What an image was built for: GOOS, GOARCH and variant (image-spec, image-index.md). */

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>

struct ct_platform {
        const char *os, *architecture, *variant; /* "" when not told */
};

/* "linux/arm64/v8", "arm64"; NULL: this machine's. */
int ct_platform_parse(struct ct_arena *arena, const char *text, struct ct_platform *ret,
                      contain_error_t **err);
/*
 * How well what was built for @has runs where @wanted is: 0 not at all, more is better. What tells no
 * architecture runs anywhere, but is nobody's first choice.
 */
int ct_platform_match(const struct ct_platform *wanted, const struct ct_platform *has);
/* For display, in the arena; NULL when out of memory. */
const char *ct_platform_format(struct ct_arena *arena, const struct ct_platform *platform);

#endif
