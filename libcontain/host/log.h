/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_LOG_H
#define CT_HOST_LOG_H

/* Reading a log that a keeper writes (plan/keeper.h), while it is written, rotated, or overwritten. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

struct ct_log_entry {
        int64_t time_nsec;
        int stream;   /* 1 or 2 */
        bool partial; /* the line goes on in the next entry of that stream */
        bool gap;     /* something before it was gone already */
        const char *text;
        size_t size;
};

struct ct_log;
struct ct_log *ct_log_free(struct ct_log *log);
CT_CLEANUP(struct ct_log, ct_log_free)

/*
 * The log @name in @folder_fd, of up to @files files, from what is its oldest entry now. The descriptor is
 * duplicated.
 */
int ct_log_open_files(int folder_fd, const char *name, unsigned files, struct ct_log **ret);
/* The one in a ring's memfd, which is taken over, also when this fails. */
int ct_log_open_ring(int ring_fd, struct ct_log **ret);

/* 1; 0 when there is nothing more now; -errno. What *ret points to is good until the next call. */
int ct_log_next(struct ct_log *log, struct ct_log_entry *ret);

#endif
