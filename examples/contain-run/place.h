/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_PLACE_H
#define CONTAIN_RUN_PLACE_H

/* run --in-place: this process becomes the program, with the pid that a supervisor knows it by. */

#include "app.h"

struct create_options;

struct place_options {
        bool in_place;
        bool copy_files;
        bool no_dropcaps;
        const char *cap_profile;
        struct option_list keep_caps;
        struct option_list binds, read_only_binds;
};

extern const struct option place_options[];

/* Was any of them given that needs --in-place? */
bool place_is_given(const struct place_options *options);
/* Returns only when it fails: the exit status. */
int place_run(struct app *app, const struct create_options *options, char **program);

#endif
