/* SPDX-License-Identifier: MIT */
#ifndef CT_CGROUP_CGROUP_H
#define CT_CGROUP_CGROUP_H

/*
 * A container's cgroups, on cgroup v1, hybrid and v2 alike (cgroups(7)). The rest of the library
 * uses this header only; which hierarchy does what is decided behind it.
 */

#include "base/error.h"
#include "spec/spec.h"

#include <sys/types.h>

/* --- the machine's hierarchies -------------------------------------------------------------- */

enum ct_cgroup_kind { CT_CGROUPS_NONE, CT_CGROUPS_V1, CT_CGROUPS_HYBRID, CT_CGROUPS_V2 };

struct ct_hierarchy {
        bool v2;
        char *controllers; /* v1: "cpu,cpuacct" or "name=systemd", as in the mount's options; v2:
                              cgroup.controllers of its root */
        char *mountpoint;  /* "/sys/fs/cgroup/cpu,cpuacct" */
        char *name;        /* last component of the mountpoint; "" for a v2 one that is the only one */
        char *own_path;    /* the caller's own cgroup below the mountpoint; NULL when that does not show it */
};

struct ct_cgroup_layout {
        enum ct_cgroup_kind kind;
        struct ct_hierarchy *items;
        size_t n;
};

/* Reads /proc/self/mountinfo and /proc/self/cgroup. No hierarchy at all is a layout, not an error. */
int ct_cgroup_layout_new(struct ct_cgroup_layout **ret);
/* The same from given texts, for tests. */
int ct_cgroup_layout_parse(const char *mountinfo, const char *own, struct ct_cgroup_layout **ret);
struct ct_cgroup_layout *ct_cgroup_layout_free(struct ct_cgroup_layout *layout);
CT_CLEANUP(struct ct_cgroup_layout, ct_cgroup_layout_free)

/* --- one container's cgroups ------------------------------------------------------------------ */

struct ct_cgroup;

/*
 * Names the cgroup, makes nothing. @path is linux.cgroupsPath or NULL. An absolute path is below each
 * hierarchy's mountpoint; a relative one below the caller's own cgroup; NULL is "/contain-ID", or for callers
 * that may not make that one, "contain-ID" beside their own (v2) where they may make that, or below it. "..",
 * "." and empty components are refused (CONTAIN_E_CGROUP).
 * @layout must outlive the cgroup.
 */
int ct_cgroup_new(const struct ct_cgroup_layout *layout, const char *path, const char *id,
                  struct ct_cgroup **ret, contain_error_t **err);
struct ct_cgroup *ct_cgroup_free(struct ct_cgroup *cgroup);
CT_CLEANUP(struct ct_cgroup, ct_cgroup_free)

/*
 * The same for a cgroup that systemd is to make: a scope unit. @path is "SLICE:PREFIX:NAME" or NULL; an error
 * when no systemd can be asked. @annotations, NULL for none, must outlive the cgroup: those of systemd's are
 * properties of the unit.
 */
int ct_cgroup_new_scope(const struct ct_cgroup_layout *layout, const char *path, const char *id,
                        const struct ct_spec_pairs *annotations, struct ct_cgroup **ret,
                        contain_error_t **err);
bool ct_cgroup_is_scope(const struct ct_cgroup *cgroup);
/* Whether systemd could be asked in this build. */
bool ct_systemd_built(void);

/*
 * Has systemd make the scope, with @pid in it; call before ct_cgroup_create(), which does the rest. On
 * failure it vanishes with that process.
 */
int ct_cgroup_start_scope(struct ct_cgroup *cgroup, const char *id, pid_t pid,
                          const struct ct_spec_resources *resources, contain_error_t **err);

/* The path below hierarchy @i's mountpoint, "/a/b"; NULL when the container has no cgroup there. Borrowed. */
const char *ct_cgroup_path(const struct ct_cgroup *cgroup, size_t i);
/* Whether it is there, or can be made by this user. Those that cannot are passed over where nothing needs
 * them. */
bool ct_cgroup_can_be(const struct ct_cgroup *cgroup, size_t i);

/* Whether it has no path at all: every hierarchy was passed over by ct_cgroup_create(), or is gone since. */
bool ct_cgroup_is_nowhere(const struct ct_cgroup *cgroup);

/* What becomes of the cgroup in hierarchy @i at the container's end: one that was there before stays. */
enum ct_cgroup_end {
        CT_CGROUP_REMOVED, /* with all below */
        CT_CGROUP_EMPTIED, /* what is below goes */
        CT_CGROUP_LEFT     /* there were others below: only its processes go */
};
enum ct_cgroup_end ct_cgroup_end(const struct ct_cgroup *cgroup, size_t i);

/*
 * Makes the folders (parents too, remembering which ones it made) and writes the limits. On failure
 * everything it made is gone again. Errors carry the pointer of the resource
 * ("/linux/resources/memory/limit"). A controller that is asked for and absent is an error; without resources
 * an unusable hierarchy (rootless) is passed over.
 */
int ct_cgroup_create(struct ct_cgroup *cgroup, const struct ct_spec_resources *resources,
                     contain_error_t **err);

/*
 * Says to whom ct_cgroup_create() hands the cgroup over (runtime-spec, "Cgroup ownership"). Without effect
 * where there is a v1 hierarchy: handing those over would not be safe.
 */
void ct_cgroup_set_owner(struct ct_cgroup *cgroup, uid_t uid);
/* The same for a cgroup v2 folder that somebody else has made. */
int ct_cgroup_hand_over(int folder_fd, uid_t uid, contain_error_t **err);

/*
 * What ct_cgroup_create() would fail with, as far as can be known without making anything: what cannot be
 * compiled and, if !@exists, folders that are in use or that the caller may not make. All of it is kept in
 * the problems of @arena.
 */
int ct_cgroup_check(struct ct_cgroup *cgroup, const struct ct_spec_resources *resources, bool exists,
                    struct ct_arena *arena, contain_error_t **err);

/*
 * Whether device rules have to be obeyed: false without CAP_SYS_ADMIN in the first user namespace. The kernel
 * refuses the rules then, but also every mknod and every device of the container's own mounts.
 */
bool ct_cgroup_restricts_devices(void);

/* A descriptor of the v2 folder for CLONE_INTO_CGROUP, borrowed; -ENOENT where there is none. */
int ct_cgroup_v2_fd(const struct ct_cgroup *cgroup);

/*
 * Moves @pid into all of them (but v2 when @v2_done). For v1 and for kernels that refuse CLONE_INTO_CGROUP.
 * On failure it is moved back to where the caller is.
 */
int ct_cgroup_enter(struct ct_cgroup *cgroup, pid_t pid, bool v2_done, contain_error_t **err);

/*
 * For one more process, of a cgroup that was loaded for nothing else: it goes to @path below the container's
 * cgroup, "a/b", which exists; with controllers before it, "cpu,memory:a/b", in their v1 hierarchies only.
 */
int ct_cgroup_descend(struct ct_cgroup *cgroup, const char *path, contain_error_t **err);
/*
 * The same for a v2 cgroup that has handed controllers down, and can have no processes of its own then: it
 * goes where the container's process @pid is.
 */
int ct_cgroup_follow(struct ct_cgroup *cgroup, pid_t pid, contain_error_t **err);

/* What an update asked for and this kernel has no use for: places, static. */
struct ct_passed_over {
        const char *at[4];
        size_t n;
};

/*
 * Changes limits of a cgroup that exists: those that @resources have, and no others. On failure they are as
 * they were before. Limits on kernel memory are passed over where there are none any more.
 */
int ct_cgroup_update(struct ct_cgroup *cgroup, const struct ct_spec_resources *resources,
                     struct ct_passed_over *ret, contain_error_t **err);

/* Sends @signo to every process in the cgroup and below. SIGKILL uses cgroup.kill where there is one. 0 also
 * when empty or gone. */
int ct_cgroup_signal(struct ct_cgroup *cgroup, int signo);
/* The same in two, for callers that have something to look at in between. The folder that lists the
 * processes: v2's, else the first one that is there; -ENOENT when all are gone. */
int ct_cgroup_open_any(const struct ct_cgroup *cgroup);
int ct_cgroup_signal_in(struct ct_cgroup *cgroup, int folder_fd, int signo);
/* Lets it run on, if it is frozen. */
void ct_cgroup_thaw(struct ct_cgroup *cgroup);
/* The pids in it and below; *ret is malloc'd. */
int ct_cgroup_pids(struct ct_cgroup *cgroup, pid_t **ret, size_t *ret_n);

/*
 * Kills what is left (thawing it first), and removes the folders that were made, with all below, and the
 * parents it made when they are empty; see enum ct_cgroup_end for the others. Waits up to @timeout_ms for
 * processes to go. What is gone already is fine. Kills nobody and fails with -EBUSY when the calling process
 * itself is in there.
 */
int ct_cgroup_destroy(struct ct_cgroup *cgroup, int timeout_ms, contain_error_t **err);

/* 1 frozen, 0 not, -errno. */
int ct_cgroup_frozen(struct ct_cgroup *cgroup);
/*
 * Freezes all that is in it and below, and waits until it is, up to @timeout_ms; what could not be done is
 * undone. -EDEADLK when the caller is in there, -ECANCELED when somebody else thawed it meanwhile.
 */
int ct_cgroup_pause(struct ct_cgroup *cgroup, int timeout_ms, contain_error_t **err);
/* -ETIMEDOUT when it is kept frozen by a cgroup above. */
int ct_cgroup_resume(struct ct_cgroup *cgroup, int timeout_ms, contain_error_t **err);
/*
 * A descriptor that polls readable when it may have been frozen or thawed, by whomever. -EOPNOTSUPP without
 * v2: v1 tells nobody.
 */
int ct_cgroup_frozen_fd(const struct ct_cgroup *cgroup);

/*
 * A descriptor that polls readable (POLLIN for v1's eventfd, POLLIN of an inotify for v2's memory.events)
 * when the kernel may have killed for memory; -EOPNOTSUPP without a memory controller. ct_cgroup_oom_kills()
 * says how many there were.
 */
int ct_cgroup_oom_fd(struct ct_cgroup *cgroup);
/* The file that says so, with a line "oom_kill N"; a descriptor for the caller to close. */
int ct_cgroup_oom_file(struct ct_cgroup *cgroup);
int ct_cgroup_oom_kills(struct ct_cgroup *cgroup, uint64_t *ret);
/* Whether that descriptor tells before the kill is counted: v1's does. */
bool ct_cgroup_oom_fd_is_early(const struct ct_cgroup *cgroup);

/*
 * The numbers of a container, from the folders that it has now, which stay open: the cgroup is not needed any
 * more, its layout is. -ENOENT when any of the folders is gone.
 */
struct ct_cgroup_stats;
struct ct_buf;
int ct_cgroup_stats_new(const struct ct_cgroup *cgroup, struct ct_cgroup_stats **ret);
struct ct_cgroup_stats *ct_cgroup_stats_free(struct ct_cgroup_stats *stats);
CT_CLEANUP(struct ct_cgroup_stats, ct_cgroup_stats_free)
/*
 * Appends the members of a JSON object: cpu, cpuset, memory, pids, blkio and hugetlb, each an object that is
 * empty when there is nothing to tell. -ENOENT when any of the folders has gone meanwhile, -ENOMEM.
 */
int ct_cgroup_stats_write(const struct ct_cgroup_stats *stats, struct ct_buf *buf);

/*
 * As text for the container's record, and back; the text is JSON. A loaded cgroup works like the one that was
 * saved, also when the machine's layout has changed (hierarchies that are gone are passed over). Saved before
 * ct_cgroup_create(), the text says what is going to be made, for cleaning up after a caller that was killed.
 */
int ct_cgroup_save(const struct ct_cgroup *cgroup, char **ret);
int ct_cgroup_load(const struct ct_cgroup_layout *layout, const char *text, struct ct_cgroup **ret,
                   contain_error_t **err);

#endif
