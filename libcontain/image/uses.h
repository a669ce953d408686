/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_USES_H
#define CT_IMAGE_USES_H

/*
 * Who uses what is in a folder: processes that have their root, their working directory, their program, a
 * mapped or an open file there; mounts of it, or on what is in it, in anybody's mount namespace; containers
 * that have their root there. Of processes that the caller may not look at, nothing is known.
 */

#include "base/arena.h"
#include "base/error.h"

#include <stddef.h>
#include <sys/types.h>

/* A container that is not stopped, as its record has it. */
struct ct_use_container {
        const char *id;
        const char *rootfs; /* absolute */
        pid_t pid;          /* 0 for none yet */
};

struct ct_use {
        const char
                *how; /* "root", "cwd", "exe", "map", "fd", "mount" or "container"; NULL: nobody was found */
        pid_t pid;
        const char *container; /* its id, NULL but for "container"; borrowed */
};

/* What is looked for. */
struct ct_use_search {
        int dir_fd;
        const char *const *names; /* of folders in it */
        size_t n;
        const char *inner; /* a folder in each of them, which need not be there */
        const struct ct_use_container *containers;
        size_t n_containers;
};

/* A user of each of the folders, the first that is found: ret[i] belongs to names[i]. */
int ct_uses_find(const struct ct_use_search *search, struct ct_use *ret, contain_error_t **err);

#endif
