/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_PROCESS_H
#define CONTAIN_PROCESS_H

#include <contain/container.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One more process in a container that is there: contain_exec(), and the handle of what it has started.
 *
 * What the process is comes as a document: the object that is "process" in a config.json (runtime-spec,
 * config.md). contain_process_json() makes one from the container's own.
 */

/** Flags of contain_exec(). */
enum {
        /*
         * It lives on when its handle goes; else it is killed then. It is not the caller's child, so that how
         * it ended is known from Linux 6.15 on only, or to the subreaper who has it.
         */
        CONTAIN_EXEC_DETACH = 1 << 0,
        CONTAIN_EXEC_IGNORE_PAUSED = 1 << 1 /* in a paused container, wait until that is resumed */
};

/** What contain_exec() can be told besides the document. All zero but for the size: nothing. */
typedef struct contain_exec_options {
        size_t size;      /* sizeof(contain_exec_options_t), set by the caller */
        uint32_t flags;   /* CONTAIN_EXEC_ flags */
        uint32_t n_fds;   /* how many descriptors there are in fds */
        const int *fds;   /* become 3, 4 and so on; at most 128 */
        const int *stdio; /* three descriptors, -1 for the caller's own; NULL for those all */
        /* Receives the terminal, as contain_set_console_socket() has it; or NULL. */
        const char *console_socket;
        /*
         * Below the container's, ended by NULL: "a/b" for all hierarchies, "cpu,memory:a/b" for those of
         * version 1; or NULL.
         */
        const char *const *cgroups;
        uint32_t timeout_ms; /* how long it may take until the program runs; 0 for as long as it takes */
        uint32_t reserved;   /* 0 */
} contain_exec_options_t;

/**
 * contain_process_json() - make the document of a further process from that of the container's own
 * @c:       a container that has been created
 * @changes: a JSON object with what is to be different; NULL for nothing
 * @size:    its length in bytes
 * @ret:     receives the document; free with contain_free()
 * @err:     receives the details of a failure; may be NULL
 *
 * A member of @changes takes the place of the one of its name, in objects within as well, and null takes one
 * away. What is in env, user.additionalGids and the lists of capabilities is added to those.
 *
 * Threads: any.
 * Returns: 0; -EINVAL for changes that are no object, or when the container has no process; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_process_json(contain_t *c, const char *changes, size_t size, char **ret,
                                     contain_error_t **err);

/**
 * contain_exec() - run one more program in a container
 * @c:       a container that is created, or runs
 * @process: the document of the process
 * @size:    its length in bytes
 * @options: what else is wanted; its size must be set; NULL for nothing
 * @ret:     receives the handle of the process, to be freed with contain_process_unref()
 * @err:     receives the details of a failure, with its place in the document; may be NULL
 *
 * Like execve(2): the program runs when this returns 0, and otherwise there is no process. It is in all of
 * the namespaces and cgroups of the container's process, under the seccomp filter of its configuration, and
 * confined as that one is in whatever the document does not say: capabilities, noNewPrivileges, labels,
 * rlimits, oomScoreAdj, scheduler, ioPriority, execCPUAffinity.
 *
 * What runs in the container can stop the new process on its way, and a file system can take its time: who
 * must not wait for either sets a timeout.
 *
 * Threads: any, in parallel with every other call on @c.
 * Returns: 0; -ESRCH when the container has ended; -EINVAL when it is paused, or for a document that is not
 *          valid; -ENOENT, -EACCES and the like when the program cannot be executed; -ETIMEDOUT; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_exec(contain_t *c, const char *process, size_t size,
                             const contain_exec_options_t *options, contain_process_t **ret,
                             contain_error_t **err);

/**
 * contain_process_ref() - take one more reference
 * @process: a process
 *
 * Threads: any, beside any other call.
 * Returns: @process.
 * Since:   1.0
 */
CONTAIN_API contain_process_t *contain_process_ref(contain_process_t *process);

/**
 * contain_process_unref() - give a reference back; the last one frees the handle
 * @process: a process, or NULL
 *
 * A process that was not started with CONTAIN_EXEC_DETACH, and still runs, is killed then.
 *
 * Threads: any.
 * Returns: NULL.
 * Since:   1.0
 */
CONTAIN_API contain_process_t *contain_process_unref(contain_process_t *process);

/**
 * contain_process_signal() - send a signal to the process
 * @process: a process
 * @signo:   signal number, 1 to SIGRTMAX
 * @err:     receives the details of a failure; may be NULL
 *
 * Threads: any, in parallel with every other call on @process.
 * Returns: 0; -ESRCH if it has ended; -EINVAL for a bad @signo.
 * Since:   1.0
 */
CONTAIN_API int contain_process_signal(contain_process_t *process, int signo, contain_error_t **err);

/**
 * contain_process_wait() - wait until the process has ended
 * @process:    a process
 * @timeout_ms: how long to wait, in milliseconds; -1 for ever; 0 only asks
 * @ret:        receives how it ended; its size must be set; may be NULL
 * @err:        receives the details of a failure; may be NULL
 *
 * Asking again gives the same answer. Before it is asked, the process is a zombie, without whose end the
 * kernel does not let the container's own process end: contain_wait(), contain_destroy() and the like, of any
 * container of the same context, see to that, but nobody who only polls contain_pidfd().
 *
 * Threads: any, in parallel with every other call on @process.
 * Returns: 0; -ETIMEDOUT.
 * Since:   1.0
 */
CONTAIN_API int contain_process_wait(contain_process_t *process, int timeout_ms, contain_exit_t *ret,
                                     contain_error_t **err);

/**
 * contain_process_resize() - set the size of the process's terminal
 * @process: a process with a terminal that was not sent to a console socket
 * @rows:    its height in characters
 * @columns: its width
 * @err:     receives the details of a failure; may be NULL
 *
 * Threads: any, in parallel with every other call on @process.
 * Returns: 0; -ENOTTY when there is none here; -EINVAL for a size that no terminal can have.
 * Since:   1.0
 */
CONTAIN_API int contain_process_resize(contain_process_t *process, uint32_t rows, uint32_t columns,
                                       contain_error_t **err);

/**
 * contain_process_pid() - the pid of the process, as the caller sees it
 * @process: a process
 *
 * For display: a pid can be another process's by the time it is used. Use contain_process_pidfd().
 *
 * Threads: any, in parallel with every other call on @process.
 * Returns: the pid, also of one that has ended.
 * Since:   1.0
 */
CONTAIN_API int contain_process_pid(contain_process_t *process);

/**
 * contain_process_pidfd() - the process as a descriptor (pidfd_open(2))
 * @process: a process
 * @err:     receives the details of a failure; may be NULL
 *
 * Threads: any, in parallel with every other call on @process.
 * Returns: a new descriptor, also of a process that has ended; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_process_pidfd(contain_process_t *process, contain_error_t **err);

/**
 * contain_process_console_fd() - the master end of the process's terminal
 * @process: a process with a terminal that was not sent to a console socket
 * @err:     receives the details of a failure; may be NULL
 *
 * Threads: any, in parallel with every other call on @process.
 * Returns: a new descriptor; -ENOTTY when there is none here.
 * Since:   1.0
 */
CONTAIN_API int contain_process_console_fd(contain_process_t *process, contain_error_t **err);

/**
 * contain_process_event_fd() - a descriptor that becomes readable when the process has ended
 * @process: a process
 * @err:     receives the details of a failure; may be NULL
 *
 * Poll it in any loop (POLLIN), then call contain_process_wait(); never read from it.
 *
 * Threads: any, in parallel with every other call on @process.
 * Returns: a new descriptor; -errno.
 * Since:   1.0
 */
CONTAIN_API int contain_process_event_fd(contain_process_t *process, contain_error_t **err);

#ifdef __cplusplus
}
#endif
#endif
