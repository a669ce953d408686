/* SPDX-License-Identifier: MIT */
#ifndef HARNESS_SNAPSHOT_H
#define HARNESS_SNAPSHOT_H

/*
 * What a good guest leaves as it was: the state of this process, and what it shares with the machine.
 * Taken before and after; the two must be the same.
 */

enum snapshot_part {
        SNAPSHOT_CWD,
        SNAPSHOT_ENVIRON,
        SNAPSHOT_STATUS,  /* ids, capabilities, umask, signal masks, threads, no_new_privs, seccomp */
        SNAPSHOT_SIGNALS, /* handlers */
        SNAPSHOT_LIMITS,
        SNAPSHOT_SETTINGS, /* subreaper, dumpable, locale, scheduling, personality, memory policy, keyring */
        SNAPSHOT_DESCRIPTORS,
        SNAPSHOT_CHILDREN, /* of all threads, zombies too */
        SNAPSHOT_MOUNTS,
        SNAPSHOT_CGROUPS, /* own ones, and all folders whose name contains @mark */
        SNAPSHOT_FILES,   /* everything below @state_root */
        SNAPSHOT_PARTS
};

struct snapshot {
        char *parts[SNAPSHOT_PARTS]; /* text, a line for each thing */
};

/* @mark: how the cgroups of this test are told from those of others on the machine. */
struct snapshot *snapshot_take(const char *state_root, const char *mark);
void snapshot_free(struct snapshot *s);

/* Prints what differs; returns the number of parts that do. */
int snapshot_compare(const struct snapshot *before, const struct snapshot *after);

/* Number of cgroup folders whose path contains @mark, in all hierarchies; the first one's path is printed. */
int cgroups_left(const char *mark);

/* Number of direct children of this process, zombies included. */
int children_left(void);

#endif
