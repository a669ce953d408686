/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_CONTAINER_H
#define CONTAIN_CONTAINER_H

#include <contain/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The life of a container (runtime-spec, runtime.md):
 *
 *      contain_new -> contain_load_* -> contain_set_* -> contain_create
 *                  -> contain_start -> contain_wait -> contain_destroy -> contain_unref
 *
 * Any other process takes part by contain_open().
 */

/* --- making and freeing handles ------------------------------------------------------------ */

/**
 * contain_new() - make the handle of a container that does not exist yet
 * @ret: receives the handle, to be freed with contain_unref()
 * @ctx: the context, of which the handle keeps a reference; NULL for one with default settings
 * @id:  the container's name: a letter, a digit, '_', '+' or '-', then up to 254 of these
 *       and '.'; NULL for a random one
 * @err: receives the details of a failure; may be NULL
 *
 * Nothing is made on disk: whether the id is free is found out by contain_create().
 *
 * Threads: any.
 * Returns: 0; -EINVAL for an id that is not valid; -ENOMEM.
 * Since:   1.0
 */
CONTAIN_API int contain_new(contain_t **ret, contain_ctx_t *ctx, const char *id, contain_error_t **err);

/**
 * contain_open() - make a handle of a container that exists
 * @ret: receives the handle, to be freed with contain_unref()
 * @ctx: the context, of which the handle keeps a reference; NULL for one with default settings
 * @id:  the container's name
 * @err: receives the details of a failure; may be NULL
 *
 * Threads: any.
 * Returns: 0; -EINVAL for an id that is not valid; -ENOENT when there is no such container;
 *          -EBADMSG when its record is damaged.
 * Since:   1.0
 */
CONTAIN_API int contain_open(contain_t **ret, contain_ctx_t *ctx, const char *id, contain_error_t **err);

/**
 * contain_ref() - take one more reference
 * @c: a container
 *
 * Threads: any, beside any other call.
 * Returns: @c.
 * Since:   1.0
 */
CONTAIN_API contain_t *contain_ref(contain_t *c);

/**
 * contain_unref() - give a reference back; the last one frees the handle
 * @c: a container, or NULL
 *
 * The container itself lives on, unless it is ephemeral: then it is killed and removed, which
 * can block for as long as the kernel takes to end its processes.
 *
 * Threads: any.
 * Returns: NULL.
 * Since:   1.0
 */
CONTAIN_API contain_t *contain_unref(contain_t *c);

/**
 * contain_id() - the container's id
 * @c: a container
 *
 * Threads: any, beside any other call.
 * Returns: the id, borrowed while the handle lives.
 * Since:   1.0
 */
CONTAIN_API const char *contain_id(contain_t *c);

/* --- the life cycle ------------------------------------------------------------------------ */

/**
 * contain_create() - make the container, up to but not including the user's program
 * @c:   a container with a configuration
 * @err: receives the details of a failure, with its place; may be NULL
 *
 * Blocks until the container is created, hooks included. On failure nothing is left behind
 * and the handle can be used again.
 *
 * Threads: any; contain_wait() and contain_signal() on @c run beside it.
 * Returns: 0; -EEXIST when the id is taken; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_create(contain_t *c, contain_error_t **err);

/**
 * contain_start() - run the user's program in a created container
 * @c:   a container
 * @err: receives the details of a failure; may be NULL
 *
 * Returns when the program has been executed or could not be, and after the poststart hooks.
 *
 * Threads: any; contain_wait() and contain_signal() on @c run beside it.
 * Returns: 0; -EINVAL when it is not in status "created", or was created without a process; -ENOENT when
 *          it has been removed;
 *          -ENOENT, -EACCES and the like when the program cannot be executed, after which the container
 *          is stopped.
 * Since:   1.0
 */
CONTAIN_API int contain_start(contain_t *c, contain_error_t **err);

/**
 * contain_notify_fd() - poll for what the program says of itself
 * @c:   a container that was started with contain_set_notify_socket()
 * @err: receives the details of a failure; may be NULL
 *
 * Readable (POLLIN) when there is something for contain_notify_forward(); nothing is to be read from it
 * otherwise. Only the process that started the container has it.
 *
 * Threads: any.
 * Returns: a descriptor, close-on-exec, for the caller to close; -ENOTCONN when nobody listens here.
 * Since:   1.0
 */
CONTAIN_API int contain_notify_fd(contain_t *c, contain_error_t **err);

/**
 * contain_notify_forward() - pass on what the program says of itself
 * @c:            a container that was started with contain_set_notify_socket()
 * @main_process: 1 to tell with READY=1 that the container's process is the service's main one, for callers
 *                that end before it; 0 for callers that stay
 * @err:          receives the details of a failure; may be NULL
 *
 * What concerns the state of the program itself is passed on, such as READY, STATUS, WATCHDOG and
 * barriers; other variables are left out. Does not wait for the program. When READY=1 was passed on, waits
 * up to 5 seconds until the service manager has read it: the caller may end then.
 *
 * Threads: any.
 * Returns: 1 once READY=1 was passed on, by this call or one before; 0; -ENOTCONN; -errno when the service
 *          manager cannot be reached.
 * Since:   1.0
 */
CONTAIN_API int contain_notify_forward(contain_t *c, int main_process, contain_error_t **err);

/** Flags of contain_signal(). */
enum {
        CONTAIN_SIGNAL_ALL = 1 << 0 /* every process in the container, not only the first */
};

/**
 * contain_signal() - send a signal to the container's process
 * @c:      a container
 * @signo:  signal number, 1 to SIGRTMAX
 * @flags:  CONTAIN_SIGNAL_ flags, or 0
 * @err:    receives the details of a failure; may be NULL
 *
 * Goes through the pidfd, so it never reaches a recycled pid. Returns when the signal is
 * queued, not when it has taken effect; see contain_wait() for the exit.
 *
 * Threads: any, in parallel with every other call on @c.
 * Returns: 0; -ESRCH if the process has ended; -EINVAL for a bad @signo.
 * Since:   1.0
 */
CONTAIN_API int contain_signal(contain_t *c, int signo, unsigned flags, contain_error_t **err);

/**
 * contain_stop_signal() - the signal that the container asks to be ended with
 * @c:   a container that has been created
 * @err: receives the details of a failure; may be NULL
 *
 * What the annotation org.opencontainers.image.stopSignal of its configuration says, which image tools copy
 * from the image; SIGTERM when it says nothing. Only tells: contain_signal() sends.
 *
 * Threads: any, in parallel with every other call on @c.
 * Returns: the signal's number; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_stop_signal(contain_t *c, contain_error_t **err);

/**
 * contain_signal_number() - the number of a signal that is given as text
 * @name: "TERM", "SIGTERM", "SIGRTMIN+3", "RTMAX-1", in any case, or a number
 * @err:  receives the details of a failure; may be NULL
 *
 * Threads: any.
 * Returns: 1 to SIGRTMAX; -EINVAL for what is none.
 * Since:   1.0
 */
CONTAIN_API int contain_signal_number(const char *name, contain_error_t **err);

/** How a container's process ended. */
typedef struct contain_exit {
        size_t size;   /* sizeof(contain_exit_t), set by the caller */
        int32_t known; /* 1: code, signo and core are right; 0: the status was taken by another process */
        int32_t code;  /* exit code, or -1 when it was ended by a signal */
        int32_t signo; /* signal that ended it, or 0 */
        int32_t core;  /* 1: it left a core dump */
        int32_t oom;   /* 1: the kernel has killed a process in its cgroup for want of memory */
        int64_t started_nsec; /* when it was started: nanoseconds since the epoch; 0 when not known */
        int64_t ended_nsec;   /* when it had ended, as noticed by who tells: by its keeper, at once */
} contain_exit_t;

/**
 * contain_wait() - wait until the container's process has ended
 * @c:          a container that has been created
 * @timeout_ms: how long to wait, in milliseconds; -1 for ever; 0 only asks
 * @ret:        receives how it ended; its size must be set; may be NULL
 * @err:        receives the details of a failure; may be NULL
 *
 * Asking again gives the same answer. The status itself is known to the process that created
 * the container, and on Linux 6.15 or later to any process that had it open when it ended. With a
 * keeper (contain_set_keeper()) it is known to everybody, for as long as the container exists.
 *
 * Threads: any, in parallel with every other call on @c.
 * Returns: 0; -ETIMEDOUT; -EINVAL when there is no process yet; -ECHILD when it had ended before
 *          this handle was opened, so that nobody can tell how.
 * Since:   1.0
 */
CONTAIN_API int contain_wait(contain_t *c, int timeout_ms, contain_exit_t *ret, contain_error_t **err);

/**
 * contain_pause() - freeze every process in the container
 * @c:   a container that has been created or started
 * @err: receives the details of a failure; may be NULL
 *
 * Returns when all of them stand still. One that cannot be stopped, as it waits for a disk, makes the call
 * give up after 10 seconds: then nothing is frozen. Signals are kept until contain_resume(), but for
 * SIGKILL, with which contain_signal() thaws.
 *
 * Threads: any; contain_wait() and contain_signal() on @c run beside it.
 * Returns: 0; -ESRCH when it is not running; -EALREADY when it is paused; -EOPNOTSUPP when it has no cgroup;
 *          -ETIMEDOUT; -EDEADLK when the caller is in the container; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_pause(contain_t *c, contain_error_t **err);

/**
 * contain_resume() - let a paused container go on
 * @c:   a container
 * @err: receives the details of a failure; may be NULL
 *
 * Threads: any; contain_wait() and contain_signal() on @c run beside it.
 * Returns: 0; -ESRCH when it is not running; -EALREADY when it is not paused; -ETIMEDOUT when a cgroup above
 *          its own is frozen; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_resume(contain_t *c, contain_error_t **err);

/**
 * contain_exit_fd() - a descriptor to wait on for the end of the container's process, in any loop
 * @c:   a container that has been created
 * @err: receives the details of a failure; may be NULL
 *
 * Readable (POLLIN) when the process may have ended: call contain_wait() with no timeout then, and poll on
 * when it still runs; never read from it. Unlike contain_pidfd(), it also becomes readable for processes of
 * contain_exec() that have ended and that nobody has waited for: the kernel does not let the first process of
 * a pid namespace end before them, and contain_wait() sees to it. It tells nothing any more once the handle
 * has been freed.
 *
 * Threads: any, in parallel with every other call on @c.
 * Returns: a new descriptor, close-on-exec; -ESRCH when there is no process.
 * Since:   1.0
 */
CONTAIN_API int contain_exit_fd(contain_t *c, contain_error_t **err);

/** Flags of contain_destroy(). */
enum {
        CONTAIN_DESTROY_FORCE = 1 << 0 /* kill what runs first, and clean up what a crash left */
};

/**
 * contain_destroy() - remove the container and all that was made for it
 * @c:     a container
 * @flags: CONTAIN_DESTROY_ flags, or 0
 * @err:   receives the details of a failure; may be NULL
 *
 * A container that is stopped, or created and not started, is removed; one that runs is removed
 * with CONTAIN_DESTROY_FORCE only. Poststop hooks run last; their failures are logged.
 *
 * Threads: any.
 * Returns: 0; -EBUSY when it runs; -ENOENT when there is nothing to remove, or when another container has
 *          the id since; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_destroy(contain_t *c, unsigned flags, contain_error_t **err);

/**
 * contain_become() - replace the calling process by the container's process
 * @c:   a container with a configuration
 * @err: receives the details of a failure; may be NULL
 *
 * Like execve(2): same pid, same parent, no child; on success it does not return, and all other
 * threads of the process are gone. Mounts vanish with the process. A new pid namespace, a
 * terminal, and hooks that run outside of the container are refused, as there is nobody left
 * to see to them. When a step fails after the point of no return, the process prints the
 * failure on standard error and exits with status 125, or 126 or 127 when the program cannot
 * be executed or found.
 *
 * Threads: any.
 * Returns: -errno, only on failure.
 * Since:   1.0
 */
CONTAIN_API int contain_become(contain_t *c, contain_error_t **err);

/* --- looking at it ------------------------------------------------------------------------- */

/** Status of a container (runtime-spec, runtime.md, "State"). */
enum {
        CONTAIN_STATUS_NONE = 0, /* not created, or destroyed */
        CONTAIN_STATUS_CREATING = 1,
        CONTAIN_STATUS_CREATED = 2,
        CONTAIN_STATUS_RUNNING = 3,
        CONTAIN_STATUS_STOPPED = 4,
        CONTAIN_STATUS_PAUSED = 5
};

/**
 * contain_status() - the container's status now
 * @c:   a container
 * @err: receives the details of a failure; may be NULL
 *
 * Threads: any, in parallel with every other call on @c.
 * Returns: a CONTAIN_STATUS_ value; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_status(contain_t *c, contain_error_t **err);

/**
 * contain_state_json() - the container's state
 * @c:   a container that has been created
 * @ret: receives the state object of the runtime-spec (runtime.md, "State"), with the members
 *       rootfs, created and owner besides; free with contain_free()
 * @err: receives the details of a failure; may be NULL
 *
 * Threads: any, in parallel with every other call on @c.
 * Returns: 0; -ENOENT when it does not exist; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_state_json(contain_t *c, char **ret, contain_error_t **err);

/**
 * contain_pid() - the pid of the container's process, as the caller sees it
 * @c: a container
 *
 * For display: a pid can be another process's by the time it is used. Use contain_pidfd().
 *
 * Threads: any, in parallel with every other call on @c.
 * Returns: the pid; 0 when there is none.
 * Since:   1.0
 */
CONTAIN_API int contain_pid(contain_t *c);

/**
 * contain_pidfd() - the container's process as a descriptor (pidfd_open(2))
 * @c:   a container that has been created
 * @err: receives the details of a failure; may be NULL
 *
 * To wait for its end in a program that also calls contain_exec(), poll contain_exit_fd().
 *
 * Threads: any, in parallel with every other call on @c.
 * Returns: a new descriptor, also of a process that has ended; -ESRCH when there is none.
 * Since:   1.0
 */
CONTAIN_API int contain_pidfd(contain_t *c, contain_error_t **err);

/**
 * contain_console_fd() - the master end of the container's terminal
 * @c:   a container that this handle created, with process.terminal and without a console socket
 * @err: receives the details of a failure; may be NULL
 *
 * Threads: any.
 * Returns: a new descriptor; -ENOTTY when there is none.
 * Since:   1.0
 */
CONTAIN_API int contain_console_fd(contain_t *c, contain_error_t **err);

/** What an event tells. */
enum {
        CONTAIN_EVENT_CREATED = 1,
        CONTAIN_EVENT_STARTED = 2,
        CONTAIN_EVENT_EXITED = 3, /* contain_wait() returns at once from here on */
        CONTAIN_EVENT_OOM = 4,    /* the kernel killed a process for want of memory */
        CONTAIN_EVENT_DESTROYED = 5,
        CONTAIN_EVENT_PAUSED = 6,
        CONTAIN_EVENT_RESUMED = 7
};

/**
 * contain_event_fd() - a descriptor that becomes readable when something happened
 * @c:   a container
 * @err: receives the details of a failure; may be NULL
 *
 * Poll it in any loop (POLLIN), then call contain_event_next(); never read from it. What others do to the
 * container is told, too, when the kernel tells it: that is so of its end and of OOM, and on cgroup v2 of
 * pauses. On v1, another process's pause does not wake the descriptor, but is among the next events. A
 * handle of contain_open() is told of what happens after the first call.
 *
 * Threads: any, in parallel with every other call on @c.
 * Returns: a new descriptor; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_event_fd(contain_t *c, contain_error_t **err);

/**
 * contain_event_next() - take the next event
 * @c:   a container
 * @err: receives the details of a failure; may be NULL
 *
 * Never blocks. Each event is given once per handle, in the order in which they happened.
 *
 * Threads: any, in parallel with every other call on @c.
 * Returns: a CONTAIN_EVENT_ value; 0 when there is none; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_event_next(contain_t *c, contain_error_t **err);

#ifdef __cplusplus
}
#endif
#endif
