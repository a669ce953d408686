/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_STORE_H
#define CT_IMAGE_STORE_H

/*
 * The content store: images that were fetched, and their layers unpacked, each kept once. The folder is an
 * image layout (image-spec, image-layout.md), so that other programs can read it, with more in it:
 *
 *   blobs/sha256/HEX      manifests, configurations, layers as they came
 *   index.json            names -> manifests
 *   ingest/               what is not complete: blobs that are being fetched, layers that are being unpacked
 *   layers/sha256-HEX/    diff/: a layer as overlayfs wants it, by its chain id (image-spec, config.md)
 *   containers/ID/        use.json, upper/ and work/: what a container uses, and what it wrote
 *   mnt/                  empty; where a mount namespace of our own has its working place
 *   lock                  shared by who adds or uses, exclusive for who removes
 */

#include "base/arena.h"
#include "image/job.h"
#include "image/source.h"
#include "image/tree.h"

#include <stdatomic.h>

#define CT_STORE_REF_NAME "org.opencontainers.image.ref.name"

#define CT_STORE_PATH 256 /* bytes of a path within the store, but for containers' */

struct ct_store {
        const char *path; /* for errors */
        int fd;
        int lock_fd;
        struct ct_arena *arena; /* the main thread's */
        const struct ct_job *job;
        atomic_bool give_up;             /* blobs that are being fetched are not wanted any more */
        struct ct_unpack_limits limits;  /* of what this request unpacks */
        uint64_t fetch_bytes_max;        /* of all blobs that it fetches; 0: none */
        _Atomic uint64_t *fetched_bytes; /* so far, by any thread; in the arena */
};

enum ct_store_lock { CT_STORE_ADD, CT_STORE_REMOVE };

/*
 * Opens the store at @path, NULL for the user's own, and makes it if need be. Waits for its lock until the
 * job is cancelled.
 */
int ct_store_open(struct ct_job *job, const char *path, enum ct_store_lock lock, struct ct_store **ret,
                  contain_error_t **err);
struct ct_store *ct_store_free(struct ct_store *store);
CT_CLEANUP(struct ct_store, ct_store_free)

/* Waits for a lock of flock(2): -ECANCELED, -errno. */
int ct_store_wait_lock(const struct ct_store *store, int fd, int operation);
/* Opens the lock file or folder below the store that serialises the work on @name; closing it lets go. */
int ct_store_open_ingest(const struct ct_store *store, const char *name, bool folder, int *ret_fd,
                         contain_error_t **err);
/* The path of something in ingest/ that nobody else has; NULL when out of memory. */
const char *ct_store_ingest_path(const struct ct_store *store, const char *what);
/* Replaces file @name of folder @dir_fd, and it is on the disk. */
int ct_store_write_file(const struct ct_store *store, int dir_fd, const char *name, const void *bytes,
                        size_t size, contain_error_t **err);

/* --- blobs (store-blobs.c); may be called by several threads --- */

/* 1 there, 0 not, of @size bytes when that is known; -errno. */
int ct_store_has_blob(const struct ct_store *store, const struct ct_digest *digest, int64_t size,
                      contain_error_t **err);
int ct_store_open_blob(const struct ct_store *store, const struct ct_digest *digest, int *ret_fd,
                       contain_error_t **err);
/* Keeps a document; ret (may be NULL) is what it is known by. */
int ct_store_put_blob(const struct ct_store *store, const void *bytes, size_t size, struct ct_digest *ret,
                      contain_error_t **err);
/*
 * Fetches a blob that is not there yet. What an earlier attempt left is taken up where it ended, if the
 * source can. Somebody else who fetches the same is waited for.
 */
int ct_store_fetch_blob(const struct ct_store *store, struct ct_source *source,
                        const struct ct_descriptor *blob, contain_error_t **err);
/* The same for a layer of a source that has no digests of blobs: its uncompressed tar, by its diff_id. */
int ct_store_fetch_layer(const struct ct_store *store, struct ct_source *source, const struct ct_layer *layer,
                         int64_t *ret_size, contain_error_t **err);

/* --- images (store-image.c) --- */

/* One that is in the store, by its manifest; its source reads from there. */
int ct_store_open_image(const struct ct_store *store, const struct ct_descriptor *manifest, const char *name,
                        struct ct_image *ret, contain_error_t **err);
/* store-pull.c. Keeps all of @from: blobs, manifest (one is written where it had none), layers unpacked,
 * name. */
int ct_store_pull(struct ct_store *store, const struct ct_image *from, const char *name,
                  struct ct_descriptor *ret_manifest, contain_error_t **err);

/* --- names (store-index.c) --- */

struct ct_store_name {
        const char *name;
        struct ct_descriptor manifest;
};

int ct_store_names(const struct ct_store *store, struct ct_store_name **ret, size_t *ret_n,
                   contain_error_t **err);
/* 1 found, 0 not. @name may be a digest, or a part of one that is the only one. */
int ct_store_find(const struct ct_store *store, const char *name, struct ct_store_name *ret,
                  contain_error_t **err);
/* @manifest NULL takes the name away. */
int ct_store_set_name(const struct ct_store *store, const char *name, const struct ct_descriptor *manifest,
                      contain_error_t **err);

/* --- layers (store-layers.c) --- */

/* Names of folders in layers/, from the lowest up, in the store's arena: n_layers of them. */
int ct_store_chain(const struct ct_store *store, const struct ct_image *image, const char ***ret,
                   contain_error_t **err);
/* Unpacks those of an image's layers that are not there yet. */
int ct_store_unpack(const struct ct_store *store, const struct ct_image *image, contain_error_t **err);

/* store-counts.c: notes beside a layer how much it is; and adds that of one that is there to @counts, or
 * fails beyond the store's limits. */
int ct_store_counts_save(const struct ct_store *store, int folder_fd, struct ct_unpack_counts *counts,
                         contain_error_t **err);
int ct_store_counts_add(const struct ct_store *store, const char *layer, struct ct_unpack_counts *counts,
                        contain_error_t **err);

/* --- containers (store-containers.c) --- */

/* What is used, and by whom. */
struct ct_store_use {
        const char *id;
        const char *copy; /* the container's folder that the record is for (base/claim.h); NULL: none */
        const struct ct_store_name *image;
        const char *const *chain;
        size_t n;
        int userns_fd; /* whose maps shift owners; -1 */
};

/* Makes the folder of a container: 0; -EEXIST when it is there already. */
int ct_store_use(const struct ct_store *store, const struct ct_store_use *use, contain_error_t **err);
/* Removes it, and what the container wrote. */
int ct_store_release(const struct ct_store *store, const char *id, contain_error_t **err);

struct ct_store_container {
        const char *id, *image;
        const char *copy; /* NULL: none */
        struct ct_digest manifest;
        char **chain; /* NULL-ended */
};
/* store-left.c. Releases a container that is gone: 1; 0 when it is not. */
int ct_store_release_left(const struct ct_store *store, const struct ct_store_container *container,
                          bool dry_run, contain_error_t **err);
int ct_store_containers(const struct ct_store *store, struct ct_store_container **ret, size_t *ret_n,
                        contain_error_t **err);

/* --- mounts (store-mount.c) --- */

/*
 * The layers, lowest first, with @container's upper folder on top (NULL: read-only), as a detached mount.
 * With
 * @userns_fd, -1 for none, lower layers are shifted by that namespace's maps.
 */
int ct_store_mount(const struct ct_store *store, const char *const *chain, size_t n, const char *container,
                   int userns_fd, int *ret_fd, contain_error_t **err);

/* Such shifts cannot be had. */
int ct_store_fail_shifted(const struct ct_store *store, contain_error_t **err);

/* --- garbage (store-gc.c) --- */

struct ct_store_garbage {
        uint64_t containers; /* of which nothing but their part of the store is left */
        uint64_t blobs, layers, partial, bytes;
};
/* Removes what neither a name nor a container needs; with the lock of CT_STORE_REMOVE. */
int ct_store_collect(const struct ct_store *store, bool dry_run, struct ct_store_garbage *ret,
                     contain_error_t **err);

#endif
