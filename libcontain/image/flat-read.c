/* SPDX-License-Identifier: MIT */

/* The first look at the layers: what there is, not what is in it. */

#include "image/layer-reader.h"
#include "image/flat.h"
#include "image/job.h"

#include <string.h>

#define PROGRESS_ENTRIES 1000

struct reading {
        struct ct_flat *flat;
        const struct ct_flat_limits *limits;
        const struct ct_job *job;
        uint64_t entries, bytes;
};

static int count_bytes(struct reading *reading, uint64_t bytes, contain_error_t **err)
{
        if (reading->limits->bytes > 0 && bytes > reading->limits->bytes - reading->bytes)
                return ct_fail(err, CONTAIN_E_SIZE, EFBIG, NULL, "the image has more than %llu bytes",
                               (unsigned long long)reading->limits->bytes);
        reading->bytes += bytes;
        return 0;
}

static int count_entry(struct reading *reading, contain_error_t **err)
{
        reading->entries++;
        if (reading->limits->entries > 0 && reading->entries > reading->limits->entries)
                return ct_fail(err, CONTAIN_E_SIZE, EFBIG, NULL, "the image has more than %llu entries",
                               (unsigned long long)reading->limits->entries);
        return 0;
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

static int pass_content(struct reading *reading, struct ct_layer_reader *reader, contain_error_t **err)
{
        const void *bytes;
        uint64_t offset;
        size_t size;
        int r;

        while ((r = ct_layer_reader_data(reader, &bytes, &size, &offset, err)) > 0) {
                r = count_bytes(reading, size, err);
                if (r < 0)
                        return r;
        }
        return r;
}

static int read_members(struct reading *reading, struct ct_layer_reader *reader, size_t layer,
                        contain_error_t **err)
{
        const struct ct_member *member;
        uint64_t ordinal = 0;
        size_t size;
        int r;

        while ((r = ct_layer_reader_next(reader, &member, err)) > 0) {
                r = count_entry(reading, err);
                if (r < 0)
                        return r;
                r = ct_flat_add(reading->flat, layer, ordinal++, member);
                if (r < 0)
                        return fail_member(member, r, err);
                r = pass_content(reading, reader, err);
                if (r < 0)
                        return r;
                if (reading->entries % PROGRESS_ENTRIES == 0)
                        ct_job_progress(reading->job, "read", "", reading->bytes, 0);
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

int ct_flat_read(const struct ct_image *image, const struct ct_flat_limits *limits, const struct ct_job *job,
                 struct ct_flat **ret, contain_error_t **err)
{
        _cleanup_(ct_flat_freep) struct ct_flat *flat = NULL;
        struct reading reading = { .limits = limits, .job = job };
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
