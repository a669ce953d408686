/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_LOG_H
#define CONTAIN_RUN_LOG_H

#include <stdbool.h>

/* The names that --log-level takes. Returns a CONTAIN_LOG_ value, or -EINVAL. */
int log_level_from_name(const char *name);

/*
 * One log record with its line end, as engines read it: a JSON object, or key=value pairs.
 * Returns NULL when out of memory; to be freed.
 */
char *log_format_record(int level, const char *text, bool json);

/* The same for people: one line, whatever bytes @text has. */
char *log_format_line(int level, const char *text);

/*
 * Appends @record to @destination: a file's path, "file:PATH", or "journald:TAG" and
 * "syslog:TAG", which get the plain @text. Returns 0 or -errno.
 */
int log_append(const char *destination, int level, const char *text, const char *record);

#endif
