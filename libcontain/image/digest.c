/* SPDX-License-Identifier: MIT */

/* Digests as text, and making them. */

#include "image/digest.h"

#include <nettle/sha2.h>
#include <stdio.h>
#include <string.h>

struct ct_digester {
        enum ct_digest_algorithm algorithm;
        union {
                struct sha256_ctx sha256;
                struct sha512_ctx sha512;
        } state;
};

static const char *algorithm_name(enum ct_digest_algorithm algorithm)
{
        return algorithm == CT_DIGEST_SHA512 ? "sha512" : "sha256";
}

static size_t algorithm_size(enum ct_digest_algorithm algorithm)
{
        switch (algorithm) {
        case CT_DIGEST_SHA256:
                return SHA256_DIGEST_SIZE;
        case CT_DIGEST_SHA512:
                return SHA512_DIGEST_SIZE;
        case CT_DIGEST_NONE:
                break;
        }
        return 0;
}

/* Lower case only, as the specification has it: one digest has one name. */
static int hex_value(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        return -1;
}

int ct_digest_parse(const char *text, const char *at, struct ct_digest *ret, contain_error_t **err)
{
        struct ct_digest digest = { .algorithm = CT_DIGEST_NONE };
        const char *digits = strchr(text, ':');
        size_t i, size;

        if (strncmp(text, "sha256:", 7) == 0)
                digest.algorithm = CT_DIGEST_SHA256;
        else if (strncmp(text, "sha512:", 7) == 0)
                digest.algorithm = CT_DIGEST_SHA512;
        else if (digits)
                return ct_fail(err, CONTAIN_E_IMAGE, ENOTSUP, at,
                               "the digest '%.140s' is of an algorithm that is not known", text);
        else
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, at, "'%.140s' is not a digest", text);

        digits++;
        size = algorithm_size(digest.algorithm);
        if (strlen(digits) != 2 * size)
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, at,
                               "the digest '%.140s' does not have %zu digits", text, 2 * size);
        for (i = 0; i < size; i++) {
                int high = hex_value(digits[2 * i]), low = hex_value(digits[2 * i + 1]);

                if (high < 0 || low < 0)
                        return ct_fail(
                                err, CONTAIN_E_VALUE, EINVAL, at,
                                "the digest '%.140s' has other signs than lower case hexadecimal digits",
                                text);
                digest.bytes[i] = (uint8_t)(high << 4 | low);
        }
        *ret = digest;
        return 0;
}

void ct_digest_format(const struct ct_digest *digest, char ret[CT_DIGEST_TEXT])
{
        static const char digits[] = "0123456789abcdef";
        size_t i, size = algorithm_size(digest->algorithm);
        char *next;

        ret[0] = '\0';
        if (size == 0)
                return;
        next = ret + snprintf(ret, CT_DIGEST_TEXT, "%s:", algorithm_name(digest->algorithm));
        for (i = 0; i < size; i++) {
                *next++ = digits[digest->bytes[i] >> 4];
                *next++ = digits[digest->bytes[i] & 15];
        }
        *next = '\0';
}

bool ct_digest_equal(const struct ct_digest *a, const struct ct_digest *b)
{
        return a->algorithm == b->algorithm && memcmp(a->bytes, b->bytes, algorithm_size(a->algorithm)) == 0;
}

struct ct_digester *ct_digester_new(enum ct_digest_algorithm algorithm)
{
        struct ct_digester *digester = calloc(1, sizeof *digester);

        if (!digester)
                return NULL;
        digester->algorithm = algorithm;
        if (algorithm == CT_DIGEST_SHA512)
                sha512_init(&digester->state.sha512);
        else
                sha256_init(&digester->state.sha256);
        return digester;
}

struct ct_digester *ct_digester_free(struct ct_digester *digester)
{
        free(digester);
        return NULL;
}

void ct_digester_add(struct ct_digester *digester, const void *bytes, size_t size)
{
        if (digester->algorithm == CT_DIGEST_SHA512)
                sha512_update(&digester->state.sha512, size, bytes);
        else
                sha256_update(&digester->state.sha256, size, bytes);
}

void ct_digester_end(struct ct_digester *digester, struct ct_digest *ret)
{
        struct ct_digest digest = { .algorithm = digester->algorithm };

        if (digester->algorithm == CT_DIGEST_SHA512) {
                sha512_digest(&digester->state.sha512, SHA512_DIGEST_SIZE, digest.bytes);
        } else {
                digest.algorithm = CT_DIGEST_SHA256;
                sha256_digest(&digester->state.sha256, SHA256_DIGEST_SIZE, digest.bytes);
        }
        *ret = digest;
}
