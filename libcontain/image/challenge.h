/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_CHALLENGE_H
#define CT_IMAGE_CHALLENGE_H

/* What a server that answers 401 wants to be shown (RFC 9110, 11.6.1; RFC 6750, 3). */

#include "base/arena.h"

#include <stdbool.h>

struct ct_challenge {
        bool basic, bearer;
        const char *realm, *service, *scope; /* of Bearer; NULL when not told */
};

/* @lines: the values of WWW-Authenticate, a line each. Schemes that are not known are passed over. -ENOMEM.
 */
int ct_challenge_parse(struct ct_arena *arena, const char *lines, struct ct_challenge *ret);

#endif
