/* SPDX-License-Identifier: MIT */

/* From a manifest, or from an index of indexes, down to the configuration and the layers of one image. */

#include "image/manifest.h"

#include <inttypes.h>
#include <string.h>

/* What is done with one manifest after the other. */
struct search {
        struct ct_arena *arena;
        struct ct_source *source;
        const char *platform;
};

static const char *name_of(const struct search *search, const char *noun, const struct ct_descriptor *blob)
{
        char digest[CT_DIGEST_TEXT];

        ct_digest_format(&blob->digest, digest);
        return ct_arena_printf(search->arena, "the %s '%s'", noun,
                               digest[0] || !blob->place ? digest : blob->place);
}

/* A blob that is JSON, into the arena. */
static int fetch(const struct search *search, const char *what, const struct ct_descriptor *blob,
                 const char **ret, size_t *ret_size, contain_error_t **err)
{
        _cleanup_(ct_stream_freep) struct ct_stream *stream = NULL;
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        const char *text;
        int r;

        if (blob->size > CT_IMAGE_JSON_MAX)
                return ct_fail(err, CONTAIN_E_IMAGE, EFBIG, NULL,
                               "%s has %" PRId64 " bytes, more than the %d that are read of one", what,
                               blob->size, CT_IMAGE_JSON_MAX);
        r = ct_source_blob(search->source, blob, &stream, err);
        if (r < 0)
                return r;
        r = ct_stream_read_all(stream, CT_IMAGE_JSON_MAX, &buf, err);
        if (r < 0)
                return r;
        text = ct_arena_strndup(search->arena, buf.data ? buf.data : "", buf.size);
        if (!text)
                return ct_fail_memory(err);
        *ret = text;
        *ret_size = buf.size;
        return 0;
}

static int pair_layers(const struct search *search, const struct ct_manifest *manifest,
                       const struct ct_image_config *config, struct ct_image *image, contain_error_t **err)
{
        size_t i;

        if (manifest->n_layers != config->n_diff_ids)
                return ct_fail(err, CONTAIN_E_IMAGE, EBADMSG, NULL,
                               "the manifest has %zu layers, and the configuration %zu", manifest->n_layers,
                               config->n_diff_ids);
        image->layers = ct_arena_array(search->arena, manifest->n_layers, sizeof *image->layers);
        if (!image->layers)
                return ct_fail_memory(err);
        for (i = 0; i < manifest->n_layers; i++) {
                image->layers[i].blob = manifest->layers[i];
                image->layers[i].diff_id = config->diff_ids[i];
        }
        image->n_layers = manifest->n_layers;
        return 0;
}

static int load_image(const struct search *search, const struct ct_descriptor *top, const char *text,
                      const struct ct_manifest *manifest, struct ct_image *ret, contain_error_t **err)
{
        struct ct_image image = { .source = search->source, .name = ret->name };
        const char *what = name_of(search, "configuration", &manifest->config);
        struct ct_image_config config;
        size_t size = 0;
        int r;

        if (!what)
                return ct_fail_memory(err);
        image.manifest = *top;
        image.manifest_json = text;
        image.config = manifest->config;
        r = fetch(search, what, &manifest->config, &image.config_json, &size, err);
        if (r >= 0)
                r = ct_image_config_parse(search->arena, what, image.config_json, size, &config, err);
        if (r >= 0)
                r = ct_image_config_check(search->arena, &config, search->platform, err);
        if (r >= 0)
                r = pair_layers(search, manifest, &config, &image, err);
        if (r < 0)
                return r;
        *ret = image;
        return 0;
}

/* @text is in the arena. */
static int load(const struct search *search, struct ct_descriptor top, const char *text, size_t size,
                struct ct_image *ret, contain_error_t **err)
{
        int depth, r;

        for (depth = 0; depth <= CT_IMAGE_INDEX_MAX; depth++) {
                const char *what = name_of(search, "manifest", &top);
                const struct ct_index_entry *entry;
                struct ct_manifest manifest;

                if (!what)
                        return ct_fail_memory(err);
                r = text ? 0 : fetch(search, what, &top, &text, &size, err);
                if (r >= 0)
                        r = ct_manifest_parse(search->arena, what, top.media_type, text, size, &manifest,
                                              err);
                if (r < 0)
                        return r;
                if (!manifest.is_index)
                        return load_image(search, &top, text, &manifest, ret, err);
                r = ct_manifest_choose(search->arena, what, &manifest, search->platform, &entry, err);
                if (r < 0)
                        return r;
                top = entry->blob;
                text = NULL;
        }
        return ct_fail(err, CONTAIN_E_IMAGE, EFBIG, NULL, "there are more than %d indexes one in the other",
                       CT_IMAGE_INDEX_MAX);
}

int ct_image_load(struct ct_arena *arena, struct ct_source *source, const struct ct_descriptor *top,
                  const char *platform, struct ct_image *ret, contain_error_t **err)
{
        const struct search search = { .arena = arena, .source = source, .platform = platform };

        return load(&search, *top, NULL, 0, ret, err);
}

int ct_image_load_text(struct ct_arena *arena, struct ct_source *source, const struct ct_descriptor *top,
                       const char *text, size_t size, const char *platform, struct ct_image *ret,
                       contain_error_t **err)
{
        const struct search search = { .arena = arena, .source = source, .platform = platform };
        const char *copy = ct_arena_strndup(arena, text, size);

        return copy ? load(&search, *top, copy, size, ret, err) : ct_fail_memory(err);
}
