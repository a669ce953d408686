/* SPDX-License-Identifier: MIT */
#ifndef CT_PLAN_STATE_TEXT_H
#define CT_PLAN_STATE_TEXT_H

/* The two halves of a state object; the pid goes in between. Private to plan/. */

#include "plan/build.h"

void ct_plan_put_state_head(const struct ct_build *build, struct ct_buf *text, const char *status);
void ct_plan_put_state_tail(const struct ct_build *build, struct ct_buf *text);

#endif
