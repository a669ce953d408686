/* SPDX-License-Identifier: MIT */
#ifndef CT_BASE_CLAIM_H
#define CT_BASE_CLAIM_H

/*
 * Folders that are a container's, and outlive whoever made them: while one is being made, its maker holds a
 * lock on it; later a symbolic link "state" in it leads to the container's own folder, as long as there is
 * one. A folder that nobody holds and whose container is gone was left by a crash, or before a reboot.
 */

#include <stdbool.h>

#define CT_CLAIM_LINK "state"

/* Was @name in @dir_fd left? Then *ret_fd holds it, so that nobody else removes it. */
bool ct_claim_is_left(int dir_fd, const char *name, int *ret_fd);

#endif
