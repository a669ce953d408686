/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_FILES_H
#define CONTAIN_RUN_FILES_H

#include <stddef.h>

/* These return 0 or -errno. */

/* Reads a file whole, into @ret, to be freed, with a NUL behind it. */
int files_read(const char *path, char **ret, size_t *ret_length);
/* The same of what is left to read from @fd. */
int files_read_fd(int fd, char **ret, size_t *ret_length);

/* Writes a new file; -EEXIST when there is one. */
int files_write_new(const char *path, const char *text);

/* Writes @pid, so that nobody ever sees a part of it. */
int files_write_pid(const char *path, int pid);

/* Connects to the AF_UNIX stream socket @path and sends @fd there. */
int files_send_fd(const char *path, int fd);

#endif
