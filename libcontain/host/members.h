/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_MEMBERS_H
#define CT_HOST_MEMBERS_H

/* The processes of a pid namespace, where no cgroup tells which are a container's. */

#include <stddef.h>
#include <sys/types.h>

/*
 * The pids, as the caller sees them, of the processes in the pid namespace of the one whose folder in /proc
 * is
 * @folder_fd, and in those below it; sorted, *ret is malloc'd. -ENOENT when that namespace is the caller's
 * own, or cannot be seen.
 */
int ct_pid_namespace_members(int folder_fd, pid_t **ret, size_t *ret_n);

#endif
