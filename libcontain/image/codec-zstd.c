/* SPDX-License-Identifier: MIT */

/* zstd (RFC 8878): frames one after the other, skippable ones among them, as in zstd:chunked layers. */

#include "image/codec.h"

#include <zstd.h>
#include <zstd_errors.h>

struct zstd {
        ZSTD_DStream *stream;
        bool is_inside; /* a frame */
};

static void close_zstd(void *state)
{
        struct zstd *zstd = state;

        (void)ZSTD_freeDStream(zstd->stream);
        free(zstd);
}

static int open_zstd(void **ret)
{
        struct zstd *zstd = calloc(1, sizeof *zstd);

        if (!zstd)
                return -ENOMEM;
        zstd->stream = ZSTD_createDStream();
        if (!zstd->stream ||
            ZSTD_isError(ZSTD_DCtx_setParameter(zstd->stream, ZSTD_d_windowLogMax, CT_CODEC_WINDOW_LOG))) {
                close_zstd(zstd);
                return -ENOMEM;
        }
        *ret = zstd;
        return 0;
}

static int run_zstd(void *state, struct ct_codec_io *io, const char *what, contain_error_t **err)
{
        struct zstd *zstd = state;
        ZSTD_inBuffer in = { .src = io->in, .size = io->in_left };
        ZSTD_outBuffer out = { .dst = io->out, .size = io->out_left };
        size_t r;

        if (io->in_left == 0 && !zstd->is_inside)
                return 1;
        r = ZSTD_decompressStream(zstd->stream, &out, &in);
        if (ZSTD_isError(r)) {
                switch (ZSTD_getErrorCode(r)) {
                case ZSTD_error_memory_allocation:
                        return ct_fail_memory(err);
                case ZSTD_error_frameParameter_windowTooLarge:
                        (void)ct_fail(err, CONTAIN_E_IMAGE, EFBIG, NULL,
                                      "the zstd data of '%s' needs a window larger than %u MiB", what,
                                      (1U << CT_CODEC_WINDOW_LOG) >> 20);
                        ct_error_set_hint(err, "compress it with a smaller one, such as zstd -19 does");
                        return -EFBIG;
                default:
                        return ct_fail(err, CONTAIN_E_IMAGE, EBADMSG, NULL,
                                       "the zstd data of '%s' is damaged: %s", what, ZSTD_getErrorName(r));
                }
        }
        io->in += in.pos;
        io->in_left -= in.pos;
        io->out += out.pos;
        io->out_left -= out.pos;
        zstd->is_inside = r != 0;
        return !zstd->is_inside;
}

const struct ct_codec ct_codec_zstd = {
        .name = "zstd",
        .magic_size = 4,
        .magic = { 0x28, 0xb5, 0x2f, 0xfd },
        .open = open_zstd,
        .run = run_zstd,
        .close = close_zstd,
};
