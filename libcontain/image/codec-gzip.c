/* SPDX-License-Identifier: MIT */

/* gzip (RFC 1952): members one after the other, checksums compared, zeros after the last passed over. */

#include "image/codec.h"

#include <limits.h>
#include <zlib.h>

#define WINDOW_BITS 15
#define ONLY_GZIP   16 /* added to the above: no zlib header, no guessing */

struct gzip {
        z_stream stream;
        bool is_between; /* members */
        bool is_padding; /* zeros up to the end */
};

static int open_gzip(void **ret)
{
        struct gzip *gzip = calloc(1, sizeof *gzip);

        if (!gzip)
                return -ENOMEM;
        if (inflateInit2(&gzip->stream, WINDOW_BITS + ONLY_GZIP) != Z_OK) {
                free(gzip);
                return -ENOMEM;
        }
        *ret = gzip;
        return 0;
}

static void close_gzip(void *state)
{
        struct gzip *gzip = state;

        (void)inflateEnd(&gzip->stream);
        free(gzip);
}

/* Tapes and some writers of archives fill up their last block. */
static int pass_padding(struct ct_codec_io *io, const char *what, contain_error_t **err)
{
        for (; io->in_left > 0; io->in++, io->in_left--)
                if (*io->in != 0)
                        return ct_fail(err, CONTAIN_E_IMAGE, EBADMSG, NULL,
                                       "'%s' has something behind its gzip data", what);
        return 1;
}

static int inflate_some(struct gzip *gzip, struct ct_codec_io *io)
{
        z_stream *stream = &gzip->stream;
        uInt in = io->in_left < UINT_MAX ? (uInt)io->in_left : UINT_MAX;
        uInt out = io->out_left < UINT_MAX ? (uInt)io->out_left : UINT_MAX;
        int r;

        stream->next_in = (Bytef *)(uintptr_t)io->in;
        stream->avail_in = in;
        stream->next_out = io->out;
        stream->avail_out = out;
        r = inflate(stream, Z_NO_FLUSH);
        io->in += in - stream->avail_in;
        io->in_left -= in - stream->avail_in;
        io->out += out - stream->avail_out;
        io->out_left -= out - stream->avail_out;
        return r;
}

static int run_gzip(void *state, struct ct_codec_io *io, const char *what, contain_error_t **err)
{
        struct gzip *gzip = state;

        if (gzip->is_between && io->in_left > 0) {
                gzip->is_between = false;
                gzip->is_padding = *io->in == 0;
                if (!gzip->is_padding && inflateReset(&gzip->stream) != Z_OK)
                        return ct_fail(err, CONTAIN_E_SYSTEM, EINVAL, NULL, "cannot begin a gzip member");
        }
        if (gzip->is_padding)
                return pass_padding(io, what, err);
        if (gzip->is_between)
                return 1;

        switch (inflate_some(gzip, io)) {
        case Z_STREAM_END:
                gzip->is_between = true;
                return 1;
        case Z_OK:
        case Z_BUF_ERROR: /* nothing to do without more input, or more room */
                return 0;
        case Z_MEM_ERROR:
                return ct_fail_memory(err);
        default:
                return ct_fail(err, CONTAIN_E_IMAGE, EBADMSG, NULL, "the gzip data of '%s' is damaged: %s",
                               what, gzip->stream.msg ? gzip->stream.msg : "no reason is given");
        }
}

const struct ct_codec ct_codec_gzip = {
        .name = "gzip",
        .magic_size = 3,
        .magic = { 0x1f, 0x8b, 8 },
        .open = open_gzip,
        .run = run_gzip,
        .close = close_gzip,
};
