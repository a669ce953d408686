/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_ENTRY_H
#define CT_HOST_ENTRY_H

/* The ways into a container that is there: the namespaces of its process, and its root. */

#include "base/error.h"
#include "host/slots.h"
#include "host/spawn.h"

struct ct_entry {
        int namespace_fds[CT_NAMESPACES]; /* in the order of ct_namespace_types; -EBADF: it shares the
                                             caller's */
        uint64_t types;                   /* CLONE_NEW* of those that are open */
        int root_fd;                      /* its root */
};

#define CT_ENTRY_INIT                                                                                        \
        {                                                                                                    \
                { -EBADF, -EBADF, -EBADF, -EBADF, -EBADF, -EBADF, -EBADF, -EBADF }, 0, -EBADF                \
        }

void ct_entry_done(struct ct_entry *entry);

/*
 * Opens what @process is in now, which need not be what it was made in. -ESRCH, without words, when it has
 * ended: its number may be another's by then, and nothing of what was opened is kept.
 */
int ct_entry_open(const struct ct_child *process, struct ct_entry *ret, contain_error_t **err);

#endif
