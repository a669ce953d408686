/* SPDX-License-Identifier: MIT */

/* A stream that is believed only when its size and digest are those that were announced. */

#include "image/stream.h"

#include <inttypes.h>

struct verifier {
        struct ct_stream *stream; /* the one above, for its name */
        struct ct_stream *from;
        struct ct_digest expected;
        struct ct_digester *digester; /* NULL: no digest is known, or it was compared already */
        int64_t size;                 /* -1: not known */
        int64_t seen;
};

static void close_verifier(void *userdata)
{
        struct verifier *verifier = userdata;

        (void)ct_digester_free(verifier->digester);
        free(verifier);
}

/* At the end. */
static int compare(struct verifier *verifier, contain_error_t **err)
{
        char expected[CT_DIGEST_TEXT], is[CT_DIGEST_TEXT];
        struct ct_digest digest;

        if (verifier->size >= 0 && verifier->seen != verifier->size)
                return ct_fail(err, CONTAIN_E_DIGEST, EBADMSG, NULL,
                               "'%s' ends after %" PRId64 " of %" PRId64 " bytes",
                               ct_stream_name(verifier->stream), verifier->seen, verifier->size);
        if (!verifier->digester)
                return 0;
        ct_digester_end(verifier->digester, &digest);
        verifier->digester = ct_digester_free(verifier->digester);
        if (ct_digest_equal(&digest, &verifier->expected))
                return 0;
        ct_digest_format(&verifier->expected, expected);
        ct_digest_format(&digest, is);
        return ct_fail(err, CONTAIN_E_DIGEST, EBADMSG, NULL, "'%s' has the digest '%s', not '%s'",
                       ct_stream_name(verifier->stream), is, expected);
}

/* @n is what reading has returned; 0 is the end. */
static ssize_t check(struct verifier *verifier, const void *bytes, ssize_t n, contain_error_t **err)
{
        if (n < 0)
                return n;
        if (n == 0)
                return compare(verifier, err);
        verifier->seen += n;
        if (verifier->size >= 0 && verifier->seen > verifier->size)
                return ct_fail(err, CONTAIN_E_DIGEST, EBADMSG, NULL,
                               "'%s' has more than its %" PRId64 " bytes", ct_stream_name(verifier->stream),
                               verifier->size);
        if (verifier->digester)
                ct_digester_add(verifier->digester, bytes, (size_t)n);
        return n;
}

static ssize_t read_verified(void *userdata, void *to, size_t size, contain_error_t **err)
{
        struct verifier *verifier = userdata;
        ssize_t n = ct_stream_read(verifier->from, to, size, err);

        return size > 0 ? check(verifier, to, n, err) : n;
}

static ssize_t next_verified(void *userdata, const void **ret, contain_error_t **err)
{
        struct verifier *verifier = userdata;
        const void *bytes = NULL;
        ssize_t n = ct_stream_next(verifier->from, &bytes, err);

        n = check(verifier, bytes, n, err);
        if (n > 0)
                *ret = bytes;
        return n;
}

int ct_stream_verify(struct ct_stream *from, const char *what, const struct ct_digest *digest, int64_t size,
                     struct ct_stream **ret, contain_error_t **err)
{
        _cleanup_(ct_stream_freep) struct ct_stream *owned = from, *stream = NULL;
        struct verifier *verifier = calloc(1, sizeof *verifier);

        if (!verifier)
                return ct_fail_memory(err);
        *verifier = (struct verifier){ .from = from, .expected = *digest, .size = size };
        if (digest->algorithm != CT_DIGEST_NONE) {
                verifier->digester = ct_digester_new(digest->algorithm);
                if (!verifier->digester) {
                        close_verifier(verifier);
                        return ct_fail_memory(err);
                }
        }
        stream = ct_stream_over(ct_take(owned), read_verified, close_verifier, verifier);
        if (!stream)
                return ct_fail_memory(err);
        verifier->stream = stream;
        ct_stream_set_next(stream, next_verified);
        if (ct_stream_set_name(stream, what) < 0)
                return ct_fail_memory(err);
        *ret = ct_take(stream);
        return 0;
}
