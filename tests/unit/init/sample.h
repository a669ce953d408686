/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_INIT_SAMPLE_H
#define TESTS_UNIT_INIT_SAMPLE_H

/* Plans for the fake kernel. */

#include "build.h"

/* What an ordinary container has, each subject once. */
void sample_container(struct build *build);
/* Less common: staged, joined and time namespaces, hooks, terminal, notification, limits. */
void sample_unusual(struct build *build);
/* In place, in a new user namespace. */
void sample_become(struct build *build);

#endif
