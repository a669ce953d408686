/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_HOST_HELPER_H
#define TESTS_UNIT_HOST_HELPER_H

/* A folder with scripts in it, and a process to do things to. */

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct folder {
        char path[64];
};

/* false: the test cannot go on. */
bool folder_make(struct folder *ret);
void folder_remove(struct folder *folder); /* with all in it */
/* FOLDER/NAME, in one of a few static buffers. */
const char *folder_path(const struct folder *folder, const char *name);
/* An executable script for /bin/sh; its path as by folder_path(), NULL on failure. */
const char *folder_script(const struct folder *folder, const char *name, const char *body);
/* What is in a file: a static buffer, "" when it cannot be read. */
const char *read_text(const char *path);

/* A child that made itself new namespaces (CLONE_NEW*, or 0) and sleeps. */
struct sleeper {
        pid_t pid;
        int pidfd;
};

bool sleeper_start(struct sleeper *ret, int namespaces);
void sleeper_end(struct sleeper *sleeper);
/* /proc/PID/NAME, in one of a few static buffers. */
const char *sleeper_path(const struct sleeper *sleeper, const char *name);

/* No child of this process is left, neither alive nor to be reaped. */
bool is_childless(void);
int64_t milliseconds(void);

#endif
