/* SPDX-License-Identifier: MIT */

/* The first look at the layers: what there is, not what is in it. */

#include "image/flat.h"
#include "image/job.h"
#include "image/layer-reader.h"
#include "image/unpack-limits.h"

#include <sys/stat.h>

#define PROGRESS_ENTRIES 1000

struct reading {
        struct ct_flat *flat;
        const struct ct_unpack_limits *limits;
        const struct ct_job *job;
        struct ct_unpack_counts *counts;
};

static int count_bytes(struct reading *reading, uint64_t bytes, contain_error_t **err)
{
        return ct_limits_count_bytes(reading->limits, reading->counts, bytes, err);
}

static int count_member(struct reading *reading, const struct ct_member *member, contain_error_t **err)
{
        int r = ct_limits_count_entry(reading->limits, reading->counts, err);

        if (r == 0)
                r = ct_limits_count_member(reading->limits, reading->counts, member, err);
        return r;
}

/* Folders that no member tells of count, too; one of the new nodes is the member's own. */
static int count_implied(struct reading *reading, size_t nodes_before, contain_error_t **err)
{
        int r = 0;

        for (size_t n = nodes_before + 1; r == 0 && n < reading->flat->n_nodes; n++)
                r = ct_limits_count_entry(reading->limits, reading->counts, err);
        return r;
}

/* The words are those that unpacking has for it. */
static int fail_member(const struct ct_member *member, int r, contain_error_t **err)
{
        const char *path = member->path.text;

        if (r == -ENOMEM)
                return ct_fail_memory(err);
        if (r == -ELOOP || r == -ENOTDIR)
                return ct_fail(err, CONTAIN_E_IMAGE, -r, NULL, "the layer has '/%s' in what it has made a %s",
                               path, r == -ELOOP ? "symbolic link" : "file");
        if (r == -EISDIR)
                return ct_fail(err, CONTAIN_E_IMAGE, -r, NULL, "the layer's root is no folder");
        return ct_fail(err, CONTAIN_E_IMAGE, -r, NULL, "the layer has '/%s' as a link to '/%s', which is %s",
                       path, member->target.text, r == -EPERM ? "a folder" : "not there");
}

/* What has none of its own may have some nevertheless: that counts. */
static int pass_content(struct reading *reading, struct ct_layer_reader *reader,
                        const struct ct_member *member, contain_error_t **err)
{
        bool counted = member->kind == CT_MEMBER_NODE && S_ISREG(member->mode);
        const void *bytes;
        uint64_t offset;
        size_t size;
        int r;

        while ((r = ct_layer_reader_data(reader, &bytes, &size, &offset, err)) > 0) {
                r = counted ? 0 : count_bytes(reading, size, err);
                if (r < 0)
                        return r;
        }
        return r;
}

static int read_member(struct reading *reading, struct ct_layer_reader *reader, size_t layer,
                       uint64_t ordinal, const struct ct_member *member, contain_error_t **err)
{
        size_t nodes_before = reading->flat->n_nodes;
        int r;

        r = count_member(reading, member, err);
        if (r < 0)
                return r;
        r = ct_flat_add(reading->flat, layer, ordinal, member);
        if (r < 0)
                return fail_member(member, r, err);
        r = count_implied(reading, nodes_before, err);
        return r < 0 ? r : pass_content(reading, reader, member, err);
}

static int read_members(struct reading *reading, struct ct_layer_reader *reader, size_t layer,
                        contain_error_t **err)
{
        const struct ct_member *member;
        uint64_t ordinal = 0;
        size_t size;
        int r;

        while ((r = ct_layer_reader_next(reader, &member, err)) > 0) {
                r = read_member(reading, reader, layer, ordinal++, member, err);
                if (r < 0)
                        return r;
                if (ordinal % PROGRESS_ENTRIES == 0)
                        ct_job_progress(reading->job, "read", "", reading->counts->bytes, 0);
        }
        while (r == 0 && (r = ct_layer_reader_rest(reader, &size, err)) > 0)
                r = count_bytes(reading, size, err);
        return r;
}

static int read_layer(struct reading *reading, const struct ct_image *image, size_t layer,
                      contain_error_t **err)
{
        _cleanup_(ct_stream_freep) struct ct_stream *tar = NULL;
        _cleanup_(ct_layer_reader_freep) struct ct_layer_reader *reader = NULL;
        int r;

        r = ct_source_layer(image->source, &image->layers[layer], &tar, err);
        if (r == 0)
                r = ct_layer_reader_open(tar, reading->job, &reader, err);
        return r < 0 ? r : read_members(reading, reader, layer, err);
}

int ct_flat_read(const struct ct_image *image, const struct ct_unpack_limits *limits,
                 const struct ct_job *job, struct ct_unpack_counts *counts, struct ct_flat **ret,
                 contain_error_t **err)
{
        _cleanup_(ct_flat_freep) struct ct_flat *flat = NULL;
        struct reading reading = { .limits = limits, .job = job, .counts = counts };
        int r;

        r = ct_flat_new(&flat, err);
        reading.flat = flat;
        for (size_t i = 0; r == 0 && i < image->n_layers; i++)
                r = read_layer(&reading, image, i, err);
        if (r < 0)
                return r;
        *ret = ct_take(flat);
        return 0;
}
