/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_MOUNTS_H
#define CONTAIN_RUN_MOUNTS_H

/* This program's mount table. */

#include <stddef.h>

struct mount_entry {
        int id, parent;
        size_t depth; /* in the tree of mounts */
        char *below;  /* the path, from the folder asked for on */
};

struct mount_table {
        struct mount_entry *items;
        size_t n;
};

/*
 * Mounts below @root, an absolute path without links, by path component, and not at @root itself: those first
 * that others are mounted on last. Returns 0 or -errno.
 */
int mounts_below(const char *root, struct mount_table *ret);
/* The same of a text in the form of /proc/self/mountinfo, which it changes. */
int mounts_parse(char *text, const char *root, struct mount_table *ret);
void mounts_done(struct mount_table *table);

#endif
