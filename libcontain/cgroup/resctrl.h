/* SPDX-License-Identifier: MIT */
#ifndef CT_CGROUP_RESCTRL_H
#define CT_CGROUP_RESCTRL_H

/*
 * linux.intelRdt: a container's class of service, which is a folder of the resctrl file system, and its group
 * for monitoring, which is a folder in that one (kernel documentation, filesystems/resctrl). Everything is
 * done through a descriptor of the file system's root.
 */

#include "base/error.h"
#include "spec/spec.h"

#include <sys/types.h>

struct ct_resctrl;

/* A descriptor of the mounted file system's root; -ENOENT when it is not mounted. */
int ct_resctrl_open_root(void);

/*
 * Finds out what @rdt comes to for container @id, and makes nothing: which class it is; whether it is there,
 * as it has to be, or may; whether one that is there has the schemata that are asked for. @root_fd is
 * duplicated; -ENOENT is an error like any other.
 */
int ct_resctrl_new(int root_fd, const struct ct_spec_intel_rdt *rdt, const char *id, struct ct_resctrl **ret,
                   contain_error_t **err);
struct ct_resctrl *ct_resctrl_free(struct ct_resctrl *resctrl);
CT_CLEANUP(struct ct_resctrl, ct_resctrl_free)

/* Makes the class, with its schemata, and the monitoring group. On failure what it made is gone again. */
int ct_resctrl_create(struct ct_resctrl *resctrl, const struct ct_spec_intel_rdt *rdt, contain_error_t **err);

/*
 * Changes the schemata of a class that is the container's alone. *ret_before is what they were, malloc'd, for
 * ct_resctrl_restore(); on failure they are that.
 */
int ct_resctrl_update(struct ct_resctrl *resctrl, const struct ct_spec_intel_rdt *rdt, char **ret_before,
                      contain_error_t **err);
void ct_resctrl_restore(struct ct_resctrl *resctrl, const char *before);

/* Moves a process, 0 for the calling thread; those that it starts from then on are born there. */
int ct_resctrl_enter(const struct ct_resctrl *resctrl, pid_t pid, contain_error_t **err);

/*
 * Removes the monitoring group, and the class if it was made for this container alone: one that the
 * configuration names stays, whoever made it. What is gone already is fine.
 */
int ct_resctrl_destroy(struct ct_resctrl *resctrl, contain_error_t **err);
/* The same, and a class that this very call of ct_resctrl_create() made under a given name as well. */
void ct_resctrl_undo(struct ct_resctrl *resctrl);

/* What ct_resctrl_destroy() is going to remove: up to two folders, by their parents' descriptors (new ones)
 * and their names (borrowed). Returns how many. */
size_t ct_resctrl_ends(const struct ct_resctrl *resctrl, int ret_fds[static 2],
                       const char *ret_names[static 2]);

/*
 * As JSON text for the container's record, and back. Saved before ct_resctrl_create(), it says what is going
 * to be made. Loaded without a file system (@root_fd negative) there is nothing left to remove.
 */
int ct_resctrl_save(const struct ct_resctrl *resctrl, char **ret);
int ct_resctrl_load(int root_fd, const char *text, struct ct_resctrl **ret, contain_error_t **err);

/* The folders that have its numbers, as new descriptors: the file system's root, the class, and the one that
 * has mon_data, which is the class again where there is no monitoring group. Those that are gone are
 * negative.
 */
void ct_resctrl_folders(const struct ct_resctrl *resctrl, int ret_fds[static 3]);

/* resctrl-stats.c */

/* Appends the members of the JSON object "intel_rdt", of folders as ct_resctrl_folders() has them. -ENOMEM.
 */
struct ct_buf;
int ct_resctrl_stats(const int fds[static 3], struct ct_buf *buf);

/* resctrl-schemata.c */

/* Compares each schema that @rdt has with those of the class in @class_fd. */
int ct_resctrl_compare(int root_fd, int class_fd, const struct ct_spec_intel_rdt *rdt, const char *name,
                       contain_error_t **err);
/* Writes them: l3CacheSchema, memBwSchema, then schemata. */
int ct_resctrl_write(int root_fd, int class_fd, const struct ct_spec_intel_rdt *rdt, contain_error_t **err);
/* Adds what the kernel says of the last command as the error's hint. */
void ct_resctrl_hint(int root_fd, contain_error_t **err);

#endif
