/* SPDX-License-Identifier: MIT */
#ifndef CT_BASE_MOUNTINFO_H
#define CT_BASE_MOUNTINFO_H

/* The lines of /proc/PID/mountinfo (proc(5)): what is mounted where, and of which file system. */

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

struct ct_mount_line {
        unsigned long id, parent;
        const char *device;            /* "major:minor" */
        const char *root, *mountpoint; /* escapes undone, as in the next */
        const char *super_options;
        bool cgroup; /* of type cgroup or cgroup2 */
        bool v2;
        bool resctrl;
};

struct ct_mountinfo {
        char *text; /* what the lines point into */
        struct ct_mount_line *items;
        size_t n;
};

/* Lines that are not understood are left out. */
int ct_mountinfo_parse(const char *text, struct ct_mountinfo **ret);
struct ct_mountinfo *ct_mountinfo_free(struct ct_mountinfo *mounts);
CT_CLEANUP(struct ct_mountinfo, ct_mountinfo_free)

/* What is left of @path behind @folder: "" for the folder itself, otherwise without a slash at its beginning;
 * NULL when it is not below it. */
const char *ct_mountinfo_below(const char *path, const char *folder);

/* Whether another mount lies over mount @i or over a folder that leads to it. */
bool ct_mountinfo_hidden(const struct ct_mountinfo *mounts, size_t i);

/* Whether @word is in the list @text, whose words are separated by any of @separators. */
bool ct_mountinfo_word(const char *text, const char *separators, const char *word);

#endif
