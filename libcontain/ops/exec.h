/* SPDX-License-Identifier: MIT */
#ifndef CT_OPS_EXEC_H
#define CT_OPS_EXEC_H

/* One more process in a container, and the handle of it. */

#include "ops/handle.h"

#include <contain/process.h>

struct contain_process {
        atomic_uint refs;
        pid_t maker;
        struct contain_ctx *ctx;
        char *id;      /* the container's, for people */
        bool detached; /* lives on when the handle goes */
        int console_fd;

        struct contain_process *next; /* of its context's; under further_lock */
        bool abandoned;               /* has no handle any more; under further_lock */

        pthread_mutex_t look;
        struct ct_child child;
        struct ct_exit exit;
        bool exited;
        int64_t started_nsec, ended_nsec; /* since the epoch */
};

/* What has been read of the caller's options, all borrowed. */
struct ct_exec_request {
        const char *document;
        size_t size;
        unsigned flags;
        unsigned timeout_ms; /* 0: none */
        int stdio[3];
        const int *extra_fds;
        size_t n_extra_fds;
        const char *console_socket;
        const char *const *cgroups; /* ended by NULL; NULL for none */
};

int ct_op_exec(struct contain *c, const struct ct_exec_request *request, struct contain_process **ret,
               contain_error_t **err);
/* The document of the container's own process, changed; malloc'd. @changes NULL: as it is. */
int ct_op_process_json(struct contain *c, const char *changes, size_t size, char **ret,
                       contain_error_t **err);

/* --- exec-process.c ------------------------------------------------------------------------- */

struct contain_process *ct_exec_process_new(struct contain *c, contain_error_t **err);
struct contain_process *ct_exec_process_free(struct contain_process *process);
CT_CLEANUP(struct contain_process, ct_exec_process_free)
/* Its memory and its descriptors only. */
struct contain_process *ct_exec_process_discard(struct contain_process *process);
/* Has it ended? Keeps how. */
bool ct_exec_process_ended(struct contain_process *process);
int ct_exec_process_signal(struct contain_process *process, int signo, contain_error_t **err);
int ct_exec_process_wait(struct contain_process *process, int timeout_ms, contain_exit_t *ret,
                         contain_error_t **err);

/* --- exec-set.c ----------------------------------------------------------------------------- */

/* Among those that ct_further_reap() sees to. */
void ct_further_add(struct contain_process *process);
void ct_further_remove(struct contain_process *process);
/* Hands it over to the context: it was killed, and cannot end before it is thawed, or a file system answers.
 */
void ct_further_abandon(struct contain_process *process);

#endif
