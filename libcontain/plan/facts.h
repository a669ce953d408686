/* SPDX-License-Identifier: MIT */
#ifndef CT_PLAN_FACTS_H
#define CT_PLAN_FACTS_H

/* What the planner has to know about this machine, this caller and this request. Filled by others; only read
 * here. */

#include "spec/spec.h"

enum ct_cgroup_mode { CT_CGROUP_NONE, CT_CGROUP_V1, CT_CGROUP_HYBRID, CT_CGROUP_V2 };

/* A mounted cgroup hierarchy, and the container's place in it. */
struct ct_facts_hierarchy {
        bool v2;
        const char *options; /* v1: what to mount it with, "cpu,cpuacct" or "none,name=systemd" */
        const char *
                name; /* v1: its folder's name below /sys/fs/cgroup, "cpu,cpuacct"; v2 in hybrid: "unified" */
        const char *mountpoint;     /* on the host */
        const char *container_path; /* the container's cgroup below the mountpoint, "/a/b"; NULL when it has
                                       none here */
};

/* The machine: probed once per context (host/probe.h). */
struct ct_facts {
        unsigned kernel_major, kernel_minor;
        unsigned last_capability; /* /proc/sys/kernel/cap_last_cap */
        bool has_mount_setattr;   /* Linux 5.12 */
        bool has_idmapped_mounts; /* Linux 5.12 */
        bool has_time_namespace;
        bool has_cgroup_namespace;
        bool has_user_namespace;
        bool has_pidfd_info; /* Linux 6.15 */
        bool has_apparmor, has_selinux;
        bool has_seccomp;
        uint64_t seccomp_flags;   /* SECCOMP_FILTER_FLAG_ bits that the kernel knows */
        uint32_t seccomp_actions; /* reserved */
        /* The caller */
        uint32_t uid, gid;
        uint64_t capabilities; /* effective set of the caller */
        bool in_initial_userns;
        bool denies_setgroups; /* its user namespace has given up setgroups(2) for good */
        bool foreign_mounts;   /* the mount namespace is that of another user namespace: no tree can be cloned
                                */
        const char *newuidmap, *newgidmap; /* paths; NULL when absent */
        /* cgroups */
        enum ct_cgroup_mode cgroup_mode;
        const struct ct_facts_hierarchy *hierarchies;
        size_t n_hierarchies;
};

/* A mount that is made, or taken off, in a container that is there. */
struct ct_later_mount {
        const char *target; /* absolute */
        bool unmount, lazy;

        /* Of one that is made. */
        const char *source; /* a path, for whoever may not clone it outside, and with it the file that it has
                               to lead to; NULL: the first additional descriptor is the tree */
        uint64_t device, inode; /* MAJOR << 32 | MINOR of the file system */
        bool recursive, create;
        uint64_t attributes; /* MOUNT_ATTR_ */
};

/* The request: what the caller set on the handle besides the configuration. */
struct ct_request {
        const char *id;
        const char *bundle; /* absolute path */
        bool become, no_pivot, no_new_keyring;
        bool exec;              /* a further process, in the namespaces of namespace_fds */
        bool detach;            /* … which is not the caller's child */
        bool chroot;            /* … whose root is not that of the mount namespace */
        bool has_rootfs_fd;     /* rootfs given as a descriptor */
        bool maps_rootfs;       /* its files show with the ids of the new user namespace */
        uint64_t namespace_fds; /* CLONE_NEW* of the namespaces given as descriptors */
        bool has_seccomp_socket;
        unsigned n_extra_fds;
        const char
                *notify_folder; /* where the socket is going to be that the program notifies; NULL for none */
        unsigned n_listen_fds;  /* how many of the additional descriptors are sockets to serve */
        const char *listen_names;           /* theirs, "a:b"; NULL for none */
        const struct ct_later_mount *mount; /* in the namespaces of namespace_fds; NULL for none */
        const char *cgroup_path;            /* where the container's cgroup is, for people; "" for none */
};

#endif
