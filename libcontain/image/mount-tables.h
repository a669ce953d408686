/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_MOUNT_TABLES_H
#define CT_IMAGE_MOUNT_TABLES_H

/* The mount tables of all mount namespaces that there are processes in, as far as the caller may read them.
 */

#include "base/arena.h"
#include "base/error.h"
#include "base/mountinfo.h"

#include <sys/types.h>

/* Where a folder is: in the caller's own namespace, and in its file system, whoever mounts that where. */
struct ct_mount_place {
        char *path;   /* in the caller's namespace */
        char *device; /* as mount tables have it */
        char *inside; /* the path in the file system */
};

void ct_mount_place_done(struct ct_mount_place *place);
/* -errno; -ENXIO when the mount that it is on does not show here, as in a chroot that is no mount point. */
int ct_mount_place_find(int dir_fd, struct ct_mount_place *ret);

/* Words what the calls here fail with; @what cannot be found out. */
int ct_mount_fail(int r, const char *what, contain_error_t **err);

/* A process's folder in /proc is open as long as it is the callee's turn. Returns 0 to go on. */
typedef int (*ct_mount_process_fn)(void *userdata, pid_t pid, int proc_fd);
/* Each process that there is, but this one. */
int ct_mount_processes(ct_mount_process_fn each, void *userdata);

/* The mount namespace of a process, as a number; 0 when the caller may not look. */
ino_t ct_mount_namespace(int proc_fd);
/* The table of its namespace: 1; 0 when it may not be read; -ENOMEM. */
int ct_mount_table_read(int proc_fd, struct ct_mountinfo **ret);

/*
 * Where mount @i lies in the file system of @place, malloc'd: 1; 0 when it lies in another one; -ENOMEM. A
 * mount lies on a folder of its parent, whose path there is what all namespaces have in common.
 */
int ct_mount_point_inside(const struct ct_mountinfo *mounts, size_t i, const struct ct_mount_place *place,
                          char **ret);

/* mount-points.c: paths below @dir_fd, relative to it, that are mount points in some mount namespace, ended
 * by NULL. */
int ct_mount_points_find(struct ct_arena *arena, int dir_fd, char ***ret, contain_error_t **err);

#endif
