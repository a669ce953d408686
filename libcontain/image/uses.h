/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_USES_H
#define CT_IMAGE_USES_H

/*
 * Who uses what is below a folder: processes that have their root, their working directory, their program or
 * an open file there, and mounts in anybody's mount namespace. Of processes that the caller may not look at,
 * nothing is known.
 */

#include "base/arena.h"
#include "base/error.h"

#include <stddef.h>
#include <sys/types.h>

struct ct_use {
        pid_t pid;       /* 0: nobody was found */
        const char *how; /* "root", "cwd", "exe", "fd" or "mount" */
};

/*
 * Looks for users of each of the @n folders @names in @dir_fd, or of their folders @inner (which need not be
 * there): one each, the first that is found. ret[i] belongs to names[i].
 */
int ct_uses_find(int dir_fd, const char *const *names, size_t n, const char *inner, struct ct_use *ret,
                 contain_error_t **err);

/* Paths below @dir_fd, relative to it, that are mount points in some mount namespace, ended by NULL. */
int ct_uses_mount_points(struct ct_arena *arena, int dir_fd, char ***ret, contain_error_t **err);

#endif
