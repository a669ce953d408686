/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_SOURCE_H
#define CT_IMAGE_SOURCE_H

/*
 * Where images come from. A source finds one image and hands out its blobs; what they are is the same for all
 * of them (image.h below in this file). Opened by its name, as in containers-transports(5).
 */

#include "base/arena.h"
#include "image/digest.h"
#include "image/stream.h"

/* A blob as a manifest tells of it (image-spec, descriptor.md). */
struct ct_descriptor {
        const char *media_type;  /* "" when not told */
        struct ct_digest digest; /* NONE where the source has none, as docker-archive for its layers */
        int64_t size;            /* bytes, -1 when not told */
        const char *place;       /* what the source itself knows it by, such as a file's name; may be NULL */
};

struct ct_layer {
        struct ct_descriptor blob;
        struct ct_digest diff_id; /* of the uncompressed tar; NONE for a root file system that is no image */
};

struct ct_source;

/* One image, in memory of the arena it was opened with. */
struct ct_image {
        struct ct_source *source;
        const char *name;              /* of the source, as given, for display */
        struct ct_descriptor manifest; /* digest NONE for sources that have no manifest */
        const char *manifest_json;     /* NULL */
        struct ct_descriptor config;
        const char *config_json; /* image-spec, config.md; "{}" for a root file system that is no image */
        struct ct_layer *layers; /* from the lowest up */
        size_t n_layers;
};

/* How to get at it; all may be NULL or 0. */
struct ct_source_options {
        const char *platform;       /* "linux/arm64/v8"; NULL: this machine's */
        const char *auth_file;      /* containers-auth.json(5) */
        const char *certificates;   /* a folder as docker's certs.d/HOST has them */
        const char *store;          /* the content store's folder */
        const char *const *mirrors; /* "HOST=MIRROR", ended by NULL */
        bool insecure; /* a registry without TLS, or with a certificate that nobody vouches for */
        int stdin_fd;  /* what "-" is; -1 */
        int spool_fd;  /* a folder on the target's file system for what has to be read twice; -1: /var/tmp */
        uint64_t stall_ms;        /* longest time without anything from a registry or a pipe; 0: the usual */
        uint64_t spool_bytes_max; /* most that is put there; 0: SPOOL_MAX of spool.c */
        const struct ct_job *job; /* whom to tell of progress, and who may cancel */
};

/*
 * Opens the image that @name names. CONTAIN_E_ARGUMENT for a name that is none, ENOENT for an image that is
 * not there. The source keeps what it needs in @arena, which has to live as long.
 */
int ct_source_open(struct ct_arena *arena, const char *name, const struct ct_source_options *options,
                   struct ct_image *ret, contain_error_t **err);
/* After the streams that it gave. */
struct ct_source *ct_source_free(struct ct_source *source);
CT_CLEANUP(struct ct_source, ct_source_free)

/* A blob as it is stored, verified as it is read. May be called by several threads. */
int ct_source_blob(struct ct_source *source, const struct ct_descriptor *blob, struct ct_stream **ret,
                   contain_error_t **err);
/* A layer's tar, uncompressed, blob and diff_id verified at its end. May be called by several threads, and
 * more than once. */
int ct_source_layer(struct ct_source *source, const struct ct_layer *layer, struct ct_stream **ret,
                    contain_error_t **err);
/* The same by a thread that is up to @ahead bytes ahead. The diff_id is verified by the reader where the
 * thread has to decompress, and by the thread otherwise, so that two processors share the work. */
int ct_source_layer_ahead(struct ct_source *source, const struct ct_layer *layer, size_t ahead,
                          struct ct_stream **ret, contain_error_t **err);

/* For the kinds of sources themselves: what one has to bring. */
struct ct_source_type {
        const char *name; /* the transport: "oci", "docker-archive" */
        int (*open)(struct ct_arena *arena, const char *rest, const struct ct_source_options *options,
                    struct ct_image *ret, contain_error_t **err);
        /* Unverified; may be called by several threads. */
        int (*blob)(struct ct_source *source, const struct ct_descriptor *blob, struct ct_stream **ret,
                    contain_error_t **err);
        /* The same, but for its first @offset bytes; NULL for one that can only begin at the beginning. */
        int (*blob_from)(struct ct_source *source, const struct ct_descriptor *blob, uint64_t offset,
                         struct ct_stream **ret, contain_error_t **err);
        void (*free)(struct ct_source *source);
};

/* The first member of what a kind of source allocates. */
struct ct_source {
        const struct ct_source_type *type;
};

/* Those that there are; how one that begins with a manifest goes on is in manifest.h. */
extern const struct ct_source_type ct_source_oci, ct_source_oci_archive, ct_source_docker_archive,
        ct_source_dir, ct_source_tarball, ct_source_registry, ct_source_docker_daemon;

#endif
