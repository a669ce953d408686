/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_TAR_INDEX_H
#define CT_IMAGE_TAR_INDEX_H

/* An uncompressed tar in a regular file, of which every file can be read, in any order. */

#include "image/stream.h"

#include <stdbool.h>

struct ct_tar_index;

/* Takes @fd over. @name is what errors call it. */
int ct_tar_index_open(int fd, const char *name, struct ct_tar_index **ret, contain_error_t **err);
struct ct_tar_index *ct_tar_index_free(struct ct_tar_index *index);
CT_CLEANUP(struct ct_tar_index, ct_tar_index_free)

/* Is there a regular file at @path, or a link to one? */
bool ct_tar_index_has(const struct ct_tar_index *index, const char *path);
/* ENOENT when there is none. May be called by several threads; @index has to outlive the stream. */
int ct_tar_index_stream(const struct ct_tar_index *index, const char *path, struct ct_stream **ret,
                        contain_error_t **err);

/* Name of the first thing in the tar that @from (taken over) is; "" when it is empty. Malloc'd. */
int ct_tar_first_name(struct ct_stream *from, char **ret, contain_error_t **err);

#endif
