/* SPDX-License-Identifier: MIT */
#ifndef CT_PLAN_PARTS_H
#define CT_PLAN_PARTS_H

/*
 * The parts of the planner, each in the file of its name. They add steps in the order that compile.c
 * calls them in. Private to plan/.
 */

#include "plan/build.h"

/* What the kernel headers of the oldest supported distribution may lack. */
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

typedef int ct_plan_part(struct ct_build *build, contain_error_t **err);

/* decide.c: fills the decisions in @build, and adds no step */
ct_plan_part ct_plan_decide;
/* refuse.c: what cannot be carried out, whatever the details; adds no step */
ct_plan_part ct_plan_refuse;

/* namespaces.c */
ct_plan_part ct_plan_add_namespaces;
ct_plan_part ct_plan_add_cgroup;
ct_plan_part ct_plan_add_time;
ct_plan_part ct_plan_add_names;
/* All namespaces of a container that is there, its cgroup and its root, for a further process. */
ct_plan_part ct_plan_add_entry;
/* Its mount and user namespaces alone, and its root, for a mount in it. */
ct_plan_part ct_plan_add_mount_entry;
/* From here on nobody who shares a namespace may trace the process, or open its descriptors. */
ct_plan_part ct_plan_add_hide;

/* exec.c: a further process */
ct_plan_part ct_plan_add_exec_begin;
ct_plan_part ct_plan_add_exec_affinity;
ct_plan_part ct_plan_add_exec_console;
ct_plan_part ct_plan_add_exec_ready;

/* later-mount.c: the tree of a mount in a container that is there */
void ct_plan_add_later_tree(struct ct_build *build);

/* rootfs.c */
ct_plan_part ct_plan_add_rootfs;
ct_plan_part ct_plan_add_pivot;
ct_plan_part ct_plan_add_root_attributes;

/* mounts.c */
ct_plan_part ct_plan_add_mounts;
ct_plan_part ct_plan_add_late_readonly;

/* devices.c */
ct_plan_part ct_plan_add_devices;

/* net-devices.c */
ct_plan_part ct_plan_add_net_devices;

/* hooks.c */
ct_plan_part ct_plan_add_create_hooks;
ct_plan_part ct_plan_add_start_hooks;

/* paths.c */
ct_plan_part ct_plan_add_paths;

/* sysctl.c */
ct_plan_part ct_plan_add_sysctl;

/* state-text.c */
ct_plan_part ct_plan_add_state;

/* process.c */
ct_plan_part ct_plan_add_program;
ct_plan_part ct_plan_add_stdio;
ct_plan_part ct_plan_add_own_stdio;
ct_plan_part ct_plan_add_extra_fds;
ct_plan_part ct_plan_add_cwd;
ct_plan_part ct_plan_add_cwd_folder;
ct_plan_part ct_plan_add_exec;

/* service.c */
ct_plan_part ct_plan_add_notify;
ct_plan_part ct_plan_add_listen_pid;
/* The variables of the configuration, with those of the service. */
int ct_plan_service_env(struct ct_build *build, struct ct_strings *ret, contain_error_t **err);

/* ready.c */
ct_plan_part ct_plan_add_ready;

/* limits.c */
ct_plan_part ct_plan_add_outer_limits;
ct_plan_part ct_plan_add_rlimits;
ct_plan_part ct_plan_add_oom_score;
ct_plan_part ct_plan_add_io_priority;
ct_plan_part ct_plan_add_inner_limits;

/* security.c */
ct_plan_part ct_plan_add_keyring;
ct_plan_part ct_plan_add_labels;
ct_plan_part ct_plan_add_no_new_privileges;

/* identity.c */
ct_plan_part ct_plan_add_umask;
ct_plan_part ct_plan_add_bounding;
ct_plan_part ct_plan_add_identity;
ct_plan_part ct_plan_add_capabilities;

/* seccomp.c: before the privileges go when loading takes one, else last */
ct_plan_part ct_plan_add_seccomp_early;
ct_plan_part ct_plan_add_seccomp_late;

/* --- shared by several parts ---------------------------------------------------------------- */

/* Does the caller have capability @number? */
bool ct_plan_has_capability(const struct ct_build *build, unsigned number);
/* Is the kernel older than that? */
bool ct_plan_is_before(const struct ct_facts *facts, unsigned major, unsigned minor);
/* Place of the namespace entry of @type, "" when only a descriptor was given. */
const char *ct_plan_namespace_at(struct ct_build *build, uint64_t type);

/* id-maps.c */
const char *ct_plan_id_map_text(struct ct_build *build, const struct ct_spec_id_maps *maps);
bool ct_plan_id_is_mapped(const struct ct_spec_id_maps *maps, uint32_t id);
bool ct_plan_id_map_is_own(const struct ct_spec_id_maps *maps, uint32_t id);
/* Does the container have a user namespace with the maps that the configuration says? */
bool ct_plan_maps_are_known(const struct ct_build *build);
/* Fails at @at if there is a new user namespace, whose @maps do not have @id. */
int ct_plan_check_mapped(struct ct_build *build, const struct ct_spec_id_maps *maps, uint32_t id,
                         const char *at, contain_error_t **err);
ct_plan_part ct_plan_add_id_maps;

/* mount-ids.c */
int ct_plan_check_mount_ids(struct ct_build *build, const struct ct_spec_mount *mount, const char *at,
                            contain_error_t **err);

/* host-paths.c */

/* @path as the host sees it: relative ones are relative to the bundle. */
const char *ct_plan_host_path(struct ct_build *build, const char *path);
/* @path without "//", "." and "..", by its text alone. */
const char *ct_plan_clean_path(struct ct_build *build, const char *path);
/* Is the clean @path below the clean @folder? */
bool ct_plan_path_is_below(const char *path, const char *folder);

/* file-systems.c */

/* A new file system becomes the current tree. */
struct ct_file_system {
        const char *at;
        const char *type, *source; /* no source: NULL */
        uint64_t attr;             /* MOUNT_ATTR_ bits of the mount */
        uint64_t sb_flags;         /* MS_ bits of the file system */
        const struct ct_spec_mount *mount;
        const struct ct_strings *data; /* its options */
        const char *label;             /* SELinux's, NULL for none */
};
int ct_plan_add_file_system(struct ct_build *build, const struct ct_file_system *fs, contain_error_t **err);
/* The same with @options (strings with NULs) that are known to suit fsconfig(2), or with @by_mount mount(2).
 */
void ct_plan_add_fs(struct ct_build *build, const struct ct_file_system *fs, bool by_mount,
                    const struct ct_buf *options);

/* idmapped-mounts.c */

/*
 * The slot of the user namespace whose maps the mount is to have; unchanged when it is to have none, or has
 * them as it is.
 */
int ct_plan_idmap_bind(struct ct_build *build, const struct ct_spec_mount *mount, const char *at,
                       unsigned *ret, contain_error_t **err);
int ct_plan_idmap_file_system(struct ct_build *build, const struct ct_spec_mount *mount, const char *at,
                              unsigned *ret, contain_error_t **err);
void ct_plan_add_idmap(struct ct_build *build, const struct ct_spec_mount *mount, const char *at,
                       unsigned slot);
/* Fails with @what when the mount asks for maps. */
int ct_plan_refuse_idmap(struct ct_build *build, const struct ct_spec_mount *mount, const char *at,
                         const char *what, contain_error_t **err);

/* mount-words.c */

/* Place of option @word of @mount, or @at when it has none. */
const char *ct_plan_option_at(struct ct_build *build, const struct ct_spec_mount *mount, const char *at,
                              const char *word);
/* Words for a file system, on a mount that is @what and has none of its own. */
int ct_plan_refuse_super_words(struct ct_build *build, const struct ct_spec_mount *mount, const char *at,
                               const char *what, contain_error_t **err);

/* trees.c: a part of the host's tree becomes the current one */
struct ct_tree {
        const char *at;
        const char *source; /* absolute, on the host */
        bool recursive;
        bool by_path;          /* always: it does not exist yet when the slots are opened */
        uint64_t type, device; /* what it must be; 0 for anything */
        unsigned map_slot;     /* slot of the user namespace that maps its ids; 0 for none */
        bool map_recursive;
};
void ct_plan_add_tree(struct ct_build *build, const struct ct_tree *tree);
/* The propagation that trees of the host get by default (recursive), 0 to leave it as it is. */
uint64_t ct_plan_default_propagation(const struct ct_build *build);

/* cgroup-mount.c */
int ct_plan_add_cgroup_mount(struct ct_build *build, const struct ct_spec_mount *mount, const char *at,
                             contain_error_t **err);

/*
 * number-list.c: a list as the kernel has them, "0-3,7", as bits; *ret_words is how many of the @n words are
 * in use. False when that is not one, or has a number that does not fit.
 */
bool ct_plan_read_list(const char *text, uint64_t *bits, size_t n, size_t *ret_words);

/* seccomp-filter.c: the filter as struct sock_filter[], which the kernel calls BPF */
int ct_plan_seccomp_filter(const struct ct_spec_seccomp *seccomp, struct ct_buf *ret, contain_error_t **err);
/* SECCOMP_RET_ action; *ret_notify when it is SCMP_ACT_NOTIFY */
bool ct_plan_seccomp_notifies(const struct ct_spec_seccomp *seccomp);

#endif
