/* SPDX-License-Identifier: MIT */
#ifndef CT_BASE_ENV_FILE_H
#define CT_BASE_ENV_FILE_H

/*
 * A file with an environment, such as /.drootenv: KEY=VALUE, one a line, what follows the first '=' being the
 * value as it stands. Values that a line cannot hold (line ends, white space at either end) or that begin
 * with a quote are in double quotes, in which a backslash goes before '"', '\', and the letters n and r for
 * line feed and carriage return. Quotes mean this only in a file that begins with CT_ENV_FILE_MARK: without
 * it, as Droot wrote them, they belong to the value. Lines that begin with '#' and empty ones mean nothing.
 */

#include "base/arena.h"
#include "base/buf.h"

#define CT_ENV_FILE_NAME ".drootenv"
#define CT_ENV_FILE_MARK "# env, quoted"

/* Writes @env, ended by NULL. -EINVAL with the index in *ret_bad when one is not KEY=VALUE, or its key cannot
 * be written; -ENOMEM. */
int ct_env_file_format(const char *const *env, struct ct_buf *ret, size_t *ret_bad);
/* Reads what such a file has, in its order, ended by NULL. -EINVAL with the line's number in *ret_line. */
int ct_env_file_parse(struct ct_arena *arena, const char *text, size_t size, char ***ret, size_t *ret_line);

#endif
