/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_REQUEST_H
#define CONTAIN_REQUEST_H

#include <contain/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What is asked for before a container is created: its configuration (contain_load_*), what the caller adds
 * to that (contain_set_*), and what would come of it.
 */

/**
 * contain_load_bundle() - read the configuration from a bundle
 * @c:   a container that has not been created
 * @dir: a folder with a config.json (runtime-spec, bundle.md)
 * @err: receives the details of a failure, with its place; may be NULL
 *
 * Threads: any.
 * Returns: 0; -EINVAL for a configuration that is not valid; -EBUSY once created; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_load_bundle(contain_t *c, const char *dir, contain_error_t **err);

/**
 * contain_load_config() - take the configuration from memory
 * @c:    a container that has not been created
 * @json: a config.json document (runtime-spec, config.md)
 * @len:  its length in bytes; at most 4 MiB
 * @dir:  the folder that relative paths in it start from; NULL for the working directory
 * @err:  receives the details of a failure, with its place; may be NULL
 *
 * Threads: any.
 * Returns: 0; -EINVAL for a configuration that is not valid; -EBUSY once created; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_load_config(contain_t *c, const char *json, size_t len, const char *dir,
                                    contain_error_t **err);

/**
 * contain_load_rootfs() - run a command in a root file system, with the default configuration
 * @c:      a container that has not been created
 * @rootfs: the folder that becomes "/"; "/" is the host's own, read-only
 * @argv:   the command, ended by NULL
 * @err:    receives the details of a failure; may be NULL
 *
 * The same as contain_load_config() of what contain_default_config() returns, with a private
 * /tmp added, and as a rootless container when the caller is not root.
 *
 * Threads: any.
 * Returns: 0; -EINVAL; -EBUSY once created; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_load_rootfs(contain_t *c, const char *rootfs, const char *const *argv,
                                    contain_error_t **err);

/** Flags of contain_set_flags(). */
enum {
        CONTAIN_EPHEMERAL = 1 << 0,     /* no file on disk; gone with its last handle or its host */
        CONTAIN_NO_PIVOT = 1 << 1,      /* move the root instead of pivot_root(2): for ramdisk hosts */
        CONTAIN_NO_NEW_KEYRING = 1 << 2 /* keep the caller's session keyring */
};

/**
 * contain_set_flags() - choose how the container is made
 * @c:     a container that has not been created
 * @flags: CONTAIN_EPHEMERAL and the like; replaces what was set before
 * @err:   receives the details of a failure; may be NULL
 *
 * Threads: any.
 * Returns: 0; -EINVAL for unknown flags; -EBUSY once created.
 * Since:   1.0
 */
CONTAIN_API int contain_set_flags(contain_t *c, unsigned flags, contain_error_t **err);

/**
 * contain_set_stdio() - choose the standard streams of the container's process
 * @c:         a container that has not been created
 * @stdin_fd:  a descriptor, or -1 for the caller's own
 * @stdout_fd: a descriptor, or -1 for the caller's own
 * @stderr_fd: a descriptor, or -1 for the caller's own
 * @err:       receives the details of a failure; may be NULL
 *
 * Streams the caller does not have open, or has close-on-exec, become /dev/null. Without effect
 * on a container with a terminal.
 *
 * Threads: any.
 * Returns: 0; -EBADF for a descriptor that is not open; -EBUSY once created.
 * Since:   1.0
 */
CONTAIN_API int contain_set_stdio(contain_t *c, int stdin_fd, int stdout_fd, int stderr_fd,
                                  contain_error_t **err);

/**
 * contain_add_fd() - pass one more descriptor to the container's process
 * @c:   a container that has not been created
 * @fd:  an open descriptor
 * @err: receives the details of a failure; may be NULL
 *
 * The first one added becomes number 3 inside, the next 4, and so on; at most 128. Nothing
 * else that the caller has open is visible inside, whether or not it is close-on-exec.
 *
 * Threads: any.
 * Returns: the number inside; -EBADF; -E2BIG; -EBUSY once created.
 * Since:   1.0
 */
CONTAIN_API int contain_add_fd(contain_t *c, int fd, contain_error_t **err);

/**
 * contain_set_rootfs_fd() - give the root file system as a descriptor
 * @c:   a container that has not been created
 * @fd:  a folder, opened with or without O_PATH, or a detached mount from open_tree(2) or fsmount(2)
 * @err: receives the details of a failure; may be NULL
 *
 * Takes the place of root.path.
 *
 * Threads: any.
 * Returns: 0; -EBADF; -ENOTDIR; -EBUSY once created.
 * Since:   1.0
 */
CONTAIN_API int contain_set_rootfs_fd(contain_t *c, int fd, contain_error_t **err);

/**
 * contain_set_namespace_fd() - give a namespace to join as a descriptor
 * @c:    a container that has not been created
 * @type: "pid", "network", "mount", "ipc", "uts", "user", "cgroup" or "time"
 * @fd:   the namespace, such as an opened /proc/PID/ns file
 * @err:  receives the details of a failure; may be NULL
 *
 * Takes the place of what linux.namespaces says about that type.
 *
 * Threads: any.
 * Returns: 0; -EINVAL for an unknown type or a namespace of another type; -EBADF; -EBUSY once created.
 * Since:   1.0
 */
CONTAIN_API int contain_set_namespace_fd(contain_t *c, const char *type, int fd, contain_error_t **err);

/**
 * contain_set_console_socket() - choose where the terminal is sent to
 * @c:    a container that has not been created
 * @path: a listening AF_UNIX stream socket, which receives the terminal's master end as
 *        SCM_RIGHTS when the container is created; NULL to keep it for contain_console_fd()
 * @err:  receives the details of a failure; may be NULL
 *
 * Threads: any.
 * Returns: 0; -ENAMETOOLONG; -EBUSY once created.
 * Since:   1.0
 */
CONTAIN_API int contain_set_console_socket(contain_t *c, const char *path, contain_error_t **err);

/**
 * contain_set_seccomp_socket() - choose where the seccomp notification descriptor is sent to
 * @c:   a container that has not been created
 * @fd:  a connected AF_UNIX socket: takes the place of linux.seccomp.listenerPath and receives
 *       the same message (runtime-spec, config-linux.md, "The Container Process State")
 * @err: receives the details of a failure; may be NULL
 *
 * Threads: any.
 * Returns: 0; -EBADF; -ENOTSOCK; -EBUSY once created.
 * Since:   1.0
 */
CONTAIN_API int contain_set_seccomp_socket(contain_t *c, int fd, contain_error_t **err);

/**
 * contain_set_listen_fds() - say which of the added descriptors are sockets to serve
 * @c:     a container that has not been created
 * @n:     how many of the first ones that contain_add_fd() added; 0 for none
 * @names: their names, with colons between them; NULL for none
 * @err:   receives the details of a failure; may be NULL
 *
 * Its program finds LISTEN_FDS, LISTEN_FDNAMES and LISTEN_PID, its own pid as it sees it, in its
 * environment, as sd_listen_fds(3) expects them.
 *
 * Threads: any.
 * Returns: 0; -E2BIG; -EBUSY once created.
 * Since:   1.0
 */
CONTAIN_API int contain_set_listen_fds(contain_t *c, unsigned n, const char *names, contain_error_t **err);

/**
 * contain_set_notify_socket() - say who wants to know when the program is ready
 * @c:    a container that has not been created; or one that was created with such a socket and
 *        has not been started
 * @path: the service manager's socket: an absolute path, or an at sign and an abstract name,
 *        as in NOTIFY_SOCKET; NULL for nobody
 * @err:  receives the details of a failure; may be NULL
 *
 * The container gets a socket of its own at /run/notify/notify.sock, and NOTIFY_SOCKET says so in
 * its environment (sd_notify(3)). What comes in on it is passed on by contain_notify_forward().
 * Not for ephemeral containers.
 *
 * Threads: any.
 * Returns: 0; -EINVAL; -ENAMETOOLONG; -EBUSY once started.
 * Since:   1.0
 */
CONTAIN_API int contain_set_notify_socket(contain_t *c, const char *path, contain_error_t **err);

/**
 * contain_plan_json() - print the program that would make the container
 * @c:   a container with a configuration
 * @ret: receives a JSON document: the ordered steps, each with the place in the configuration
 *       that it comes from, and the descriptors that they need; free with contain_free()
 * @err: receives the details of a failure, with its place; may be NULL
 *
 * Runs nothing and needs no privilege.
 *
 * Threads: any.
 * Returns: 0; -EINVAL for a configuration that cannot be carried out; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_plan_json(contain_t *c, char **ret, contain_error_t **err);

/**
 * contain_check() - list all that keeps a configuration from becoming a container here
 * @c:      a container, whose settings count as for contain_create(); it is not changed
 * @config: a config.json document; NULL for the one in @dir
 * @size:   its length in bytes; at most 4 MiB
 * @dir:    the bundle; NULL for the working directory
 * @ret:    receives a JSON document: { "problems": [ { "pointer", "cause", "sentence", "hint", "message",
 *          "step", "code", "errno" } ] }, each as the functions of error.h have it, with the causes
 *          "config", "kernel", "privilege", "build", "other"; free with contain_free()
 * @err:    receives the details of a failure of the check itself; may be NULL
 *
 * Goes on after a problem, to all of the others: those of the configuration itself, what it names
 * and is not there, what this kernel or this build lacks, what this caller may not do. Nothing is
 * made or changed, and no privilege is needed. That nothing is found is no promise: hooks may fail,
 * files may change, and there are things that only doing them tells.
 *
 * Threads: any.
 * Returns: the number of problems, also when there is no readable configuration; -EINVAL for a
 *          missing argument; -ENOMEM.
 * Since:   1.0
 */
CONTAIN_API int contain_check(contain_t *c, const char *config, size_t size, const char *dir, char **ret,
                              contain_error_t **err);

#ifdef __cplusplus
}
#endif
#endif
