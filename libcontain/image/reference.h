/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_REFERENCE_H
#define CT_IMAGE_REFERENCE_H

/* Names of images as people write them, "busybox", and as they are meant, "docker.io/library/busybox:latest".
 */

#include "base/arena.h"
#include "image/digest.h"

#include <stdbool.h>

struct ct_reference {
        const char *domain;      /* "docker.io", "localhost:5000" */
        const char *path;        /* "library/busybox" */
        const char *tag;         /* "latest" when there is neither tag nor digest; NULL with a digest alone */
        struct ct_digest digest; /* NONE */
        const char *text;        /* all of it */
};

/* CONTAIN_E_ARGUMENT for what is no name. */
int ct_reference_parse(struct ct_arena *arena, const char *text, struct ct_reference *ret,
                       contain_error_t **err);
bool ct_reference_equal(const struct ct_reference *a, const struct ct_reference *b);

#endif
