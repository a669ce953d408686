/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_STORE_REQUEST_H
#define CT_IMAGE_STORE_REQUEST_H

/* What the requests to the store have in common. */

#include "image/store.h"

/* The store that member "store" names, or the user's own. */
int ct_store_open_for(struct ct_job *job, enum ct_store_lock lock, struct ct_store **ret,
                      contain_error_t **err);

/*
 * The image of member "image": by its name in the store, or by the one that it is pulled by, member "name" or
 * its usual one. 1; 0, with @optional, for one that could have no name there.
 */
int ct_store_find_or_pull(struct ct_job *job, struct ct_store *store, bool optional,
                          struct ct_store_name *ret, contain_error_t **err);

/*
 * What @image is called in the store where the caller says nothing else: as a registry or a daemon knows it.
 * Files and folders have no such name.
 */
int ct_store_default_name(struct ct_arena *arena, const char *image, const char **ret, contain_error_t **err);

/* Appends what there is to tell of an image: name, digest, layers, size, and which of @containers use it. */
int ct_store_put_image(const struct ct_store *store, const struct ct_store_name *name,
                       const struct ct_store_container *containers, size_t n_containers, struct ct_buf *ret,
                       contain_error_t **err);

#endif
