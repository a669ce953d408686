/* SPDX-License-Identifier: MIT */
#ifndef CT_CGROUP_INTERNAL_H
#define CT_CGROUP_INTERNAL_H

/* What the files of cgroup/ share. */

#include "cgroup/cgroup.h"

#include <limits.h>

/* The container's cgroup in one hierarchy. */
struct ct_cgroup_member {
        char *path;  /* below the mountpoint, "/a/b"; NULL: it has none here */
        size_t made; /* how many folders at the end of the path were made for it: 1 is "b" alone; 0: it was
                        there before, and stays */
        bool bare;   /* it was there before, without any below it: what is below now goes */
};

struct ct_scope;

struct ct_cgroup {
        const struct ct_cgroup_layout *layout;
        struct ct_cgroup_member *members; /* one per hierarchy */
        bool created;                     /* `made` is known; before, it is 0 */
        int v2_fd;                        /* of the v2 folder, or -EBADF */
        struct ct_scope *scope;           /* the unit of systemd's that it is, NULL for none */
        bool has_owner;
        uid_t owner; /* who gets it, where there is nothing but v2 */
};

/* layout.c */
bool ct_hierarchy_has(const struct ct_hierarchy *hierarchy, const char *controller);

/* path.c */

/* Whether @path is "/" and names that are fit to be folders, one at least. 0, or -errno to say what is wrong.
 */
int ct_cgroup_check_path(const char *path);
/* MOUNTPOINT PATH "/" FILE; without the end when @file is NULL. -ENAMETOOLONG. */
int ct_cgroup_format(char ret[static PATH_MAX], const struct ct_hierarchy *hierarchy, const char *path,
                     const char *file);
/* Number of components of "/a/b". */
size_t ct_cgroup_depth(const char *path);
/* Cuts the last component off; "" is left of "/a". */
void ct_cgroup_cut(char *path);
/* The layout's v2 hierarchy in which the container has a cgroup, or -1. */
int ct_cgroup_find_v2(const struct ct_cgroup *cgroup);
/* The hierarchy that has a controller and the container's cgroup: v1 as @v1_name, else v2 as @v2_name. -1:
 * none. */
int ct_cgroup_find(const struct ct_cgroup *cgroup, const char *v1_name, const char *v2_name);

/* cgroup.c */
struct ct_cgroup *ct_cgroup_alloc(const struct ct_cgroup_layout *layout);
/* Opens the container's folder in hierarchy @i, where it has one. */
int ct_cgroup_open(const struct ct_cgroup *cgroup, size_t i);

/* folders.c */

/* Makes the folder and its parents. *made as in struct ct_cgroup_member. 1 when the folder was there already.
 */
int ct_folders_make(const struct ct_hierarchy *hierarchy, const char *path, size_t *made);
/* What that would return: 1 when the folder is there, 0 when the caller may make it. */
int ct_folders_foresee(const struct ct_hierarchy *hierarchy, const char *path);
/*
 * Removes the folder with all below. 0 also when it is gone; -EBUSY while there are processes,
 * which are killed on the way when @kill.
 */
int ct_folders_remove(const struct ct_hierarchy *hierarchy, const char *path, bool kill);
/*
 * Rids a folder that stays of processes, which are killed on the way when @kill, and, when @below, of all
 * folders in it. -EBUSY while there are processes.
 */
int ct_folders_empty(const struct ct_hierarchy *hierarchy, const char *path, bool below, bool kill);
/* 1 when there are folders in @fd. */
int ct_folders_below(int fd);
/* Removes the parents that were made, from below, as far as they are empty. */
void ct_folders_remove_parents(const struct ct_hierarchy *hierarchy, const char *path, size_t made);

/* procs.c */

struct ct_pid_list {
        pid_t *items;
        size_t n, capacity;
};

void ct_pid_list_done(struct ct_pid_list *list);
#define _cleanup_pids_ _cleanup_(ct_pid_list_done)
/* Adds the processes of @folder_fd and of everything below. */
int ct_procs_read_below(int folder_fd, struct ct_pid_list *list);
/* Sends @signo to the processes of @folder_fd, and of everything below when @below. */
int ct_procs_signal(int folder_fd, int signo, bool below);

/* v2.c */
struct ct_cgroup_writes;

/* Enables what @writes needs, and what every container is to be measured by, from the root down to the
 * cgroup. */
int ct_v2_enable(const struct ct_hierarchy *hierarchy, const char *path,
                 const struct ct_cgroup_writes *writes, contain_error_t **err);

/* Says of a process that could not move in that there may be threads only, if the cgroup's type says so. */
void ct_v2_hint_type(const struct ct_hierarchy *hierarchy, const char *path, contain_error_t **err);

/* devices.c */
bool ct_in_first_user_namespace(void);

/* Says of the failure @r, if it is about rights, that they take a delegation. */
void ct_v2_hint_delegation(int r, const char *controller, contain_error_t **err);

/* freezer.c: best effort, for killing. */
void ct_cgroup_freeze(struct ct_cgroup *cgroup);

#endif
