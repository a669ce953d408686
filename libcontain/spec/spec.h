/* SPDX-License-Identifier: MIT */
#ifndef CT_SPEC_SPEC_H
#define CT_SPEC_SPEC_H

/*
 * The typed form of an OCI config.json (runtime-spec 1.3, config.md and config-linux.md), as
 * the parser leaves it: checked value by value and against itself, not against this machine.
 *
 * Order and index are those of the file, so "/mounts/%zu" is the place of mounts.items[i].
 * All memory is the arena's. Strings are never NULL unless a comment says so; absent arrays are
 * empty. A `has_` flag is there where absent differs from every value.
 */

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CT_OCI_VERSION                                                                                       \
        "1.3.0" /* of the runtime-spec: what is known of it, and what documents are written in */

struct ct_strings {
        char **items; /* ended by NULL; NULL itself when the member is absent */
        size_t n;
};

struct ct_optional_int {
        bool has;
        int64_t value;
};

struct ct_optional_uint {
        bool has;
        uint64_t value;
};

/* --- process -------------------------------------------------------------------------------- */

/* Sets of capabilities, as masks: bit N is capability number N (capabilities(7)). */
struct ct_spec_capabilities {
        bool has; /* false: the container gets none */
        uint64_t bounding, effective, inheritable, permitted, ambient;
        /* Names in the file that no kernel header known here has, the first 64; to be logged, not refused. */
        struct ct_strings unknown;
};

/* "CAP_CHOWN"; NULL past the last one that is known. */
const char *ct_spec_capability_name(unsigned number);

struct ct_spec_rlimit {
        int resource; /* RLIMIT_ number */
        const char *name;
        uint64_t soft, hard;
};

struct ct_spec_user {
        uint32_t uid, gid;
        bool has_umask;
        uint32_t umask;
        uint32_t *groups; /* additionalGids */
        size_t n_groups;
};

struct ct_spec_scheduler {
        bool has;
        uint32_t policy; /* SCHED_ number */
        int32_t nice;
        uint32_t priority;
        uint64_t flags;                     /* SCHED_FLAG_ bits */
        uint64_t runtime, deadline, period; /* nanoseconds */
};

struct ct_spec_io_priority {
        bool has;
        uint32_t class; /* IOPRIO_CLASS_ number */
        int32_t priority;
};

struct ct_spec_process {
        bool has; /* process is optional for create, and needed to start */
        bool terminal;
        bool has_console_size;
        uint32_t console_height, console_width; /* characters */
        struct ct_spec_user user;
        struct ct_strings args, env;
        const char *cwd; /* absolute */
        struct ct_spec_capabilities capabilities;
        struct ct_spec_rlimit *rlimits;
        size_t n_rlimits;
        bool no_new_privileges, has_no_new_privileges;
        const char *apparmor_profile; /* NULL when absent */
        const char *selinux_label;    /* NULL when absent */
        struct ct_optional_int oom_score_adj;
        struct ct_spec_scheduler scheduler;
        struct ct_spec_io_priority io_priority;
        const char *exec_cpu_initial, *exec_cpu_final; /* lists such as "0-3,7"; NULL when absent */
};

/* --- mounts --------------------------------------------------------------------------------- */

struct ct_spec_id_map {
        uint32_t container_id, host_id, size;
};

struct ct_spec_id_maps {
        struct ct_spec_id_map *items;
        size_t n;
};

/* What the options of a mount ask for, once their words are understood (config.md, "Linux mount options"). */
struct ct_spec_mount {
        const char *destination; /* absolute; a relative one was taken as relative to "/" */
        const char *type;        /* "" when absent; of no meaning for a bind mount */
        const char *source;      /* "" when absent */
        bool bind, bind_recursive;
        bool remount;
        bool tmpcopyup;
        bool idmap, idmap_recursive;
        /*
         * Applied in this order: those with all below, then those of this mount only. In each, clear and then
         * set, as mount_setattr(2) does; the access time is a field, so all of MOUNT_ATTR__ATIME is cleared.
         */
        uint64_t attr_set, attr_clear;                     /* MOUNT_ATTR_ bits: this mount only */
        uint64_t attr_set_recursive, attr_clear_recursive; /* MOUNT_ATTR_ bits: with all below (rro …) */
        uint32_t sb_set, sb_clear; /* file system flags, as MS_ bits: RDONLY SYNCHRONOUS DIRSYNC MANDLOCK
                                      LAZYTIME I_VERSION SILENT */
        uint64_t propagation; /* one of MS_SHARED MS_SLAVE MS_PRIVATE MS_UNBINDABLE, or 0 for the default */
        bool propagation_recursive;
        struct ct_strings data; /* what is left, "key=value" or "key", for the file system */
        struct ct_spec_id_maps uid_maps, gid_maps;
        struct ct_strings options; /* all of them, as in the file */
};

/* --- namespaces, devices -------------------------------------------------------------------- */

struct ct_spec_namespace {
        uint64_t type;    /* CLONE_NEW* flag */
        const char *name; /* "pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time" */
        const char *path; /* NULL: a new one */
};

struct ct_spec_device {
        char type; /* 'c', 'b' or 'p'; 'u' is given as 'c' */
        const char *path;
        int64_t major, minor;
        bool has_file_mode;
        uint32_t file_mode; /* permission bits */
        bool has_uid, has_gid;
        uint32_t uid, gid; /* in the container */
};

/* --- resources ------------------------------------------------------------------------------ */

struct ct_spec_device_rule {
        bool allow;
        char type;            /* 'a', 'c' or 'b' */
        int64_t major, minor; /* -1: any */
        bool read, write, mknod;
};

struct ct_spec_memory {
        struct ct_optional_int limit, reservation, swap, kernel, kernel_tcp; /* bytes, -1 unlimited */
        struct ct_optional_uint swappiness;
        bool has_disable_oom_killer, disable_oom_killer;
        bool has_use_hierarchy, use_hierarchy;
        bool check_before_update;
};

struct ct_spec_cpu {
        struct ct_optional_uint shares, burst, period, realtime_period;
        struct ct_optional_int quota, realtime_runtime, idle;
        const char *cpus, *mems; /* NULL when absent */
};

struct ct_spec_weight_device {
        int64_t major, minor;
        struct ct_optional_uint weight, leaf_weight;
};

struct ct_spec_throttle_device {
        int64_t major, minor;
        uint64_t rate; /* bytes or operations per second */
};

enum ct_spec_throttle {
        CT_THROTTLE_READ_BPS,
        CT_THROTTLE_WRITE_BPS,
        CT_THROTTLE_READ_IOPS,
        CT_THROTTLE_WRITE_IOPS,
        CT_THROTTLE_N
};

struct ct_spec_block_io {
        bool has;
        struct ct_optional_uint weight, leaf_weight;
        struct ct_spec_weight_device *weight_devices;
        size_t n_weight_devices;
        struct {
                struct ct_spec_throttle_device *items;
                size_t n;
        } throttle[CT_THROTTLE_N];
};

struct ct_spec_hugepage_limit {
        const char *page_size; /* "2MB" */
        uint64_t limit;        /* bytes */
};

struct ct_spec_interface_priority {
        const char *name;
        uint32_t priority;
};

struct ct_spec_rdma {
        const char *device;
        struct ct_optional_uint hca_handles, hca_objects;
};

struct ct_spec_pair {
        const char *key, *value;
};

struct ct_spec_pairs {
        struct ct_spec_pair *items; /* in file order */
        size_t n;
};

struct ct_spec_resources {
        bool has;
        struct ct_spec_device_rule *devices;
        size_t n_devices;
        struct ct_spec_memory memory;
        struct ct_spec_cpu cpu;
        struct ct_optional_int pids_limit; /* -1 unlimited; 0 is a limit */
        struct ct_spec_block_io block_io;
        struct ct_spec_hugepage_limit *hugepage_limits;
        size_t n_hugepage_limits;
        struct ct_optional_uint network_class_id;
        struct ct_spec_interface_priority *network_priorities;
        size_t n_network_priorities;
        struct ct_spec_rdma *rdma;
        size_t n_rdma;
        struct ct_spec_pairs unified; /* cgroup v2 files */
};

/* --- seccomp -------------------------------------------------------------------------------- */

struct ct_spec_seccomp_arg {
        uint32_t index; /* 0 to 5 */
        uint64_t value, value_two;
        const char *op; /* "SCMP_CMP_EQ" and the like, checked */
};

struct ct_spec_seccomp_rule {
        struct ct_strings names;
        const char *action; /* "SCMP_ACT_…", checked */
        struct ct_optional_uint errno_ret;
        struct ct_spec_seccomp_arg *args;
        size_t n_args;
};

struct ct_spec_seccomp {
        bool has;
        const char *default_action;
        struct ct_optional_uint default_errno_ret;
        struct ct_strings architectures; /* "SCMP_ARCH_…", checked */
        struct ct_strings flags;         /* "SECCOMP_FILTER_FLAG_…", checked */
        const char *listener_path;       /* NULL when absent */
        const char *listener_metadata;   /* NULL when absent */
        struct ct_spec_seccomp_rule *rules;
        size_t n_rules;
};

/* --- hooks ---------------------------------------------------------------------------------- */

enum ct_spec_hook_kind {
        CT_HOOK_PRESTART,
        CT_HOOK_CREATE_RUNTIME,
        CT_HOOK_CREATE_CONTAINER,
        CT_HOOK_START_CONTAINER,
        CT_HOOK_POSTSTART,
        CT_HOOK_POSTSTOP,
        CT_HOOK_N
};

struct ct_spec_hook {
        const char *path;       /* absolute */
        struct ct_strings args; /* args.items NULL when absent: argv is { path } */
        struct ct_strings env;  /* env.items NULL when absent */
        uint32_t timeout;       /* seconds; 0 for none */
};

struct ct_spec_hooks {
        struct ct_spec_hook *items;
        size_t n;
};

/* Parses a hooks section alone, as a container's record keeps it. */
int ct_spec_parse_hooks_text(struct ct_arena *arena, const char *text, size_t size,
                             struct ct_spec_hooks ret[CT_HOOK_N], contain_error_t **err);

/* Name of a kind as in the file, "createRuntime". */
const char *ct_spec_hook_name(enum ct_spec_hook_kind kind);

/* --- the rest of linux ---------------------------------------------------------------------- */

struct ct_spec_time_offset {
        bool has;
        int64_t secs;
        uint32_t nanosecs;
};

struct ct_spec_intel_rdt {
        bool has;
        const char *clos_id, *l3_cache_schema, *mem_bw_schema; /* NULL when absent */
        struct ct_strings schemata;
        bool enable_monitoring;
};

struct ct_spec_memory_policy {
        bool has;
        int mode;          /* MPOL_ number */
        uint32_t flags;    /* MPOL_F_ bits */
        const char *nodes; /* list such as "0-1,3"; "" when absent */
};

struct ct_spec_net_device {
        const char *host_name;
        const char *name; /* in the container; NULL to keep the host's */
};

struct ct_spec_linux {
        struct ct_spec_namespace *namespaces;
        size_t n_namespaces;
        struct ct_spec_id_maps uid_maps, gid_maps;
        struct ct_spec_time_offset time_monotonic, time_boottime;
        struct ct_spec_device *devices;
        size_t n_devices;
        struct ct_spec_net_device *net_devices;
        size_t n_net_devices;
        const char *cgroups_path; /* NULL when absent */
        struct ct_spec_resources resources;
        struct ct_spec_intel_rdt intel_rdt;
        struct ct_spec_memory_policy memory_policy;
        struct ct_spec_pairs sysctl; /* keys as in the file: "net.ipv4.ip_forward" */
        struct ct_spec_seccomp seccomp;
        uint64_t rootfs_propagation; /* MS_SHARED MS_SLAVE MS_PRIVATE MS_UNBINDABLE with or without MS_REC, or
                                        0 */
        struct ct_strings masked_paths, readonly_paths;
        const char *mount_label;             /* NULL when absent */
        struct ct_optional_uint personality; /* PER_LINUX, PER_LINUX32 */
};

/* The annotation that names the signal which a container is to be ended with. */
#define CT_STOP_SIGNAL "org.opencontainers.image.stopSignal"

struct ct_spec {
        const char *oci_version;
        bool has_root;
        const char *root_path; /* as in the file: may be relative to the bundle */
        bool root_readonly;
        struct ct_spec_process process;
        const char *hostname, *domainname; /* NULL when absent */
        struct ct_spec_mount *mounts;
        size_t n_mounts;
        struct ct_spec_hooks hooks[CT_HOOK_N];
        struct ct_spec_pairs annotations;
        struct ct_spec_linux linux_;
};

/*
 * Parses and checks a whole document. The first thing that is wrong is the error. Everything
 * in *ret lives in @arena; @text may go.
 *
 * When the arena collects problems, values that are refused are not in *ret, and only text that is no JSON is
 * an error. Places in what is planned of it are right after the list's ct_problems_next_stage().
 */
int ct_spec_parse(struct ct_arena *arena, const char *text, size_t size, struct ct_spec **ret,
                  contain_error_t **err);

/*
 * Parses and checks the document of a further process in the container of @spec, which is what "process" is
 * in a configuration. Whatever confines the container's own process, and is not in it, is that process's:
 * capabilities, labels, no_new_privs, limits, scheduling.
 */
int ct_spec_parse_exec(struct ct_arena *arena, const struct ct_spec *spec, const char *text, size_t size,
                       struct ct_spec_process *ret, contain_error_t **err);

/* New limits for a container that exists. */
struct ct_spec_update {
        struct ct_spec_resources resources; /* has: there is something beside intelRdt */
        struct ct_spec_intel_rdt intel_rdt; /* schemata alone */
};

/* Parses a linux.resources object, whose members are the document's own: "/memory/limit". */
int ct_spec_parse_update(struct ct_arena *arena, const char *text, size_t size, struct ct_spec_update *ret,
                         contain_error_t **err);

/* The namespace entry of CLONE_NEW* @type, or NULL. *ret_index, if given, is its index in the file. */
const struct ct_spec_namespace *ct_spec_namespace_find(const struct ct_spec *spec, uint64_t type,
                                                       size_t *ret_index);

#endif
