/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_LIMITS_H
#define CT_HOST_LIMITS_H

/* Settings of the container's process that are made from outside: it may lack the privilege itself. */

#include "base/error.h"

#include "plan/facts.h"

#include <stdint.h>
#include <sys/types.h>

int ct_limits_rlimit(pid_t pid, int resource, const char *name, uint64_t soft, uint64_t hard, const char *at,
                     contain_error_t **err);
/* @value as text, as in /proc/PID/oom_score_adj. */
int ct_limits_oom_score(pid_t pid, const char *value, const char *at, contain_error_t **err);
/* @offsets as in /proc/PID/timens_offsets. */
int ct_limits_time_offsets(pid_t pid, const char *offsets, const char *at, contain_error_t **err);

/*
 * What these would fail with for a child of the caller, which inherits the caller's own: raising a hard
 * limit, and making oneself less likely to be killed, take CAP_SYS_RESOURCE.
 */
int ct_limits_check_rlimit(int resource, const char *name, uint64_t soft, uint64_t hard,
                           const struct ct_facts *facts, const char *at, contain_error_t **err);
int ct_limits_check_oom_score(const char *value, const struct ct_facts *facts, const char *at,
                              contain_error_t **err);

#endif
