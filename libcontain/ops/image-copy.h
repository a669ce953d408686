/* SPDX-License-Identifier: MIT */
#ifndef CT_OPS_IMAGE_COPY_H
#define CT_OPS_IMAGE_COPY_H

/*
 * A container's own copy of an image's root file system, on disk: a folder STORAGE/ID with
 *
 *      rootfs  the copy
 *      store   or instead, a symbolic link to the content store in which the container has its id
 *      state   a symbolic link to the container's folder below the state root
 *
 * It goes with the container. Until there is one, whoever makes it holds a lock on the folder; a folder that
 * nobody holds, and whose container is not there, was left by a crash or before a reboot, and goes when the
 * next copy is made in that storage.
 */

#include "ops/handle.h"

/* Makes the folder, and holds it: c->copy. @storage NULL: the usual one. */
int ct_image_copy_make(struct contain *c, const char *storage, contain_error_t **err);
/* It is to be a file system over the layers of the content store @store. */
int ct_image_copy_in_store(struct contain *c, const char *store, contain_error_t **err);
/* It is to be a copy after all. */
void ct_image_copy_not_in_store(struct contain *c);
/* It is the container's from here on, whose record names it. */
void ct_image_copy_commit(struct contain *c);
/* It is gone, or nobody's business here any more. */
void ct_image_copy_forget(struct contain *c);
/* Removes it, if there is one that is no container's. */
void ct_image_copy_drop(struct contain *c);
/* Removes all that were left in the usual storage. */
void ct_image_copy_sweep(struct contain_ctx *ctx);
/* Removes the one that a container of this id has left there, of which nothing else is known any more: 1; 0
 * when there is none. */
int ct_image_copy_remove_left(struct contain *c, contain_error_t **err);
/* Removes the one that a record names. */
int ct_image_copy_remove(struct contain *c, const char *path, contain_error_t **err);

#endif
