/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_MANIFEST_H
#define CT_IMAGE_MANIFEST_H

/*
 * Manifests and indexes, of image-spec (manifest.md, image-index.md) and of docker's schema 2, and how an
 * image is found that begins with one.
 */

#include "base/json.h"
#include "image/platform.h"
#include "image/source.h"

#define CT_IMAGE_JSON_MAX   CT_JSON_MAX_SIZE /* bytes of a manifest, an index or a configuration */
#define CT_IMAGE_LAYERS_MAX 1000
#define CT_IMAGE_INDEX_MAX  4 /* indexes in indexes */

#define CT_MEDIA_INDEX           "application/vnd.oci.image.index.v1+json"
#define CT_MEDIA_MANIFEST        "application/vnd.oci.image.manifest.v1+json"
#define CT_MEDIA_CONFIG          "application/vnd.oci.image.config.v1+json"
#define CT_MEDIA_DOCKER_INDEX    "application/vnd.docker.distribution.manifest.list.v2+json"
#define CT_MEDIA_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define CT_MEDIA_DOCKER_CONFIG   "application/vnd.docker.container.image.v1+json"
#define CT_ANNOTATION_REF_NAME   "org.opencontainers.image.ref.name"
#define CT_ANNOTATION_IMAGE_NAME "io.containerd.image.name"

/* One of an index. */
struct ct_index_entry {
        struct ct_descriptor blob;
        struct ct_platform platform;
        const char *ref_name;   /* CT_ANNOTATION_REF_NAME, or NULL */
        const char *image_name; /* CT_ANNOTATION_IMAGE_NAME, or NULL */
        const char
                *unknown_digest; /* of an algorithm that is not known, so that the blob has none; or NULL */
        bool is_image;           /* no attestation, no artifact */
};

struct ct_manifest {
        bool is_index;
        struct ct_index_entry *entries; /* of an index */
        size_t n_entries;
        struct ct_descriptor config; /* of an image */
        struct ct_descriptor *layers;
        size_t n_layers;
};

/*
 * Reads one of either kind. @what names it in errors, @media_type is what it was said to be ("" for not told)
 * and has to be what it says itself.
 */
int ct_manifest_parse(struct ct_arena *arena, const char *what, const char *media_type, const char *text,
                      size_t size, struct ct_manifest *ret, contain_error_t **err);
/* Can the blob be verified? What cannot must not be used; others of the same index may be. */
int ct_index_entry_check(const struct ct_index_entry *entry, contain_error_t **err);
/* The one of @index that is for @platform (NULL: this machine), checked. */
int ct_manifest_choose(struct ct_arena *arena, const char *what, const struct ct_manifest *index,
                       const char *platform, const struct ct_index_entry **ret, contain_error_t **err);

/* What is needed of an image's configuration here. */
struct ct_image_config {
        struct ct_platform platform;
        struct ct_digest *diff_ids;
        size_t n_diff_ids;
};

int ct_image_config_parse(struct ct_arena *arena, const char *what, const char *text, size_t size,
                          struct ct_image_config *ret, contain_error_t **err);
/* Is an image with such a configuration what was asked for? NULL: whatever runs on Linux. */
int ct_image_config_check(struct ct_arena *arena, const struct ct_image_config *config, const char *platform,
                          contain_error_t **err);

/*
 * Fills in all of *ret but its name, from the manifest or index that @top tells of. The source hands out what
 * is needed of blobs, which are verified; @platform chooses in indexes (NULL: this machine).
 */
int ct_image_load(struct ct_arena *arena, struct ct_source *source, const struct ct_descriptor *top,
                  const char *platform, struct ct_image *ret, contain_error_t **err);
/* The same, where the manifest's text was read (and verified) already; it is copied. */
int ct_image_load_text(struct ct_arena *arena, struct ct_source *source, const struct ct_descriptor *top,
                       const char *text, size_t size, const char *platform, struct ct_image *ret,
                       contain_error_t **err);

#endif
