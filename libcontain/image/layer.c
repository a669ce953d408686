/* SPDX-License-Identifier: MIT */

/* One layer: each member of its archive, into the tree. */

#include "image/layer-reader.h"
#include "image/unpack-limits.h"
#include "image/writer.h"

#define PROGRESS_BYTES   (4 * 1024 * 1024)
#define PROGRESS_ENTRIES 1000

struct layer {
        struct ct_layer_reader *reader;
        struct ct_tree *tree;
        const struct ct_job *job;
        const char *name; /* for display */
        uint64_t told_bytes, told_entries;
};

static void tell(struct layer *layer)
{
        const struct ct_unpack_counts *counts = layer->tree->counts;

        if (!layer->job || (counts->bytes - layer->told_bytes < PROGRESS_BYTES &&
                            counts->entries - layer->told_entries < PROGRESS_ENTRIES))
                return;
        layer->told_bytes = counts->bytes;
        layer->told_entries = counts->entries;
        ct_job_progress(layer->job, "unpack", layer->name, counts->bytes, 0);
}

static int count_bytes(struct layer *layer, uint64_t bytes, contain_error_t **err)
{
        return ct_limits_count_bytes(&layer->tree->how->limits, layer->tree->counts, bytes, err);
}

static int count_member(struct layer *layer, const struct ct_member *member, contain_error_t **err)
{
        const struct ct_unpack_limits *limits = &layer->tree->how->limits;
        int r = ct_limits_count_entry(limits, layer->tree->counts, err);

        if (r == 0)
                r = ct_limits_count_member(limits, layer->tree->counts, member, err);
        return r;
}

static int write_at(int fd, const unsigned char *bytes, size_t size, uint64_t offset)
{
        while (size > 0) {
                ssize_t n = pwrite(fd, bytes, size, (off_t)offset);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                bytes += n;
                size -= (size_t)n;
                offset += (uint64_t)n;
        }
        return 0;
}

static int write_content(struct layer *layer, const struct ct_member *member, int fd, uint64_t *ret_end,
                         contain_error_t **err)
{
        uint64_t offset, end = 0;
        const void *bytes;
        size_t size;
        int r;

        while ((r = ct_layer_reader_data(layer->reader, &bytes, &size, &offset, err)) > 0) {
                if (offset > member->size || size > member->size - offset)
                        return ct_fail(err, CONTAIN_E_IMAGE, EBADMSG, NULL,
                                       "'/%s' has content behind its end", member->path.text);
                r = write_at(fd, bytes, size, offset);
                if (r < 0)
                        return ct_fail(err, CONTAIN_E_UNPACK, -r, NULL, "cannot write '/%s'",
                                       member->path.text);
                if (size > 0)
                        end = offset + size;
        }
        *ret_end = end;
        return r;
}

/* Content of what has none is passed over, and counts. */
static int drop_content(struct layer *layer, contain_error_t **err)
{
        const void *bytes;
        uint64_t offset;
        size_t size;
        int r;

        while ((r = ct_layer_reader_data(layer->reader, &bytes, &size, &offset, err)) > 0) {
                r = count_bytes(layer, size, err);
                if (r < 0)
                        return r;
        }
        return r;
}

static int apply(struct layer *layer, const struct ct_member *member, contain_error_t **err)
{
        _cleanup_close_ int fd = -EBADF;
        uint64_t end = 0;
        int r;

        r = count_member(layer, member, err);
        if (r < 0)
                return r;
        if (member->kind == CT_MEMBER_WHITEOUT || member->kind == CT_MEMBER_OPAQUE)
                r = ct_tree_hide(layer->tree, member, err);
        else if (member->kind != CT_MEMBER_NOTHING)
                r = ct_tree_add(layer->tree, member, &fd, err);
        if (r < 0)
                return r;
        if (fd < 0)
                return drop_content(layer, err);
        r = write_content(layer, member, fd, &end, err);
        return r < 0 ? r : ct_tree_end_file(layer->tree, member, fd, end, err);
}

static int apply_all(struct layer *layer, contain_error_t **err)
{
        const struct ct_member *member;
        size_t size;
        int r;

        while ((r = ct_layer_reader_next(layer->reader, &member, err)) > 0) {
                r = apply(layer, member, err);
                if (r < 0)
                        return r;
                tell(layer);
        }
        while (r == 0 && (r = ct_layer_reader_rest(layer->reader, &size, err)) > 0)
                r = count_bytes(layer, size, err);
        return r;
}

int ct_unpack_layer(struct ct_stream *stream, int root_fd, const struct ct_unpack *how,
                    const struct ct_job *job, struct ct_unpack_counts *counts, contain_error_t **err)
{
        _cleanup_(ct_layer_reader_freep) struct ct_layer_reader *reader = NULL;
        _cleanup_tree_ struct ct_tree tree = { .root_fd = -EBADF };
        struct layer layer = { .tree = &tree, .job = job, .name = ct_stream_name(stream) };
        int r;

        r = ct_tree_init(&tree, root_fd, how, counts, err);
        if (r < 0)
                return r;
        r = ct_layer_reader_open(stream, job, &reader, err);
        if (r < 0)
                return r;
        layer.reader = reader;
        tree.job = job;
        layer.told_bytes = counts->bytes;
        layer.told_entries = counts->entries;
        r = apply_all(&layer, err);
        return r < 0 ? r : ct_tree_end(&tree, err);
}
