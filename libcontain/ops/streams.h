/* SPDX-License-Identifier: MIT */
#ifndef CT_OPS_STREAMS_H
#define CT_OPS_STREAMS_H

/* What a kept container's clients hold: a connection with its streams, a reader of its log. */

#include "host/log.h"
#include "ops/keep.h"

struct contain_attachment {
        pid_t maker;
        int socket_fd; /* the streams are ours for as long as this is open */
        int fds[3];    /* until they are taken */
};

struct contain_attachment *ct_attach_free(struct contain_attachment *attach);
CT_CLEANUP(struct contain_attachment, ct_attach_free)
int ct_op_attach(struct contain *c, unsigned flags, struct contain_attachment **ret, contain_error_t **err);
int ct_op_attach_lost(struct contain_attachment *attach, uint64_t *ret, contain_error_t **err);
int ct_op_resize(struct contain *c, unsigned rows, unsigned columns, contain_error_t **err);

struct contain_log {
        pid_t maker;
        struct ct_log *log;
        int socket_fd; /* of the keeper, when following, or for the ring; -1: nothing more will come */
        bool follows;  /* more may come */
        bool asked;    /* the keeper is going to tell of more */
        uint64_t seen; /* what it has told */
        bool unfinished[2], skipped[2]; /* the last line of each stream */
        uint64_t skip;                  /* lines to pass over */
        int64_t since_nsec;
};

struct contain_log *ct_logs_free(struct contain_log *logs);
CT_CLEANUP(struct contain_log, ct_logs_free)
int ct_op_logs(struct contain *c, const contain_logs_options_t *options, struct contain_log **ret,
               contain_error_t **err);
int ct_op_logs_next(struct contain_log *logs, int timeout_ms, contain_log_entry_t *ret,
                    contain_error_t **err);

#endif
