/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_TEXTS_H
#define CONTAIN_RUN_TEXTS_H

#include <contain/error.h>

/*
 * The words of runc for @error, which engines search messages for; "" when nobody searches for
 * any, or when the message has them already.
 */
const char *texts_canonical(const contain_error_t *error);

#endif
