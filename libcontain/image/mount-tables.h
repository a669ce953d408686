/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_MOUNT_TABLES_H
#define CT_IMAGE_MOUNT_TABLES_H

/* The mount tables of all mount namespaces that there are processes in, as far as the caller may read them.
 */

#include "base/mountinfo.h"

#include <sys/types.h>

/* Where a folder is: in the caller's own namespace, and in its file system, whoever mounts that where. */
struct ct_mount_place {
        char *path;   /* in the caller's namespace */
        char *device; /* as mount tables have it */
        char *inside; /* the path in the file system */
};

void ct_mount_place_done(struct ct_mount_place *place);
/* -errno */
int ct_mount_place_find(int dir_fd, struct ct_mount_place *ret);

/* A process's folder in /proc is open as long as it is the callee's turn. Returns 0 to go on. */
typedef int (*ct_mount_process_fn)(void *userdata, pid_t pid, int proc_fd);
/* Each process that there is, but this one. */
int ct_mount_processes(ct_mount_process_fn each, void *userdata);

/* Mount namespaces that were seen. */
struct ct_mount_seen {
        ino_t *items;
        size_t n;
};

/* 1: *ret is the table of the process's namespace, which was not seen before; 0: it was, or may not be read;
 * -ENOMEM. */
int ct_mount_table_read(struct ct_mount_seen *seen, int proc_fd, struct ct_mountinfo **ret);

#endif
