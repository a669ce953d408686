/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_LOG_SOURCE_H
#define CT_HOST_LOG_SOURCE_H

/* Where a log's bytes come from: for host/log*.c only. */

#include "host/log.h"

#include <sys/types.h>

/* What comes with bytes that are not the continuation of those before. */
enum ct_log_break {
        CT_LOG_ON,   /* it is */
        CT_LOG_NEXT, /* the next file: what was unfinished before stays so */
        CT_LOG_GAP,  /* something was missed; a line begins here */
        CT_LOG_TORN  /* the same, in the middle of a line */
};

struct ct_log_files {
        int folder_fd;
        char *name;
        unsigned n;
        int fd; /* the file that is read; -1: none yet */
        dev_t device;
        ino_t inode;
};

struct ct_log_ring {
        int fd;
        uint64_t size;
        uint64_t at; /* bytes from the very first */
};

/* Reads up to @size bytes; 0 when there are none now. */
ssize_t ct_log_files_read(struct ct_log_files *files, char *bytes, size_t size, enum ct_log_break *ret);
ssize_t ct_log_ring_read(struct ct_log_ring *ring, char *bytes, size_t size, enum ct_log_break *ret);

#endif
