/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_STAGING_H
#define CT_IMAGE_STAGING_H

/*
 * A release that is being made: a folder aside, in which everything is written, and on disk, before it gets
 * its name. Whoever is killed on the way leaves a folder that the next deployment removes.
 */

#include "image/releases.h"
#include "image/source.h"
#include "image/tree.h"

/* What is deployed, and how. */
struct ct_deploy {
        struct ct_unpack unpack;
        struct ct_digest expected; /* NONE: whatever comes */
        bool no_env;               /* no /.drootenv */
};

struct ct_staging {
        struct ct_releases *releases;
        char name[64]; /* in releases->dir_fd; "" when there is none, or it has been given away */
        int dir_fd;
        int rootfs_fd;
        struct ct_digest digest; /* what the release is known by */
        struct ct_digest stream; /* of a plain archive, as it came, perhaps compressed; else NONE */
        struct ct_unpack_counts counts;
};

#define CT_STAGING_INIT                                                                                      \
        {                                                                                                    \
                .dir_fd = -EBADF, .rootfs_fd = -EBADF                                                        \
        }

int ct_staging_make(struct ct_releases *releases, struct ct_staging *ret, contain_error_t **err);
/* Removes it, unless it has been given away. */
void ct_staging_done(struct ct_staging *staging);
#define _cleanup_staging_ _cleanup_(ct_staging_done)

/*
 * What the release of @image is known by before it has been read: the digest of its configuration, which
 * follows from all of its content, however that is compressed. NONE for a plain archive.
 */
struct ct_digest ct_staging_known(const struct ct_image *image);
/* Whether @image is the one that is expected; 0 also when that can only be told of its stream. */
int ct_staging_check(const struct ct_image *image, const struct ct_deploy *how, contain_error_t **err);

/* Unpacks @image, and writes it to its disk. */
int ct_staging_fill(struct ct_staging *staging, const struct ct_image *image, const struct ct_deploy *how,
                    const struct ct_job *job, contain_error_t **err);
/* release-file.c: the file with the environment that the image gives its programs, if it gives any. */
int ct_staging_write_env(struct ct_staging *staging, const struct ct_image *image,
                         const struct ct_owner *owner, contain_error_t **err);
/* release-file.c: writes release.json. */
int ct_staging_describe(struct ct_staging *staging, const struct ct_image *image, const struct ct_deploy *how,
                        const char *name, contain_error_t **err);
/* Gives it away under the name @name, and waits until that is on disk. */
int ct_staging_publish(struct ct_staging *staging, const char *name, contain_error_t **err);

/* How it is unpacked, in words that are the same for what makes the same of it. */
const char *ct_staging_treatment(struct ct_arena *arena, const struct ct_deploy *how);

#endif
