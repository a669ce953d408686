/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_USERNS_H
#define CT_HOST_USERNS_H

/*
 * Why a namespace is not to be had here. The kernel says EPERM or ENOSPC for a dozen reasons; files tell them
 * apart. Nothing is tried: this is for a failure that has happened, or to know beforehand.
 */

#include "plan/facts.h"

#include <stdint.h>

struct ct_why {
        uint64_t type;      /* CLONE_NEW* of the namespace that is refused */
        int errnum;         /* of the refusal */
        char sentence[160]; /* what keeps it from being made */
        char hint[320];     /* what to do */
};

/*
 * Looks in the files below @root_fd, the host's "/", for what keeps the caller from making namespaces of
 * @types. @errnum is how the kernel has refused, or 0 to foresee it: then only what is certain counts.
 * Returns 1 and fills @ret, or 0 when nothing is found.
 */
int ct_userns_why(int root_fd, const struct ct_facts *facts, uint64_t types, int errnum, struct ct_why *ret);

/*
 * Does a security module take away the privilege that a new user namespace gives? It shows late: the
 * namespace is made, and what is done in it fails. Returns as above.
 */
int ct_userns_why_powerless(int root_fd, const struct ct_facts *facts, struct ct_why *ret);

#endif
