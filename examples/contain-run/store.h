/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_STORE_H
#define CONTAIN_RUN_STORE_H

/* What commands that are about the content store, and not about getting an image, have in common. */

#include "app.h"

/* The first member of such a command's options: the table below counts from the beginning. */
struct store_options {
        const char *store;
};

extern const struct option store_options[];

/* The options for the library, which borrow from @options. */
contain_image_options_t store_get(const struct store_options *options);

#endif
