/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_SUBIDS_H
#define CT_HOST_SUBIDS_H

/* The subordinate ids that a user may map besides the own one (subuid(5), subgid(5)). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ct_id_kind { CT_ID_USER, CT_ID_GROUP };

struct ct_subid_range {
        uint32_t first, count; /* count > 0, and the last one is no more than UINT32_MAX - 1 */
};

struct ct_subids {
        struct ct_subid_range *ranges; /* in the order of the file */
        size_t n;
        char *name;     /* of the user; NULL when passwd(5) has none */
        bool has_file;  /* there is a file of ranges */
        bool elsewhere; /* nsswitch.conf(5) names another source of ranges than files, which is not asked */
};

/* "etc/subuid" or "etc/subgid" */
const char *ct_subids_path(enum ct_id_kind kind);

/*
 * Reads what is given to user @uid, by name or by number, in the plain files below @root_fd. Other sources
 * are not asked: they take libraries of theirs. A file that is missing gives nothing.
 */
int ct_subids_read(int root_fd, enum ct_id_kind kind, uint32_t uid, struct ct_subids *ret);
/* What is given to a name, which nobody has to have. */
int ct_subids_read_named(int root_fd, enum ct_id_kind kind, const char *name, struct ct_subids *ret);
void ct_subids_done(struct ct_subids *subids);

/* Are all of the @count ids from @first on in the ranges? */
bool ct_subids_have(const struct ct_subids *subids, uint32_t first, uint32_t count);

#endif
