/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RESOURCES_H
#define CONTAIN_RESOURCES_H

#include <contain/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a container uses of the machine, and what it may use. */

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

/**
 * contain_update() - change the limits of a container that exists
 * @c:    a container that has been created or started
 * @json: what changes: an object as linux.resources of the configuration (runtime-spec, config-linux.md)
 * @size: its length in bytes
 * @err:  receives the details of a failure, with the place in @json; may be NULL
 *
 * What @json does not name stays as it is, and so does what it names with 0 where that can be no limit:
 * memory (limit, reservation, swap, kernel, kernelTCP) and time of processors (shares, quota, period,
 * realtimeRuntime, realtimePeriod). -1 is no limit. Rules about devices take the place of all that the
 * container had. A member "intelRdt" changes schemata, as linux.intelRdt has them, of a class of service that
 * is the container's alone. Limits on kernel memory are left out, with a warning in the log, where the kernel
 * has none.
 *
 * A failure changes nothing. The configuration that the container was made from stays what it was.
 *
 * Threads: any; contain_wait() and contain_signal() on @c run beside it.
 * Returns: 0; -ESRCH when it is not running; -EOPNOTSUPP when it has no cgroup, or the kernel no such limit;
 *          -EBUSY when more is in use; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_update(contain_t *c, const char *json, size_t size, contain_error_t **err);

#ifdef __cplusplus
}
#endif
#endif
