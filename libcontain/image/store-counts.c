/* SPDX-License-Identifier: MIT */

/*
 * How much each layer of the store is, in a file beside it: a layer that is there already counts towards the
 * limits of an image as if it had just been unpacked.
 */

#include "image/store.h"

#include "base/fds.h"

#include <stdio.h>

#define FILE_NAME "counts.json"
#define FILE_MAX  4096

static const struct {
        const char *name;
        size_t offset;
} members[] = {
        { "entries", offsetof(struct ct_unpack_counts, entries) },
        { "bytes", offsetof(struct ct_unpack_counts, bytes) },
        { "largestFile", offsetof(struct ct_unpack_counts, largest_file) },
        { "deepestPath", offsetof(struct ct_unpack_counts, deepest_path) },
};

#define N_MEMBERS (sizeof(members) / sizeof(members[0]))

static uint64_t *member(struct ct_unpack_counts *counts, size_t i)
{
        return (uint64_t *)(void *)((char *)counts + members[i].offset);
}

int ct_store_counts_save(const struct ct_store *store, int folder_fd, struct ct_unpack_counts *counts,
                         contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT;

        for (size_t i = 0; i < N_MEMBERS; i++)
                (void)ct_buf_printf(&text, "%s\"%s\":%llu", i ? "," : "{", members[i].name,
                                    (unsigned long long)*member(counts, i));
        if (ct_buf_puts(&text, "}\n") < 0 || text.failed)
                return ct_fail_memory(err);
        return ct_store_write_file(store, folder_fd, FILE_NAME, text.data, text.size, err);
}

static int fail_limit(contain_error_t **err, const char *what, uint64_t limit)
{
        return ct_fail(err, CONTAIN_E_SIZE, EFBIG, NULL, "the image has %s %llu", what,
                       (unsigned long long)limit);
}

static int check(const struct ct_unpack_limits *limits, const struct ct_unpack_counts *counts,
                 contain_error_t **err)
{
        if (limits->entries > 0 && counts->entries > limits->entries)
                return fail_limit(err, "more entries than", limits->entries);
        if (limits->bytes > 0 && counts->bytes > limits->bytes)
                return fail_limit(err, "more bytes than", limits->bytes);
        if (limits->file_size > 0 && counts->largest_file > limits->file_size)
                return fail_limit(err, "a file of more bytes than", limits->file_size);
        if (limits->path_depth > 0 && counts->deepest_path > limits->path_depth)
                return fail_limit(err, "folders that are deeper than", limits->path_depth);
        return 0;
}

int ct_store_counts_add(const struct ct_store *store, const char *layer, struct ct_unpack_counts *counts,
                        contain_error_t **err)
{
        const char *path = ct_arena_printf(store->arena, "layers/%s/" FILE_NAME, layer);
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        struct ct_unpack_counts of_layer = { 0 };
        _cleanup_free_ char *text = NULL;
        struct ct_json root;
        size_t size;
        int r;

        if (!path)
                return ct_fail_memory(err);
        r = ct_read_file_at(store->fd, path, FILE_MAX, &text, &size);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_STORE, -r, NULL, "cannot read '%s/%s'", store->path, path);
        r = ct_json_parse(store->arena, path, text, size, &document, &root, err);
        for (size_t i = 0; i < N_MEMBERS && r >= 0; i++)
                r = ct_json_get_uint(&root, members[i].name, INT64_MAX, member(&of_layer, i), err);
        if (r < 0)
                return r;
        counts->entries += of_layer.entries;
        counts->bytes += of_layer.bytes;
        counts->largest_file = of_layer.largest_file;
        counts->deepest_path = of_layer.deepest_path;
        return check(&store->limits, counts, err);
}
