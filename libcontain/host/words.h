/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_WORDS_H
#define CT_HOST_WORDS_H

/* Numbers to words: what contain-init reports, as an error that names the user's noun. */

#include "base/error.h"
#include "plan/plan.h"

/* Fills *err from a PLAN_MESSAGE_FAILED (or WARNING); returns -errno. */
int ct_words_fail(const struct ct_plan *plan, const struct plan_message *message, contain_error_t **err);

#endif
