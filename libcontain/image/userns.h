/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_USERNS_H
#define CT_IMAGE_USERNS_H

#include "image/job.h"

/*
 * Enters the user namespace that member "asRoot" of the request brought, if it did, and becomes its root:
 * there, a caller without privilege owns files of more ids than its own. Descriptors that are open stay as
 * good as they were. To be called before a thread is made.
 */
int ct_userns_enter(const struct ct_job *job, contain_error_t **err);
/* Is this the first user namespace, in which all ids are what they are? */
bool ct_userns_is_first(void);

#endif
