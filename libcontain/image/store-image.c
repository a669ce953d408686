/* SPDX-License-Identifier: MIT */

/* Images that are in the store, as a source of images like others. */

#include "image/manifest.h"
#include "image/store.h"

#include <string.h>

struct stored {
        struct ct_source source;
        const struct ct_store *store;
};

static int open_blob(struct ct_source *source, const struct ct_descriptor *blob, struct ct_stream **ret,
                     contain_error_t **err)
{
        const struct stored *stored = (const struct stored *)source;
        int fd = -EBADF, r;

        r = ct_store_open_blob(stored->store, &blob->digest, &fd, err);
        return r < 0 ? r : ct_stream_from_fd(fd, 0, -1, ret, err);
}

static void free_nothing(struct ct_source *source)
{
        (void)source;
}

static const struct ct_source_type stored_type = {
        .name = "store",
        .blob = open_blob,
        .free = free_nothing,
};

int ct_store_open_image(const struct ct_store *store, const struct ct_descriptor *manifest, const char *name,
                        struct ct_image *ret, contain_error_t **err)
{
        struct stored *stored = ct_arena_alloc(store->arena, sizeof(*stored));
        int r;

        if (!stored)
                return ct_fail_memory(err);
        stored->source.type = &stored_type;
        stored->store = store;
        r = ct_image_load(store->arena, &stored->source, manifest, NULL, ret, err);
        if (r < 0)
                return r;
        ret->name = name;
        return 0;
}
