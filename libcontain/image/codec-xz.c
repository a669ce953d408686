/* SPDX-License-Identifier: MIT */

/* xz: streams one after the other, with the padding that its format allows between them. */

#include "image/codec.h"

#include <inttypes.h>
#include <lzma.h>

/* The window, and what the decoder needs beside it. */
#define MEMORY_MAX ((UINT64_C(1) << CT_CODEC_WINDOW_LOG) + (UINT64_C(2) << 20))

struct xz {
        lzma_stream stream;
        bool is_ended;
};

static int open_xz(void **ret)
{
        static const lzma_stream initial = LZMA_STREAM_INIT;
        struct xz *xz = calloc(1, sizeof *xz);

        if (!xz)
                return -ENOMEM;
        xz->stream = initial;
        if (lzma_stream_decoder(&xz->stream, MEMORY_MAX, LZMA_CONCATENATED) != LZMA_OK) {
                free(xz);
                return -ENOMEM;
        }
        *ret = xz;
        return 0;
}

static void close_xz(void *state)
{
        struct xz *xz = state;

        lzma_end(&xz->stream);
        free(xz);
}

static int run_xz(void *state, struct ct_codec_io *io, const char *what, contain_error_t **err)
{
        struct xz *xz = state;
        lzma_ret r;

        if (xz->is_ended)
                return 1;
        xz->stream.next_in = io->in;
        xz->stream.avail_in = io->in_left;
        xz->stream.next_out = io->out;
        xz->stream.avail_out = io->out_left;
        /* Whether a stream was the last is known only when it is said that nothing follows. */
        r = lzma_code(&xz->stream, io->is_last ? LZMA_FINISH : LZMA_RUN);
        io->in = xz->stream.next_in;
        io->in_left = xz->stream.avail_in;
        io->out = xz->stream.next_out;
        io->out_left = xz->stream.avail_out;

        switch (r) {
        case LZMA_STREAM_END:
                xz->is_ended = true;
                return 1;
        case LZMA_OK:
        case LZMA_BUF_ERROR:
                return 0;
        case LZMA_MEM_ERROR:
                return ct_fail_memory(err);
        case LZMA_MEMLIMIT_ERROR:
                (void)ct_fail(err, CONTAIN_E_IMAGE, EFBIG, NULL,
                              "the xz data of '%s' needs %" PRIu64 " MiB of memory, more than it is given",
                              what, lzma_memusage(&xz->stream) >> 20);
                ct_error_set_hint(err, "compress it with a dictionary of 64 MiB at most, as xz -9 does");
                return -EFBIG;
        case LZMA_OPTIONS_ERROR:
                return ct_fail(err, CONTAIN_E_IMAGE, ENOTSUP, NULL,
                               "the xz data of '%s' is of a kind that this version of liblzma does not know",
                               what);
        default:
                return ct_fail(err, CONTAIN_E_IMAGE, EBADMSG, NULL, "the xz data of '%s' is damaged", what);
        }
}

const struct ct_codec ct_codec_xz = {
        .name = "xz",
        .magic_size = 6,
        .magic = { 0xfd, '7', 'z', 'X', 'Z', 0 },
        .open = open_xz,
        .run = run_xz,
        .close = close_xz,
};
