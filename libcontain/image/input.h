/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_INPUT_H
#define CT_IMAGE_INPUT_H

/* The file or folder that the name of a local source begins with. */

#include "image/source.h"

#include <stdbool.h>

struct ct_input {
        int fd; /* open for reading from offset 0, a folder or a regular file */
        bool is_folder;
        const char *path; /* for errors; "-" is called "the standard input" */
        const char *tag;  /* what follows: a tag, a name, "@2", "sha256:…"; NULL */
};

void ct_input_done(struct ct_input *input);

/*
 * "PATH", "PATH:TAG", "PATH@DIGEST", or "-" for PATH. What is there as it is written is PATH, colons and all;
 * otherwise the shortest PATH that is there. What can be read once only is spooled.
 */
int ct_input_open(struct ct_arena *arena, const char *text, const struct ct_source_options *options,
                  struct ct_input *ret, contain_error_t **err);
/* A compressed file becomes one that is not, spooled. */
int ct_input_decompress(struct ct_input *input, const struct ct_source_options *options,
                        contain_error_t **err);
/* A stream of the file as it is; may be called by several threads. */
int ct_input_stream(const struct ct_input *input, struct ct_stream **ret, contain_error_t **err);

#endif
