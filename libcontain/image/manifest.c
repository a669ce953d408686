/* SPDX-License-Identifier: MIT */

/* Reads manifests and indexes; what is chosen among them is in index.c. */

#include "image/manifest.h"

#include <inttypes.h>
#include <string.h>

static const char *const layer_types[] = {
        "application/vnd.oci.image.layer.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.docker.image.rootfs.diff.tar",
        "application/vnd.docker.image.rootfs.foreign.diff.tar",
};

/* What follows one of the above; what it really is compressed with is seen from the bytes. */
static const char *const compressions[] = { "", "+gzip", "+zstd", ".gzip", ".zstd", ".zst", ".xz", "+xz" };

static bool is_layer_type(const char *type)
{
        size_t i, k;

        if (type[0] == '\0')
                return true;
        for (i = 0; i < sizeof layer_types / sizeof layer_types[0]; i++) {
                size_t size = strlen(layer_types[i]);

                if (strncmp(type, layer_types[i], size) != 0)
                        continue;
                for (k = 0; k < sizeof compressions / sizeof compressions[0]; k++)
                        if (strcmp(type + size, compressions[k]) == 0)
                                return true;
        }
        return false;
}

/* @ret_unknown, unless NULL, takes the digest when it is of an algorithm that is not known. */
static int read_descriptor(const struct ct_json *from, struct ct_descriptor *ret, const char **ret_unknown,
                           contain_error_t **err)
{
        struct ct_descriptor descriptor = { .media_type = "", .size = -1 };
        const char *digest = NULL;
        int r;

        r = ct_json_check_object(from, err);
        if (r >= 0)
                r = ct_json_get_string(from, "mediaType", &descriptor.media_type, err);
        if (r >= 0)
                r = ct_json_require(ct_json_get_string(from, "digest", &digest, err), from, "digest", err);
        if (r >= 0)
                r = ct_json_require(ct_json_get_int(from, "size", 0, INT64_MAX, &descriptor.size, err), from,
                                    "size", err);
        if (r >= 0 && ret_unknown && ct_digest_parse(digest, NULL, &descriptor.digest, NULL) == -ENOTSUP)
                *ret_unknown = digest;
        else if (r >= 0)
                r = ct_digest_parse(digest, ct_json_pointer_join(from->arena, from->at, "digest"),
                                    &descriptor.digest, err);
        if (r < 0)
                return r;
        *ret = descriptor;
        return 0;
}

static int read_layers(const struct ct_json *document, struct ct_manifest *manifest, contain_error_t **err)
{
        struct ct_json layers;
        size_t i, n = 0;
        int r;

        r = ct_json_require(ct_json_get_array(document, "layers", &layers, &n, err), document, "layers", err);
        if (r < 0)
                return r;
        if (n > CT_IMAGE_LAYERS_MAX)
                return ct_fail(err, CONTAIN_E_IMAGE, EFBIG, layers.at,
                               "the image has %zu layers, more than the %d that are read", n,
                               CT_IMAGE_LAYERS_MAX);
        manifest->layers = ct_arena_array(document->arena, n, sizeof *manifest->layers);
        if (!manifest->layers)
                return ct_fail_memory(err);
        for (i = 0; i < n; i++) {
                struct ct_descriptor *layer = &manifest->layers[i];
                struct ct_json element;

                ct_json_element(&layers, i, &element);
                r = read_descriptor(&element, layer, NULL, err);
                if (r < 0)
                        return r;
                if (is_layer_type(layer->media_type))
                        continue;
                return ct_fail(err, CONTAIN_E_IMAGE, ENOTSUP, element.at, "%s '%.200s' is not understood",
                               strstr(layer->media_type, "encrypted") ? "an encrypted layer of type"
                                                                      : "a layer of type",
                               layer->media_type);
        }
        manifest->n_layers = n;
        return 0;
}

static int read_image(const char *what, const struct ct_json *document, struct ct_manifest *manifest,
                      contain_error_t **err)
{
        const char *type;
        struct ct_json config;
        int r;

        r = ct_json_require(ct_json_get_object(document, "config", &config, err), document, "config", err);
        if (r < 0)
                return r;
        r = read_descriptor(&config, &manifest->config, NULL, err);
        if (r < 0)
                return r;
        /* Charts, signatures, modules and whatnot are kept in registries as if they were images. */
        type = manifest->config.media_type;
        if (type[0] != '\0' && strcmp(type, CT_MEDIA_CONFIG) != 0 &&
            strcmp(type, CT_MEDIA_DOCKER_CONFIG) != 0)
                return ct_fail(err, CONTAIN_E_IMAGE, ENOTSUP, "/config/mediaType",
                               "%s is that of an artifact of type '%.200s', not of a container's image", what,
                               type);
        return read_layers(document, manifest, err);
}

static int read_platform(const struct ct_json *entry, struct ct_platform *ret, contain_error_t **err)
{
        struct ct_platform platform = { .os = "", .architecture = "", .variant = "" };
        struct ct_json object = { .value = NULL };
        int r;

        r = ct_json_get_object(entry, "platform", &object, err);
        if (r >= 0)
                r = ct_json_get_string(&object, "os", &platform.os, err);
        if (r >= 0)
                r = ct_json_get_string(&object, "architecture", &platform.architecture, err);
        if (r >= 0)
                r = ct_json_get_string(&object, "variant", &platform.variant, err);
        if (r < 0)
                return r;
        *ret = platform;
        return 0;
}

static bool is_manifest_type(const char *type)
{
        return strcmp(type, CT_MEDIA_MANIFEST) == 0 || strcmp(type, CT_MEDIA_DOCKER_MANIFEST) == 0;
}

static bool is_index_type(const char *type)
{
        return strcmp(type, CT_MEDIA_INDEX) == 0 || strcmp(type, CT_MEDIA_DOCKER_INDEX) == 0;
}

static int read_entry(const struct ct_json *from, struct ct_index_entry *entry, contain_error_t **err)
{
        const char *artifact = "", *refers = NULL;
        struct ct_json annotations = { .value = NULL };
        int r;

        r = read_descriptor(from, &entry->blob, &entry->unknown_digest, err);
        if (r >= 0)
                r = read_platform(from, &entry->platform, err);
        if (r >= 0)
                r = ct_json_get_string(from, "artifactType", &artifact, err);
        if (r >= 0)
                r = ct_json_get_object(from, "annotations", &annotations, err);
        if (r >= 0)
                r = ct_json_get_string(&annotations, CT_ANNOTATION_REF_NAME, &entry->ref_name, err);
        if (r >= 0)
                r = ct_json_get_string(&annotations, CT_ANNOTATION_IMAGE_NAME, &entry->image_name, err);
        if (r >= 0)
                r = ct_json_get_string(&annotations, "vnd.docker.reference.type", &refers, err);
        if (r < 0)
                return r;
        /* Builders keep what they say of an image beside it, "for" a platform that does not exist. */
        entry->is_image = !refers && artifact[0] == '\0' && strcmp(entry->platform.os, "unknown") != 0 &&
                          strcmp(entry->platform.architecture, "unknown") != 0 &&
                          (entry->blob.media_type[0] == '\0' || is_manifest_type(entry->blob.media_type) ||
                           is_index_type(entry->blob.media_type));
        return 0;
}

static int read_index(const struct ct_json *document, struct ct_manifest *manifest, contain_error_t **err)
{
        struct ct_json entries;
        size_t i, n = 0;
        int r;

        r = ct_json_require(ct_json_get_array(document, "manifests", &entries, &n, err), document,
                            "manifests", err);
        if (r < 0)
                return r;
        manifest->is_index = true;
        manifest->entries = ct_arena_array(document->arena, n, sizeof *manifest->entries);
        if (!manifest->entries)
                return ct_fail_memory(err);
        for (i = 0; i < n; i++) {
                struct ct_json element;

                ct_json_element(&entries, i, &element);
                r = read_entry(&element, &manifest->entries[i], err);
                if (r < 0)
                        return r;
        }
        manifest->n_entries = n;
        return 0;
}

/*
 * What @document is: by its media type, or else by its members. One that could be read as either is refused,
 * as one reader would run what another has checked.
 */
static int read_kind(const char *what, const char *said, const struct ct_json *document, bool *ret_is_index,
                     contain_error_t **err)
{
        const char *type = "";
        struct ct_json member;
        int64_t version = 2;
        bool has_manifests, has_image;
        int r;

        r = ct_json_check_object(document, err);
        if (r >= 0)
                r = ct_json_get_string(document, "mediaType", &type, err);
        if (r >= 0)
                r = ct_json_get_int(document, "schemaVersion", 0, INT64_MAX, &version, err);
        if (r < 0)
                return r;
        if (version != 2)
                return ct_fail(err, CONTAIN_E_IMAGE, ENOTSUP, "/schemaVersion",
                               "%s is of schema %" PRId64 ", and only schema 2 is understood", what, version);
        if (type[0] == '\0')
                type = said;
        if (said[0] != '\0' && strcmp(type, said) != 0)
                return ct_fail(err, CONTAIN_E_IMAGE, EBADMSG, "/mediaType",
                               "%s is said to be '%.200s' and calls itself '%.200s'", what, said, type);
        if (type[0] != '\0' && !is_index_type(type) && !is_manifest_type(type))
                return ct_fail(err, CONTAIN_E_IMAGE, ENOTSUP, "/mediaType",
                               "%s is of type '%.200s', which is not understood", what, type);

        has_manifests = ct_json_get(document, "manifests", &member, NULL) > 0;
        has_image = ct_json_get(document, "config", &member, NULL) > 0 ||
                    ct_json_get(document, "layers", &member, NULL) > 0;
        if (has_manifests && has_image)
                return ct_fail(err, CONTAIN_E_IMAGE, EBADMSG, NULL, "%s is a manifest and an index at once",
                               what);
        *ret_is_index = type[0] != '\0' ? is_index_type(type) : has_manifests;
        return 0;
}

int ct_manifest_parse(struct ct_arena *arena, const char *what, const char *media_type, const char *text,
                      size_t size, struct ct_manifest *ret, contain_error_t **err)
{
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        struct ct_manifest manifest = { .is_index = false };
        struct ct_json root;
        bool is_index = false;
        int r;

        r = ct_json_parse(arena, what, text, size, &document, &root, err);
        if (r < 0)
                return r;
        r = read_kind(what, media_type, &root, &is_index, err);
        if (r < 0)
                return r;
        r = is_index ? read_index(&root, &manifest, err) : read_image(what, &root, &manifest, err);
        if (r < 0)
                return r;
        *ret = manifest;
        return 0;
}
