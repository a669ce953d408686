/* SPDX-License-Identifier: MIT */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

/*
 * What a container start costs when written out by hand for one fixed configuration: no checks, no
 * records, no messages, no clean-up after failures. Nothing that is general can be faster.
 */

#include <stdbool.h>
#include <stddef.h>

#define FLOOR_HIERARCHIES 16

/* One mounted cgroup hierarchy, and the container's folder in it. */
struct floor_hierarchy {
        bool v2;
        char mountpoint[256];
        char name[128];    /* last component of the mountpoint */
        char options[128]; /* v1: "cpu,cpuacct" */
        char folder[400];
        int procs_fd; /* cgroup.procs of the folder */
};

struct floor_cgroups {
        struct floor_hierarchy items[FLOOR_HIERARCHIES];
        size_t n;
        char cpus[256], mems[256]; /* of v1's cpuset root, which a new folder does not inherit */
};

/* floor-cgroups.c; all but the first are part of what is measured */
int floor_cgroups_find(struct floor_cgroups *cgroups);
int floor_cgroups_make(struct floor_cgroups *cgroups, const char *name);
int floor_cgroups_enter(const struct floor_cgroups *cgroups);
void floor_cgroups_remove(struct floor_cgroups *cgroups);

/* floor-inside.c: the child, from its first instruction to execve. Returns the number of the line that
 * failed. */
int floor_inside(const char *rootfs, const struct floor_cgroups *cgroups, char **argv);

#endif
