/* SPDX-License-Identifier: MIT */

/* From the name of an image to its source; and what all sources do with blobs. */

#include "image/source.h"

#include "image/local.h"

#include <string.h>

static const struct ct_source_type *const types[] = {
        &ct_source_oci,     &ct_source_oci_archive, &ct_source_docker_archive, &ct_source_dir,
        &ct_source_tarball, &ct_source_registry,    &ct_source_docker_daemon,
};

/* Transports of containers-transports(5) that there is no source for. */
static const char *const others[] = { "atomic", "containers-storage", "ostree", "sif" };

/* Does @name begin with "@transport:"? What follows, or NULL. */
static const char *after(const char *name, const char *transport)
{
        size_t size = strlen(transport);

        return strncmp(name, transport, size) == 0 && name[size] == ':' ? name + size + 1 : NULL;
}

int ct_source_open(struct ct_arena *arena, const char *name, const struct ct_source_options *options,
                   struct ct_image *ret, contain_error_t **err)
{
        struct ct_image image = { .source = NULL };
        int r;
        size_t i;

        image.name = ct_arena_strdup(arena, name);
        if (!image.name)
                return ct_fail_memory(err);
        if (name[0] == '\0')
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "the name of the image is empty");
        for (i = 0; i < sizeof types / sizeof types[0]; i++) {
                const char *rest = after(image.name, types[i]->name);

                if (!rest)
                        continue;
                if (rest[0] == '\0')
                        return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "'%s' does not say which image",
                                       name);
                r = types[i]->open(arena, rest, options, &image, err);
                if (r < 0)
                        return r;
                *ret = image;
                return 0;
        }
        for (i = 0; i < sizeof others / sizeof others[0]; i++)
                if (after(image.name, others[i]))
                        return ct_fail(err, CONTAIN_E_UNSUPPORTED, ENOTSUP, NULL,
                                       "images are not taken from '%s:'", others[i]);
        r = ct_local_open(arena, image.name, options, &image, err);
        if (r < 0)
                return r;
        *ret = image;
        return 0;
}

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
