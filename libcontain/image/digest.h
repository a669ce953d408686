/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_DIGEST_H
#define CT_IMAGE_DIGEST_H

/* What content is known by: "sha256:…" or "sha512:…" (image-spec, descriptor.md, "Digests"). */

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ct_digest_algorithm { CT_DIGEST_NONE, CT_DIGEST_SHA256, CT_DIGEST_SHA512 };

#define CT_DIGEST_TEXT 136 /* bytes, "sha512:" and 128 digits and NUL */

struct ct_digest {
        enum ct_digest_algorithm algorithm; /* CT_DIGEST_NONE: not known */
        uint8_t bytes[64];
};

/* @at: the place that it was read from, for the error. */
int ct_digest_parse(const char *text, const char *at, struct ct_digest *ret, contain_error_t **err);
/* "" for CT_DIGEST_NONE. */
void ct_digest_format(const struct ct_digest *digest, char ret[CT_DIGEST_TEXT]);
bool ct_digest_equal(const struct ct_digest *a, const struct ct_digest *b);

/* A digest that is being made. */
struct ct_digester;
/* NULL when out of memory. */
struct ct_digester *ct_digester_new(enum ct_digest_algorithm algorithm);
struct ct_digester *ct_digester_free(struct ct_digester *digester);
CT_CLEANUP(struct ct_digester, ct_digester_free)
void ct_digester_add(struct ct_digester *digester, const void *bytes, size_t size);
void ct_digester_end(struct ct_digester *digester, struct ct_digest *ret);

#endif
