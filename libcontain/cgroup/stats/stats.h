/* SPDX-License-Identifier: MIT */
#ifndef CT_CGROUP_STATS_STATS_H
#define CT_CGROUP_STATS_STATS_H

/*
 * What the files of stats/ share: where a container's numbers are, how the kernel writes them, and how they
 * go into the document. A file that is missing, or whose text is not understood, has its members left out;
 * running out of memory is the buffer's failure.
 */

#include "cgroup/internal.h"

#include "base/buf.h"

/* The container's folders: open, so that its cgroup may be removed, and its handle used, meanwhile. */
struct ct_cgroup_stats {
        const struct ct_cgroup_layout *layout;
        int *fds; /* one per hierarchy, negative for none */
};

/* The folder of the hierarchy that has the v1 controller, or v2's folder if there is one and no v1. -1: none.
 */
int ct_stats_v1(const struct ct_cgroup_stats *stats, const char *controller);
int ct_stats_v2(const struct ct_cgroup_stats *stats);

/* --- values.c: the kernel's texts ------------------------------------------------------------- */

/* Reads a file; NULL when there is none, and @buf's failure when there is no memory for it. */
char *ct_stats_read(int fd, const char *file, struct ct_buf *buf);

/* One decimal number and nothing else; "max" is UINT64_MAX. */
bool ct_stats_number(const char *word, uint64_t *ret);
/* The number that a file is, or the one of the line "KEY NUMBER" in it. */
bool ct_stats_read_number(int fd, const char *file, struct ct_buf *buf, uint64_t *ret);
bool ct_stats_find(const char *text, const char *key, uint64_t *ret);

/* Cuts the next line off, or the next word; NULL after the last. */
char *ct_stats_line(char **rest);
char *ct_stats_word(char **rest);

/* --- members.c: the document ------------------------------------------------------------------ */

/* Names the next member; its value is for the caller to append. */
void ct_stats_key(struct ct_buf *buf, const char *key);
void ct_stats_put(struct ct_buf *buf, const char *key, uint64_t value);
/* The number that a file is; nothing without the file. */
void ct_stats_put_file(struct ct_buf *buf, const char *key, int fd, const char *file);

/* Begins a member that is an object or an array; @key NULL for an element. Returns where it began. */
size_t ct_stats_open(struct ct_buf *buf, const char *key, char bracket);
/* Ends it. */
void ct_stats_close(struct ct_buf *buf, char bracket);
/* Ends it, and leaves it out if nothing came into it. */
void ct_stats_close_or_drop(struct ct_buf *buf, size_t begin, char bracket);

/* --- one subject each: the inside of the member of that name ---------------------------------- */

void ct_stats_block_io(const struct ct_cgroup_stats *stats, struct ct_buf *buf);
void ct_stats_cpu(const struct ct_cgroup_stats *stats, struct ct_buf *buf);
void ct_stats_cpuset(const struct ct_cgroup_stats *stats, struct ct_buf *buf);
void ct_stats_hugetlb(const struct ct_cgroup_stats *stats, struct ct_buf *buf);
void ct_stats_memory(const struct ct_cgroup_stats *stats, struct ct_buf *buf);
void ct_stats_pids(const struct ct_cgroup_stats *stats, struct ct_buf *buf);

/* The member "psi", from v2's @file: also where the controller itself is v1's. */
void ct_stats_pressure(const struct ct_cgroup_stats *stats, const char *file, struct ct_buf *buf);

#endif
