/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_SLOTS_H
#define CT_HOST_SLOTS_H

/* The descriptors that a plan asks for, opened in the host's namespaces. */

#include "base/error.h"
#include "plan/plan.h"

/* What the caller brings along; all borrowed, -1 for what it does not. */
struct ct_slot_sources {
        int rootfs_fd;
        int stdio[3];
        const int *extra_fds;
        size_t n_extra_fds;
        int start_fd;
        int seccomp_fd;
        int root_fd;
        int namespace_fds[8]; /* in the order of ct_namespace_types */
        int program_fd;       /* contain-init, for PLAN_SLOT_USERNS */
        const struct ct_facts *facts;
};

/* CLONE_NEW* in the order of namespace_fds. */
#define CT_NAMESPACES 8
extern const uint64_t ct_namespace_types[CT_NAMESPACES];
/* "pid" and the like for a CLONE_NEW* flag; NULL for another number. */
const char *ct_namespace_name(uint64_t type);

/* Opens the namespace file @path, which has to be one of @type (CLONE_NEW*); @at is its place. */
int ct_namespace_open(const char *path, uint64_t type, const char *at, contain_error_t **err);

/* A detached clone of the root file system @path with all below, or of @given when that is not negative. */
int ct_rootfs_open(const char *path, const char *at, int given, contain_error_t **err);
/* Standard stream @number: @given, else the caller's own, or /dev/null where that is not to be passed on. */
int ct_stdio_open(int given, int number, contain_error_t **err);
/* A detached clone of what is at @given, a file or a folder; or that itself, if it is detached. -errno. */
int ct_tree_clone(int given, bool recursive);

/* Open descriptors in the order of the plan's slots. */
struct ct_slots {
        int *fds;
        size_t n;
};

void ct_slots_done(struct ct_slots *slots);
int ct_slots_open(const struct ct_plan *plan, const struct ct_slot_sources *sources, struct ct_slots *ret,
                  contain_error_t **err);

#endif
