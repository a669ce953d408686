/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_INIT_FAKE_H
#define TESTS_UNIT_INIT_FAKE_H

/*
 * The kernel, as far as contain-init can tell: every system call is written down as a line, and answered as
 * if it had worked. So a whole run inside can be read, and each call be made to fail, without root.
 */

#include "build.h"

#include <stdbool.h>
#include <stdint.h>

enum fake_end { FAKE_EXITED, FAKE_EXECUTED };

/* Forgets everything. The plan is what the first messages bring. */
void fake_reset(struct build *build);
/* The call named @name fails with @error; if it is to succeed first, so many times. */
void fake_fail(const char *name, int error, int after);
/* The first so many of them fail. */
void fake_fail_times(const char *name, int error, int times);
/* The @number-th of all calls fails with EIO. */
void fake_fail_number(int number);
/* A file, by the path that a call names it with: its mode, and device or inode number. */
void fake_file(const char *path, uint32_t mode, uint64_t number);
/* What read(2) gets from any file. */
void fake_content(const char *text);
/* Children end with this wait status. */
void fake_child_status(int status);
/* The host's messages: as it should be, or end of file once so many have been received. */
void fake_host_ends(int after);
/* The start socket listens; the first @probes connections end without a word. */
void fake_listen(int probes);

/* Runs contain-init as @argv0 to its end. *ret_status: exit status. */
enum fake_end fake_run(const char *argv0, int *ret_status);
/* What has been called, a line each. */
const char *fake_trace(void);
/* The same from after the line that begins with @line. */
const char *fake_trace_after(const char *line);
/* How many calls there were, and the name of the one that was made to fail. */
int fake_count(void);
const char *fake_failed_name(void);
/* What must never happen: a descriptor that is not close-on-exec, one that is closed twice. */
const char *fake_violations(void);
/* The last PLAN_MESSAGE_FAILED that was sent; kind 0 when there is none. */
struct plan_message fake_failure(void);

#endif
