/* SPDX-License-Identifier: MIT */

/* What commands that are about the content store have in common: see store.h. */

#include "store.h"

contain_image_options_t store_get(const struct store_options *options)
{
        return (contain_image_options_t){ .size = sizeof(contain_image_options_t), .store = options->store };
}

const struct option store_options[] = {
        { "store", 0, OPTION_TEXT, offsetof(struct store_options, store), "DIR", "where content is kept" },
        { 0 },
};
