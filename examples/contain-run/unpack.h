/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_UNPACK_H
#define CONTAIN_RUN_UNPACK_H

/* How an image is unpacked. */

#include "source.h"

struct unpack_options {
        struct source_options source; /* first: its table counts from the beginning */
        const char *owner;
        struct option_list uid_maps;
        struct option_list gid_maps;
        bool no_devices;
};

extern const struct option unpack_options[];

/* The options for the library, which borrow from @options. */
int unpack_get(struct app *app, const struct unpack_options *options, contain_unpack_options_t *ret);

#endif
