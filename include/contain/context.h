/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_CONTEXT_H
#define CONTAIN_CONTEXT_H

#include <contain/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A context holds what containers share: where their state lives, how cgroups are managed,
 * where log lines go, and caches. Set it up first; once a container has been made from it,
 * the setters answer -EBUSY, and the context can be shared by any number of threads.
 */

/** Levels of log lines, most severe first. */
enum { CONTAIN_LOG_ERROR = 0, CONTAIN_LOG_WARNING = 1, CONTAIN_LOG_INFO = 2, CONTAIN_LOG_DEBUG = 3 };

/**
 * contain_log_fn - receives one log line
 * @userdata: as given to contain_ctx_set_log()
 * @level:    CONTAIN_LOG_ERROR to CONTAIN_LOG_DEBUG
 * @text:     one line without line end, borrowed during the call
 *
 * Called by the thread that called the library, which holds no lock of the context meanwhile.
 * It must not call the library on the container that is being logged about.
 */
typedef void (*contain_log_fn)(void *userdata, int level, const char *text);

/**
 * contain_ctx_new() - make a context with default settings
 * @ret: receives the context, to be freed with contain_ctx_unref()
 * @err: receives the details of a failure; may be NULL
 *
 * Probes nothing yet: the kernel's features are looked up when they are first needed.
 *
 * Threads: any.
 * Returns: 0; -ENOMEM.
 * Since:   1.0
 */
CONTAIN_API int contain_ctx_new(contain_ctx_t **ret, contain_error_t **err);

/**
 * contain_ctx_ref() - take one more reference
 * @ctx: a context
 *
 * Threads: any.
 * Returns: @ctx.
 * Since:   1.0
 */
CONTAIN_API contain_ctx_t *contain_ctx_ref(contain_ctx_t *ctx);

/**
 * contain_ctx_unref() - give a reference back; the last one frees the context
 * @ctx: a context, or NULL
 *
 * Threads: any.
 * Returns: NULL.
 * Since:   1.0
 */
CONTAIN_API contain_ctx_t *contain_ctx_unref(contain_ctx_t *ctx);

/**
 * contain_ctx_set_state_root() - choose the folder under which each container has its state
 * @ctx: a context that no container has been made from
 * @dir: an absolute path; made, with mode 0700, when first needed
 * @err: receives the details of a failure; may be NULL
 *
 * The default is /run/contain for root, $XDG_RUNTIME_DIR/contain for other users and for the root of a
 * user namespace who may not write to /run; where that variable is not set, /run/user/UID/contain if there
 * is such a folder of the caller's, else /tmp/contain-UID.
 *
 * Threads: any, but not while other threads use the context.
 * Returns: 0; -EINVAL for a path that is not absolute; -EBUSY; -ENOMEM.
 * Since:   1.0
 */
CONTAIN_API int contain_ctx_set_state_root(contain_ctx_t *ctx, const char *dir, contain_error_t **err);

/**
 * contain_ctx_set_cgroup_manager() - choose who makes the containers' cgroups
 * @ctx:  a context that no container has been made from
 * @name: "cgroupfs" (the default): the library itself; "systemd": systemd, over D-Bus;
 *        "disabled": nobody, containers stay in the caller's cgroup
 * @err:  receives the details of a failure; may be NULL
 *
 * "systemd" makes a transient scope for each container: through the machine's manager for root, through the
 * caller's own (systemctl --user) for other users and for the root of a user namespace.
 * linux.cgroupsPath is then "SLICE:PREFIX:NAME", for the unit PREFIX-NAME.scope in SLICE, and no path: the
 * runtime-spec leaves its form open. SLICE can be empty, for system.slice, or user.slice of the caller's own
 * manager, and so can PREFIX, with its dash. Without a cgroupsPath the unit is contain-ID.scope in that
 * slice. Annotations "org.systemd.property.NAME" become properties of the unit. libsystemd is loaded when the
 * first container needs it: where there is none, or no systemd runs, making one fails with
 * CONTAIN_E_UNSUPPORTED.
 *
 * Threads: any, but not while other threads use the context.
 * Returns: 0; -EINVAL for another name; -EOPNOTSUPP for a manager this build lacks; -EBUSY.
 * Since:   1.0
 */
CONTAIN_API int contain_ctx_set_cgroup_manager(contain_ctx_t *ctx, const char *name, contain_error_t **err);

/**
 * contain_ctx_set_log() - choose where log lines go
 * @ctx:      a context that no container has been made from
 * @fn:       the function to call, or NULL for none, which is the default
 * @userdata: passed on to @fn
 * @level:    the least severe level that is wanted
 * @err:      receives the details of a failure; may be NULL
 *
 * Failures are returned, not logged; what is logged is what a call survived or did.
 *
 * Threads: any, but not while other threads use the context.
 * Returns: 0; -EINVAL for an unknown level; -EBUSY.
 * Since:   1.0
 */
CONTAIN_API int contain_ctx_set_log(contain_ctx_t *ctx, contain_log_fn fn, void *userdata, int level,
                                    contain_error_t **err);

/**
 * contain_list_json() - list the containers under the context's state root
 * @ctx: a context
 * @ret: receives a JSON array of state objects as contain_state_json() returns them, sorted by
 *       id; free with contain_free()
 * @err: receives the details of a failure; may be NULL
 *
 * A record that cannot be read is logged and left out. Ephemeral containers are not listed.
 *
 * Threads: any.
 * Returns: 0; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_list_json(contain_ctx_t *ctx, char **ret, contain_error_t **err);

/**
 * contain_features_json() - say what this build and this kernel can do
 * @ctx: a context
 * @ret: receives the features document of the runtime-spec (features.md); free with contain_free()
 * @err: receives the details of a failure; may be NULL
 *
 * Threads: any.
 * Returns: 0; -ENOMEM.
 * Since:   1.0
 */
CONTAIN_API int contain_features_json(contain_ctx_t *ctx, char **ret, contain_error_t **err);

/** Flags of contain_default_config(). */
enum {
        CONTAIN_CONFIG_ROOTLESS = 1 << 0, /* a user namespace that maps the caller to root */
        CONTAIN_CONFIG_TERMINAL = 1 << 1, /* process.terminal is true */
        CONTAIN_CONFIG_SUBIDS = 1 << 2    /* as ROOTLESS, and from id 1 on the caller's subordinate ids */
};

/**
 * contain_default_config() - a complete config.json to start from
 * @ctx:    a context
 * @rootfs: root.path of the result; NULL for "rootfs"
 * @argv:   process.args of the result, ended by NULL; NULL for {"sh"}
 * @flags:  CONTAIN_CONFIG_ flags, or 0
 * @ret:    receives the document; free with contain_free()
 * @err:    receives the details of a failure; may be NULL
 *
 * The root file system is read-only; /proc, /dev, /dev/pts, /dev/shm, /dev/mqueue, /sys and
 * /sys/fs/cgroup are mounted; namespaces are new; few capabilities are left.
 * Subordinate ids are those that the files /etc/subuid and /etc/subgid give to the caller, by name or by
 * number; other sources of nsswitch.conf(5) are not asked. A caller without any, or without newuidmap(1) and
 * newgidmap(1), gets an error.
 *
 * Threads: any.
 * Returns: 0; -EINVAL for unknown flags or an empty @argv; -EILSEQ for strings that are not UTF-8; -EPERM or
 *          -ENOENT where there are no subordinate ids to be had; -ENOMEM.
 * Since:   1.0
 */
CONTAIN_API int contain_default_config(contain_ctx_t *ctx, const char *rootfs, const char *const *argv,
                                       unsigned flags, char **ret, contain_error_t **err);

#ifdef __cplusplus
}
#endif
#endif
