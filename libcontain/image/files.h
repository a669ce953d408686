/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_FILES_H
#define CT_IMAGE_FILES_H

/*
 * Named files, in a folder or in a tar archive: what an image layout consists of. Neither is trusted: names
 * lead to what is inside, and only to regular files.
 */

#include "base/arena.h"
#include "image/stream.h"

#include <stdbool.h>

struct ct_files;

/* Both take @fd over; @name is what errors call it. An archive is uncompressed and a regular file. */
int ct_files_open_folder(int fd, const char *name, struct ct_files **ret, contain_error_t **err);
int ct_files_open_archive(int fd, const char *name, struct ct_files **ret, contain_error_t **err);
struct ct_files *ct_files_free(struct ct_files *files);
CT_CLEANUP(struct ct_files, ct_files_free)

/* For errors. */
const char *ct_files_name(const struct ct_files *files);
bool ct_files_has(const struct ct_files *files, const char *path);
/* ENOENT when it is not there. May be called by several threads; @files has to outlive the stream. */
int ct_files_stream(const struct ct_files *files, const char *path, struct ct_stream **ret,
                    contain_error_t **err);
/* Its text, at most @max bytes, with a NUL behind it that is not counted. */
int ct_files_read(const struct ct_files *files, struct ct_arena *arena, const char *path, size_t max,
                  const char **ret, size_t *ret_size, contain_error_t **err);

#endif
