/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_FLAT_H
#define CT_IMAGE_FLAT_H

/*
 * What is in an image's root file system once all its layers are applied, without applying them: a tree in
 * memory, in which each file knows which member of which layer has its content.
 */

#include "base/buf.h"
#include "image/member.h"
#include "image/source.h"
#include "image/tar-write.h"
#include "image/tree.h"

#include <stdbool.h>
#include <stdint.h>

struct ct_flat_node;

/* A file by all of its names. */
struct ct_flat_inode {
        size_t layer;                     /* that brought it */
        uint64_t ordinal;                 /* of its member there */
        const struct ct_flat_node *first; /* the name under which it is written; the others are links to it */
        const char *symlink;
        const struct ct_member_xattr *xattrs; /* by name */
        size_t n_xattrs;
        uint64_t size;
        int64_t mtime;
        uint32_t mtime_nsec;
        uint32_t uid, gid;
        mode_t mode;
        dev_t rdev;
};

struct ct_flat_node {
        struct ct_flat_node *parent;
        struct ct_flat_node *children, *next, *previous; /* of one folder */
        struct ct_flat_node *chain;                      /* of one bucket */
        struct ct_flat_inode *inode;
        size_t layer; /* the last one that brought it, or something below it */
        bool implied; /* a folder that no layer has told of */
        char name[];
};

struct ct_flat {
        struct ct_arena *arena;
        struct ct_flat_node *root;
        struct ct_flat_node **buckets;
        size_t n_buckets, n_nodes;
        uint64_t seed;
};

int ct_flat_new(struct ct_flat **ret, contain_error_t **err);
struct ct_flat *ct_flat_free(struct ct_flat *flat);
CT_CLEANUP(struct ct_flat, ct_flat_free)

/*
 * Applies a member of layer @layer. Layers come from the lowest up, members in their order. Not worded:
 * -ELOOP and -ENOTDIR for one below what the same layer has made a link or a file, -ENOENT for a link to
 * nothing, -EPERM for one to a folder, -EISDIR for a root that is none.
 */
int ct_flat_add(struct ct_flat *flat, size_t layer, uint64_t ordinal, const struct ct_member *member);
/* Takes away what stands at the top of the tree by that name. */
void ct_flat_remove(struct ct_flat *flat, const char *name);
/* Sorts each folder by bytes; after that nothing is added any more. */
int ct_flat_sort(struct ct_flat *flat);
/* The node that comes after @node, NULL for the first: folders before what is in them, in the sorted order.
 */
struct ct_flat_node *ct_flat_next(const struct ct_flat *flat, const struct ct_flat_node *node);
/* The path of @node, without a slash at either end. -ENAMETOOLONG. */
int ct_flat_path(const struct ct_flat_node *node, char ret[PATH_MAX]);

/* flat-read.c: reads all layers, and counts as unpacking does. */
int ct_flat_read(const struct ct_image *image, const struct ct_unpack_limits *limits,
                 const struct ct_job *job, struct ct_unpack_counts *counts, struct ct_flat **ret,
                 contain_error_t **err);

/* What is written besides, or not. */
struct ct_flat_how {
        const struct ct_buf *env; /* becomes the file /.drootenv; NULL */
        bool no_devices;          /* device nodes are left out, and counted */
};

/* flat-write.c: writes the tree, reading the layers once more. */
int ct_flat_write(struct ct_flat *flat, const struct ct_image *image, const struct ct_flat_how *how,
                  struct ct_tar_writer *writer, const struct ct_job *job, struct ct_unpack_counts *counts,
                  contain_error_t **err);

#endif
