/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_PROBE_H
#define CT_HOST_PROBE_H

/* What this kernel and this caller can do, asked once per context. Leaves nothing behind and forks nothing.
 */

#include "plan/facts.h"

/* Facts that own their strings. The cgroup members are filled by the caller (ops), not here. */
struct ct_probe {
        struct ct_facts facts;
        char *newuidmap, *newgidmap;
};

int ct_probe_new(struct ct_probe **ret, contain_error_t **err);
struct ct_probe *ct_probe_free(struct ct_probe *probe);
CT_CLEANUP(struct ct_probe, ct_probe_free)

#endif
