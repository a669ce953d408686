/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_IDMAP_H
#define CT_HOST_IDMAP_H

/* Id maps of a user namespace, written from outside of it (user_namespaces(7)). */

#include "base/error.h"
#include "host/subids.h"
#include "plan/facts.h"

#include <sys/types.h>

struct ct_idmap {
        const char *uid_map, *gid_map; /* lines "container host size\n" */
        int helpers;                   /* by newuidmap(1) and newgidmap(1) */
        int deny_setgroups;
        const char *at;     /* JSON pointer for errors */
        const char *gid_at; /* that of the group map; NULL: the same */
};

/* Writes the maps of @pid, which @pidfd keeps from being another one. */
int ct_idmap_write(const struct ct_idmap *map, pid_t pid, int pidfd, const struct ct_facts *facts,
                   contain_error_t **err);

struct ct_idmap_why {
        char at[64]; /* of the line that is refused, if it is known */
        char sentence[192];
        char hint[320];
};

/*
 * Why the caller may not write the map of @kind, as files below @root_fd tell (the host's "/"): the helper
 * itself, its ranges, the caller's own user namespace. Returns 1 and fills @ret, or 0 when nothing is found.
 */
int ct_idmap_why(int root_fd, const struct ct_idmap *map, enum ct_id_kind kind, const struct ct_facts *facts,
                 struct ct_idmap_why *ret);

/* Fails with the reason why the map of @kind could not be written, if there is one that files tell. */
int ct_idmap_check(const struct ct_idmap *map, enum ct_id_kind kind, const struct ct_facts *facts,
                   contain_error_t **err);

/* A user namespace that nobody lives in, to carry the maps of an idmapped mount. Returns its descriptor. */
int ct_idmap_userns(const struct ct_idmap *map, int program_fd, const struct ct_facts *facts,
                    contain_error_t **err);

#endif
