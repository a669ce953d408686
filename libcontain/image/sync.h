/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_SYNC_H
#define CT_IMAGE_SYNC_H

/*
 * Makes a folder the same as another one on its file system, file by file: what is the same already stays as
 * it is, what is not is replaced by a link to the other one's file in one step, so a file is the old or the
 * new one, whole, at any time. What is gone goes last. Nothing happens to what something is mounted on.
 */

#include "image/job.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* Folders in each other: each takes some descriptors, and some of the stack. */
#define CT_SYNC_DEPTH_MAX 200

struct ct_sync_counts {
        uint64_t unchanged, changed, removed;
};

struct ct_sync {
        struct ct_arena *arena;
        const struct ct_job *job;
        int from_fd, to_fd;
        int aside_fd;        /* a folder on the same file system, where links are made */
        const char *own;     /* what stands at the top of to_fd and is not to be touched */
        char **mount_points; /* below to_fd, ended by NULL */
        bool quick;          /* files of the same size and time are taken for the same */
        struct ct_sync_counts counts;
        struct ct_sync_group *groups; /* by inode */
        size_t n_groups;
};

/* Fails when it cannot be done, before anything is. */
int ct_sync_check(struct ct_sync *sync, contain_error_t **err);
/* Can be done again after it was interrupted. */
int ct_sync_run(struct ct_sync *sync, contain_error_t **err);

/* What stands at a path: it is left alone when something is mounted on it, and stays when on what is below.
 */
bool ct_sync_is_mount_point(const struct ct_sync *sync, const char *path);
bool ct_sync_leads_to_mount_point(const struct ct_sync *sync, const char *path);

/* --- sync-compare.c --- */

/* Whether both are the same in all that is kept of a file: 1, 0, -errno. Hard links aside. */
int ct_sync_compare(const struct ct_sync *sync, int from_fd, int to_fd, const char *name,
                    const struct stat *from, const struct stat *to);
/* Makes owner, mode, attributes and times of folder @to_fd those of @from_fd, as far as they differ. */
int ct_sync_copy_folder(int from_fd, int to_fd);

/* --- sync-links.c --- */

/* Files of more than one name. */
struct ct_sync_group {
        ino_t inode;
        size_t n;
        bool kept; /* the same names are one file in the target already, and the same */
};

/* Finds the groups of the source, and what the target has of them. */
int ct_sync_find_groups(struct ct_sync *sync, contain_error_t **err);
/* NULL for a file of one name. */
const struct ct_sync_group *ct_sync_group(const struct ct_sync *sync, ino_t inode);

#endif
