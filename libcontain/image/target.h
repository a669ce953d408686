/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_TARGET_H
#define CT_IMAGE_TARGET_H

/*
 * A folder that is written whole or not at all. One that is not there yet is written under another name
 * beside its place, and gets its own when it is complete.
 */

#include "image/job.h"

struct ct_target {
        int root_fd;   /* where to write */
        int parent_fd; /* of a folder that is made; -1 for one that was there; borrowed, as is name */
        const char *name;
        char temporary[40]; /* "" once it has its name, and for one that was there */
        bool complete;
};

/*
 * Members @key, the descriptor of an empty folder; or of the parent of a new one, whose name is KEY + "Name".
 * CONTAIN_E_UNPACK for what is there and not an empty folder.
 */
int ct_target_open(const struct ct_job *job, const char *key, struct ct_target *ret, contain_error_t **err);
/* It stays, under its name. */
int ct_target_complete(struct ct_target *target, contain_error_t **err);
/* Removes it, or what is in it, unless it is complete. */
void ct_target_done(struct ct_target *target);
#define _cleanup_target_ _cleanup_(ct_target_done)

#endif
