/* SPDX-License-Identifier: MIT */

/*
 * What a stream is compressed with is seen from how it begins, not from a media type or a file's name: both
 * are wrong often enough. It is looked at with the first read, for until then there may be nothing to see.
 */

#include "image/codec.h"
#include "image/stream.h"

#include <string.h>

#define IN_SIZE ((size_t)128 * 1024)

struct decompressor {
        struct ct_stream *from;
        const struct ct_codec *codec; /* NULL: as it is */
        void *state;
        bool is_known; /* what it is compressed with */
        bool is_whole; /* it may end here */
        bool is_ended; /* @from */
        size_t begin;  /* of what is left in @in */
        size_t end;
        uint8_t in[IN_SIZE];
};

static const struct ct_codec bzip2 = {
        .name = "bzip2",
        .magic_size = 10,
        .magic = { 'B', 'Z', 'h', '9', '1', 'A', 'Y', '&', 'S', 'Y' },
};

static const struct ct_codec lz4 = { .name = "lz4", .magic_size = 4, .magic = { 0x04, 0x22, 0x4d, 0x18 } };

static const struct ct_codec *const codecs[] = { &ct_codec_gzip, &ct_codec_zstd, &ct_codec_xz, &bzip2, &lz4 };

static void close_decompressor(void *userdata)
{
        struct decompressor *decompressor = userdata;

        if (decompressor->state)
                decompressor->codec->close(decompressor->state);
        free(decompressor);
}

/* A zstd stream may begin with a skippable frame: one of 16 numbers. */
static bool is_skippable(const uint8_t *bytes, size_t size)
{
        return size >= 4 && (bytes[0] & 0xf0) == 0x50 && memcmp(bytes + 1, "\x2a\x4d\x18", 3) == 0;
}

const struct ct_codec *ct_codec_find(const uint8_t *bytes, size_t size)
{
        size_t i;

        for (i = 0; i < sizeof codecs / sizeof codecs[0]; i++)
                if (size >= codecs[i]->magic_size &&
                    memcmp(bytes, codecs[i]->magic, codecs[i]->magic_size) == 0)
                        return codecs[i];
        return is_skippable(bytes, size) ? &ct_codec_zstd : NULL;
}

/* Appends to what is there, which is little or nothing. */
static int fill(struct decompressor *decompressor, contain_error_t **err)
{
        ssize_t n;

        memmove(decompressor->in, decompressor->in + decompressor->begin,
                decompressor->end - decompressor->begin);
        decompressor->end -= decompressor->begin;
        decompressor->begin = 0;
        n = ct_stream_read(decompressor->from, decompressor->in + decompressor->end,
                           IN_SIZE - decompressor->end, err);
        if (n < 0)
                return (int)n;
        decompressor->end += (size_t)n;
        decompressor->is_ended = n == 0;
        return 0;
}

/* Reads as much as has to be known, and chooses. */
static int begin(struct decompressor *decompressor, contain_error_t **err)
{
        const struct ct_codec *codec;
        int r;

        while (decompressor->end < CT_CODEC_MAGIC_SIZE && !decompressor->is_ended) {
                r = fill(decompressor, err);
                if (r < 0)
                        return r;
        }
        decompressor->is_known = true;
        codec = ct_codec_find(decompressor->in, decompressor->end);
        if (!codec)
                return 0;
        if (!codec->open)
                return ct_fail(err, CONTAIN_E_IMAGE, ENOTSUP, NULL,
                               "'%s' is compressed with %s: gzip, zstd and xz are understood",
                               ct_stream_name(decompressor->from), codec->name);
        r = codec->open(&decompressor->state);
        if (r < 0)
                return ct_fail_memory(err);
        decompressor->codec = codec;
        return 0;
}

static ssize_t copy(struct decompressor *decompressor, void *to, size_t size, contain_error_t **err)
{
        size_t left = decompressor->end - decompressor->begin;

        if (left == 0)
                return ct_stream_read(decompressor->from, to, size, err);
        if (size > left)
                size = left;
        memcpy(to, decompressor->in + decompressor->begin, size);
        decompressor->begin += size;
        return (ssize_t)size;
}

/* Once: 1 when it has come to the end, 0 when there is more to do. */
static int decompress_some(struct decompressor *decompressor, struct ct_codec_io *io, contain_error_t **err)
{
        const char *what = ct_stream_name(decompressor->from);
        size_t had = io->out_left;
        int r;

        io->in = decompressor->in + decompressor->begin;
        io->in_left = decompressor->end - decompressor->begin;
        io->is_last = decompressor->is_ended;
        r = decompressor->codec->run(decompressor->state, io, what, err);
        if (r < 0)
                return r;
        decompressor->is_whole = r > 0;
        if (io->in_left < decompressor->end - decompressor->begin || io->out_left < had) {
                decompressor->begin = decompressor->end - io->in_left;
                return 0;
        }
        /* It waits for more. */
        if (!decompressor->is_ended)
                return fill(decompressor, err);
        if (decompressor->is_whole)
                return 1;
        return ct_fail(err, CONTAIN_E_IMAGE, EBADMSG, NULL, "the %s data of '%s' ends too early",
                       decompressor->codec->name, what);
}

static ssize_t read_decompressed(void *userdata, void *to, size_t size, contain_error_t **err)
{
        struct decompressor *decompressor = userdata;
        struct ct_codec_io io = { .out = to, .out_left = size };
        int r;

        if (!decompressor->is_known) {
                r = begin(decompressor, err);
                if (r < 0)
                        return r;
        }
        if (!decompressor->codec)
                return copy(decompressor, to, size, err);
        while (io.out_left > 0) {
                r = decompress_some(decompressor, &io, err);
                if (r < 0)
                        return r;
                if (r > 0)
                        break;
        }
        return (ssize_t)(size - io.out_left);
}

int ct_stream_decompress(struct ct_stream *from, struct ct_stream **ret, contain_error_t **err)
{
        _cleanup_(ct_stream_freep) struct ct_stream *owned = from;
        struct decompressor *decompressor = malloc(sizeof *decompressor);
        struct ct_stream *stream;

        if (!decompressor)
                return ct_fail_memory(err);
        *decompressor = (struct decompressor){ .from = from };
        stream = ct_stream_over(ct_take(owned), read_decompressed, close_decompressor, decompressor);
        if (!stream)
                return ct_fail_memory(err);
        *ret = stream;
        return 0;
}
