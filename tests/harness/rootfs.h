/* SPDX-License-Identifier: MIT */
#ifndef HARNESS_ROOTFS_H
#define HARNESS_ROOTFS_H

/* Where the containers of a test live: a folder of its own with a root file system, a state root, a context.
 */

#include <contain/contain.h>

struct world {
        char dir[64];    /* "/tmp/contain-test-XXXXXX" */
        char rootfs[80]; /* DIR/rootfs: a static busybox under the names of its usual commands */
        char state[80];  /* DIR/state: not made yet */
        char name[32];   /* last component of dir: the beginning of every id, and so of every cgroup, of this
                            test */
        contain_ctx_t *ctx;
        unsigned ids; /* how many world_id() has given out */
};

/* 0, or -errno with a message on standard error. */
int world_init(struct world *w);

/* Frees the context and removes the folder, whatever is in it. Stays on one file system: mounts that were
 * left are not emptied. */
void world_done(struct world *w);

/* In a forked child: a context of its own, as the parent's does not work there. */
int world_forked(struct world *w);

/* A new id, in @buffer. */
char *world_id(struct world *w, char *buffer, size_t size);

/* Can this machine run them: is there a static busybox? Otherwise *ret_reason says what is missing. */
int world_possible(const char **ret_reason);

/* rm -r, without crossing mounts. */
int remove_tree(const char *path);

/* The whole of a (small) file, malloc'd; NULL when it cannot be read. */
char *read_text(const char *path);

/* Creates or replaces a file. */
int write_text(const char *path, const char *text);

#endif
