/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_IMAGE_RUN_H
#define CONTAIN_RUN_IMAGE_RUN_H

/* run, create and spec --image: root file system and configuration come from an image. */

#include "app.h"

struct create_options;

struct image_run_options {
        const char *image;
        const char *entrypoint;
        const char *storage;
        bool read_only;
        bool tty;
};

extern const struct option image_run_options[];
/* Of those only that unpack it. */
extern const struct option image_storage_options[];

/* Was any of them given that needs --image? */
bool image_run_is_given(const struct image_run_options *options);
/* The configuration alone, for a bundle with the image's root file system at @rootfs; NULL: not yet. */
int image_run_config(struct app *app, const struct create_options *options, const char *rootfs,
                     char **program, char **ret);
int image_run_load(struct app *app, const struct create_options *options, char **program, contain_t *c);

#endif
