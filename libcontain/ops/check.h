/* SPDX-License-Identifier: MIT */
#ifndef CT_OPS_CHECK_H
#define CT_OPS_CHECK_H

/*
 * All that keeps a configuration from becoming a container, found without making anything. Each part looks at
 * one subject and keeps what it finds; what it returns as an error (< 0) is kept as well and ends that part
 * only.
 */

#include "base/problems.h"
#include "ops/handle.h"

struct ct_check {
        /* The request of the caller's handle, borrowed, with the configuration that is looked at. */
        struct contain view;
        struct ct_problems problems;
        const struct ct_facts *facts;
        struct ct_cgroup *cgroup; /* NULL for none */
        struct ct_plan *plan;     /* of all that is good; NULL when it cannot be told what the rest means */
        int rootfs_fd;            /* O_PATH; -1 when there is none */
};

typedef int ct_check_part(struct ct_check *check, contain_error_t **err);

/* check-files.c: what the configuration names on the host */
ct_check_part ct_check_rootfs;
ct_check_part ct_check_bind_sources;
ct_check_part ct_check_namespaces;
ct_check_part ct_check_sockets;
ct_check_part ct_check_hooks;
ct_check_part ct_check_net_devices;
/* check-program.c: what it names in the root file system */
ct_check_part ct_check_program;
ct_check_part ct_check_start_hooks;
/* check-kernel.c: what it names in the kernel */
ct_check_part ct_check_file_systems;
ct_check_part ct_check_sysctls;
/* check-rights.c */
ct_check_part ct_check_user_namespace;
ct_check_part ct_check_id_maps;
ct_check_part ct_check_limits;
/* check-cgroup.c */
ct_check_part ct_check_cgroup;
ct_check_part ct_check_resctrl;

/* Hooks that run before everything is mounted may make what is not there yet. */
bool ct_check_has_early_hooks(const struct ct_check *check);

/* Keeps a failure (base/problems.h). */
static inline int ct_check_keep(struct ct_check *check, int r, contain_error_t **err)
{
        return ct_problems_keep(&check->problems, r, err);
}

/* check-document.c: contain_check()'s answer, malloc'd. */
int ct_check_document(const struct ct_problems *problems, char **ret, contain_error_t **err);

#endif
