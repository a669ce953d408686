/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RESOURCES_H
#define CONTAIN_RESOURCES_H

#include <contain/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a container uses of the machine. */

/**
 * contain_stats_json() - what a container has used, and what it may use
 * @c:   a container that has been created
 * @ret: receives a JSON object; free with contain_free()
 * @err: receives the details of a failure; may be NULL
 *
 * The object is what other runtimes print as "data" of `events --stats`: the members cpu, cpuset, memory,
 * pids, blkio, hugetlb, intel_rdt and network_interfaces. Times are nanoseconds since the container was
 * created, sizes are bytes, 18446744073709551615 is no limit. What the kernel does not tell is not there. The
 * network interfaces are those of the container's network namespace, unless that is the calling thread's own.
 *
 * Works for as long as there is the container's cgroup, also after its process has ended. When that is not
 * the container's alone, all that is in it counts.
 *
 * Threads: any, in parallel with every other call on @c.
 * Returns: 0; -EINVAL when it has not been created; -ENOENT when its cgroup is gone; -EOPNOTSUPP when it was
 *          created without one.
 * Since:   1.0
 */
CONTAIN_API int contain_stats_json(contain_t *c, char **ret, contain_error_t **err);

/**
 * contain_processes_json() - the processes of a container
 * @c:   a container that has been created
 * @ret: receives a JSON array of numbers: the pids as the caller sees them; free with contain_free()
 * @err: receives the details of a failure; may be NULL
 *
 * All processes in the container's cgroup and below. Without a cgroup, those in its pid namespace and below;
 * without one of its own, its first process alone. For display: a pid can be another process's by the
 * time it is used.
 *
 * Threads: any, in parallel with every other call on @c.
 * Returns: 0, also when there are none; -EINVAL when it has not been created; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_processes_json(contain_t *c, char **ret, contain_error_t **err);

#ifdef __cplusplus
}
#endif
#endif
