/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_TREE_H
#define CT_IMAGE_TREE_H

/*
 * A root file system that is being written, below a descriptor and never outside it, whatever is in it
 * already: each path is walked from that descriptor, links on the way are refused or replaced, never
 * followed.
 */

#include "image/source.h"

#include <stdint.h>

/* Whose the files become. */
enum ct_owner_mode {
        CT_OWNER_AS_IS,   /* the ids of the archive */
        CT_OWNER_SINGLE,  /* all of them uid and gid */
        CT_OWNER_SHIFTED, /* archive's id + what the maps say; an id outside of them is an error */
};

struct ct_owner_range {
        uint32_t inside, outside, count;
};

struct ct_owner {
        enum ct_owner_mode mode;
        uint32_t uid, gid; /* CT_OWNER_SINGLE */
        struct ct_owner_range uids[16], gids[16];
        size_t n_uids, n_gids;
};

/* 0: no limit. Beyond one it is CONTAIN_E_SIZE, and says which. */
struct ct_unpack_limits {
        uint64_t bytes;   /* of all files, holes included */
        uint64_t entries; /* of all layers */
        uint64_t file_size;
        uint64_t path_depth;
};

struct ct_unpack {
        struct ct_owner owner;
        struct ct_unpack_limits limits;
        bool no_devices;           /* device nodes are left out, and counted */
        bool whiteouts_as_overlay; /* a layer of its own for overlayfs: char 0:0 and trusted.overlay.opaque */
        const int *lower_fds;      /* then: the folders of the layers below it, the highest first */
        size_t n_lowers;
};

struct ct_unpack_counts {
        uint64_t entries, bytes, skipped_devices;
        uint64_t largest_file, deepest_path;
        uint64_t skipped_attributes; /* extended ones that the file system, or this user, cannot have */
};

/* Applies the layers of @image, in their order, to the empty folder @root_fd. */
int ct_unpack_image(const struct ct_image *image, int root_fd, const struct ct_unpack *how,
                    const struct ct_job *job, struct ct_unpack_counts *ret, contain_error_t **err);
/* Applies one uncompressed tar, @stream. */
int ct_unpack_layer(struct ct_stream *stream, int root_fd, const struct ct_unpack *how,
                    const struct ct_job *job, struct ct_unpack_counts *counts, contain_error_t **err);

/* Removes everything in and below @name in @dir_fd, never across a mount and never by a link. -ENOENT is 0.
 */
int ct_tree_remove(int dir_fd, const char *name);
/* Removes everything in @dir_fd, likewise. */
int ct_tree_empty(int dir_fd);
/* 1, 0, -errno */
int ct_tree_is_empty(int dir_fd);

#endif
