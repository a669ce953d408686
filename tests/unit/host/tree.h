/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_HOST_TREE_H
#define TESTS_UNIT_HOST_TREE_H

/* A small tree of files that stands for a machine's "/". */

#include <stdbool.h>

struct tree {
        char path[64];
        int fd; /* of the folder */
};

/* false: the test cannot go on. */
bool tree_make(struct tree *ret);
void tree_remove(struct tree *tree);
/* Writes a file, and makes the folders above it. */
bool tree_put(const struct tree *tree, const char *path, const char *text);

#endif
