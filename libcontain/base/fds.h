/* SPDX-License-Identifier: MIT */
#ifndef CT_BASE_FDS_H
#define CT_BASE_FDS_H

/* Whole files and descriptors. All return -errno on failure and word nothing. */

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

/* Reads a whole file, NUL added after *ret_size bytes. -EFBIG beyond @max. @ret_size may be NULL. */
int ct_read_file_at(int dir_fd, const char *path, size_t max, char **ret, size_t *ret_size);
int ct_read_fd(int fd, size_t max, char **ret, size_t *ret_size);
/* Writes @text to an existing file in one write(2), as procfs, sysfs and cgroupfs want it. */
int ct_write_file_at(int dir_fd, const char *path, const char *text);
/* Replaces a file atomically: temporary file beside it, then rename. Mode 0600, no fsync (the state root is a
 * tmpfs). */
int ct_replace_file_at(int dir_fd, const char *path, const void *bytes, size_t size);
/* Writes all of @size bytes, restarting after signals. */
int ct_write_all(int fd, const void *bytes, size_t size);
/* A duplicate with close-on-exec, numbered 3 or higher so that it can never become a standard stream. */
int ct_dup(int fd);
/*
 * Moves a descriptor that will be kept away from the numbers of the standard streams: a host that had those
 * closed may open them at any time, by dup2(2), over whatever is there. @fd itself when negative, or when out
 * of memory for it.
 */
int ct_high_fd(int fd);
/* A memfd with @bytes in it, offset 0, executable if policy allows; sealed against every change when @seal.
 */
int ct_memfd(const char *name, const void *bytes, size_t size, bool seal);
/* mkdirat(2) whose owner's bits the host's umask does not take: without them the folder is of no use to us.
 */
int ct_mkdirat(int dir_fd, const char *path, unsigned mode);
/* Makes @path and its missing parents, by ct_mkdirat(). -EEXIST never. */
int ct_mkdir_parents(const char *path, unsigned mode);

#endif
