/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_CODEC_H
#define CT_IMAGE_CODEC_H

/* What a decompressor has to bring; decompress.c chooses one and feeds it. */

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The largest window that is decompressed: that of "xz -9" and of "zstd --long=26". What asks for more is
 * refused, for it is the image that would choose how much memory is used.
 */
#define CT_CODEC_WINDOW_LOG 26

#define CT_CODEC_MAGIC_SIZE 10 /* bytes by which one is told from another */

/* Between the two: run() takes from the one and fills the other, and moves the pointers along. */
struct ct_codec_io {
        const uint8_t *in;
        size_t in_left;
        uint8_t *out;
        size_t out_left;
        bool is_last; /* nothing comes after this input */
};

struct ct_codec {
        const char *name;
        size_t magic_size;
        uint8_t magic[CT_CODEC_MAGIC_SIZE];
        /* NULL: known, and refused */
        int (*open)(void **ret);
        /*
         * 1: all that was taken in up to now is whole, and the input may end here. 0: it may not. Without
         * input, gives out what is still held back.
         */
        int (*run)(void *state, struct ct_codec_io *io, const char *what, contain_error_t **err);
        void (*close)(void *state);
};

/* What begins with these bytes is compressed with; NULL: it is as it is. */
const struct ct_codec *ct_codec_find(const uint8_t *bytes, size_t size);

extern const struct ct_codec ct_codec_gzip, ct_codec_zstd, ct_codec_xz;

#endif
