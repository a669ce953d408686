/* SPDX-License-Identifier: MIT */
#ifndef CT_CGROUP_CONTROLLERS_H
#define CT_CGROUP_CONTROLLERS_H

/* The subjects that resources can be about: each one's file has both its v1 and its v2 form. */

#include "cgroup/internal.h"
#include "cgroup/writes.h"

struct ct_controller {
        const char *v1_name, *v2_name; /* as mount option, as in cgroup.controllers; NULL: it is not there */
        /* The place of the first thing that needs the controller, NULL when nothing does. */
        const char *(*asked)(const struct ct_spec_resources *resources);
        int (*write_v1)(const struct ct_spec_resources *resources, struct ct_cgroup_writes *writes,
                        contain_error_t **err);
        int (*write_v2)(const struct ct_spec_resources *resources, struct ct_cgroup_writes *writes,
                        contain_error_t **err);
};

extern const struct ct_controller ct_controller_memory, ct_controller_cpu, ct_controller_cpuset,
        ct_controller_pids, ct_controller_block_io, ct_controller_hugetlb, ct_controller_rdma,
        ct_controller_net_cls, ct_controller_net_prio;

/* unified.c: the files that the configuration names itself. */
int ct_unified_write(const struct ct_spec_resources *resources, const struct ct_hierarchy *hierarchy,
                     struct ct_cgroup_writes *writes, contain_error_t **err);

/* compile.c: *ret gets one list per hierarchy of the layout, in the arena. */
int ct_cgroup_compile(const struct ct_cgroup *cgroup, const struct ct_spec_resources *resources, bool update,
                      struct ct_arena *arena, struct ct_cgroup_writes **ret, contain_error_t **err);

/* cpu.c: cpu.shares (2 to 262144) as cpu.weight (1 to 10000). */
uint64_t ct_cpu_weight(uint64_t shares);
/* block-io.c: blkio.weight (10 to 1000) as io.weight (1 to 10000). */
uint64_t ct_io_weight(uint64_t weight);

/* cpuset.c: whether every number of @part, "0-1,3", is in @list. */
bool ct_list_has(const char *list, const char *part);
/* cpuset.c: gives a new v1 cpuset the processors and the memory of its parent; without, no process may enter.
 */
int ct_cpuset_inherit(const struct ct_hierarchy *hierarchy, const char *path, size_t made);

#endif
