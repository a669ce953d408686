/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_LOCAL_H
#define CT_IMAGE_LOCAL_H

/* Sources on this machine, once it is known what kind they are. */

#include "image/files.h"
#include "image/input.h"
#include "image/source.h"

/* Files of an image layout; all take @files over. @tag chooses among several images; NULL. */
int ct_layout_open(struct ct_arena *arena, struct ct_files *files, const char *tag,
                   const struct ct_source_options *options, struct ct_image *ret, contain_error_t **err);
int ct_docker_archive_open(struct ct_arena *arena, struct ct_files *files, const char *tag,
                           const struct ct_source_options *options, struct ct_image *ret,
                           contain_error_t **err);
int ct_blob_folder_open(struct ct_arena *arena, struct ct_files *files, const char *tag,
                        const struct ct_source_options *options, struct ct_image *ret, contain_error_t **err);

/* A root file system; both take @input over. */
int ct_tarball_open(struct ct_arena *arena, struct ct_input *input, struct ct_image *ret,
                    contain_error_t **err);
int ct_folder_open(struct ct_arena *arena, struct ct_input *input, struct ct_image *ret,
                   contain_error_t **err);

/* What every root file system that is no image is taken for: one layer, @input, without a configuration. */
int ct_local_rootfs(struct ct_arena *arena, const struct ct_input *input, struct ct_source *source,
                    struct ct_image *ret, contain_error_t **err);

/* One of those above. */
typedef int (*ct_local_open_fn)(struct ct_arena *arena, struct ct_files *files, const char *tag,
                                const struct ct_source_options *options, struct ct_image *ret,
                                contain_error_t **err);
/* Opens what is in the file or folder that @text begins with, as @open does. */
int ct_local_open_as(struct ct_arena *arena, const char *text, const struct ct_source_options *options,
                     ct_local_open_fn open, struct ct_image *ret, contain_error_t **err);
/* Opens what @text names without saying what kind it is. */
int ct_local_open(struct ct_arena *arena, const char *text, const struct ct_source_options *options,
                  struct ct_image *ret, contain_error_t **err);

#endif
