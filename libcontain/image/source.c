/* SPDX-License-Identifier: MIT */

/* What all sources do with blobs and layers. */

#include "image/source.h"

struct ct_source *ct_source_free(struct ct_source *source)
{
        if (source)
                source->type->free(source);
        return NULL;
}

/* What errors call a blob. */
static const char *name_of(const struct ct_digest *digest, const char *otherwise, char buffer[CT_DIGEST_TEXT])
{
        ct_digest_format(digest, buffer);
        return buffer[0] || !otherwise ? buffer : otherwise;
}

int ct_source_blob(struct ct_source *source, const struct ct_descriptor *blob, struct ct_stream **ret,
                   contain_error_t **err)
{
        char buffer[CT_DIGEST_TEXT];
        struct ct_stream *stream;
        int r;

        r = source->type->blob(source, blob, &stream, err);
        if (r < 0)
                return r;
        return ct_stream_verify(stream, name_of(&blob->digest, blob->place, buffer), &blob->digest,
                                blob->size, ret, err);
}

/* The tar, of which the diff_id is not verified yet. */
static int open_layer(struct ct_source *source, const struct ct_layer *layer, struct ct_stream **ret,
                      contain_error_t **err)
{
        struct ct_descriptor blob = layer->blob;
        struct ct_stream *stream;
        int r;

        /* Of a layer that is not compressed both are the same: it is made once. */
        if (ct_digest_equal(&blob.digest, &layer->diff_id))
                blob.digest = (struct ct_digest){ .algorithm = CT_DIGEST_NONE };
        r = source->type->blob(source, &layer->blob, &stream, err);
        if (r >= 0) {
                char buffer[CT_DIGEST_TEXT];
                const char *name = name_of(&layer->blob.digest, layer->blob.place, buffer);

                r = ct_stream_verify(stream, name, &blob.digest, blob.size, &stream, err);
        }
        return r < 0 ? r : ct_stream_decompress(stream, ret, err);
}

static int verify_layer(const struct ct_layer *layer, struct ct_stream *tar, struct ct_stream **ret,
                        contain_error_t **err)
{
        char buffer[CT_DIGEST_TEXT];

        return ct_stream_verify(tar, name_of(&layer->blob.digest, layer->blob.place, buffer), &layer->diff_id,
                                -1, ret, err);
}

int ct_source_layer(struct ct_source *source, const struct ct_layer *layer, struct ct_stream **ret,
                    contain_error_t **err)
{
        struct ct_stream *stream;
        int r;

        r = open_layer(source, layer, &stream, err);
        return r < 0 ? r : verify_layer(layer, stream, ret, err);
}

/* As far as its digests tell: docker's archives have none but the diff_id, and no compression. */
static bool is_compressed(const struct ct_layer *layer)
{
        return layer->blob.digest.algorithm != CT_DIGEST_NONE &&
               !ct_digest_equal(&layer->blob.digest, &layer->diff_id);
}

int ct_source_layer_ahead(struct ct_source *source, const struct ct_layer *layer, size_t ahead,
                          struct ct_stream **ret, contain_error_t **err)
{
        const bool reader_verifies = is_compressed(layer);
        struct ct_stream *stream;
        int r;

        r = open_layer(source, layer, &stream, err);
        if (r == 0 && !reader_verifies)
                r = verify_layer(layer, stream, &stream, err);
        if (r == 0)
                r = ct_stream_ahead(stream, ahead, &stream, err);
        if (r == 0 && reader_verifies)
                r = verify_layer(layer, stream, &stream, err);
        if (r < 0)
                return r;
        *ret = stream;
        return 0;
}
