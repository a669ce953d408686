/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_MOUNT_HINTS_H
#define CT_HOST_MOUNT_HINTS_H

#include "plan/format.h"
#include "plan/plan.h"

/* What to do about a mount that @step could not make or change for want of privilege; NULL: not known. */
const char *ct_mount_hint(const struct ct_plan *plan, const struct plan_step *step, int error);

#endif
