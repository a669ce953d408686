/* SPDX-License-Identifier: MIT */

/*
 * Any bytes as a manifest, an index and a configuration: read or refused with a complete error, and nothing
 * without a digest is handed out. The corpus is images/; how it is built for a fuzzer is in fuzz-spec.c.
 */

#include "image/manifest.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
        if (!condition)
                abort();
}

static void require_outcome(int r, const contain_error_t *error)
{
        require(r <= 0);
        require((r < 0) == (error != NULL));
        require(!error || (r == -contain_error_errno(error) && contain_error_sentence(error)[0] != '\0'));
}

static bool has_digest(const struct ct_descriptor *blob)
{
        return blob->digest.algorithm != CT_DIGEST_NONE && blob->size >= 0;
}

static void check_index(struct ct_arena *arena, const struct ct_manifest *index)
{
        static const char *const platforms[] = { NULL, "linux/amd64", "linux/arm/v7" };

        for (size_t i = 0; i < index->n_entries; i++)
                require(index->entries[i].unknown_digest || has_digest(&index->entries[i].blob));
        for (size_t i = 0; i < sizeof platforms / sizeof platforms[0]; i++) {
                _cleanup_(contain_error_freep) contain_error_t *error = NULL;
                const struct ct_index_entry *entry = NULL;
                int r = ct_manifest_choose(arena, "it", index, platforms[i], &entry, &error);

                require_outcome(r, error);
                require(r < 0 || (entry->is_image && has_digest(&entry->blob)));
        }
}

static void read_manifest(struct ct_arena *arena, const char *text, size_t size, const char *type)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        struct ct_manifest manifest;
        int r = ct_manifest_parse(arena, "it", type, text, size, &manifest, &error);

        require_outcome(r, error);
        if (r < 0)
                return;
        if (manifest.is_index) {
                check_index(arena, &manifest);
                return;
        }
        require(has_digest(&manifest.config));
        require(manifest.n_layers <= CT_IMAGE_LAYERS_MAX);
        for (size_t i = 0; i < manifest.n_layers; i++)
                require(has_digest(&manifest.layers[i]));
}

static void read_config(struct ct_arena *arena, const char *text, size_t size)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        struct ct_image_config config;
        int r = ct_image_config_parse(arena, "it", text, size, &config, &error);

        require_outcome(r, error);
        if (r < 0)
                return;
        for (size_t i = 0; i < config.n_diff_ids; i++)
                require(config.diff_ids[i].algorithm != CT_DIGEST_NONE);
        r = ct_image_config_check(arena, &config, "linux/amd64", &error);
        require_outcome(r, error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();

        require(arena != NULL);
        read_manifest(arena, (const char *)data, size, "");
        read_manifest(arena, (const char *)data, size, CT_MEDIA_INDEX);
        read_config(arena, (const char *)data, size);
        return 0;
}
