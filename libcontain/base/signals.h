/* SPDX-License-Identifier: MIT */
#ifndef CT_BASE_SIGNALS_H
#define CT_BASE_SIGNALS_H

/* A signal by its number or its name, in any case: 9, KILL, SIGKILL, RTMIN+3, SIGRTMAX-1. -EINVAL for others.
 */
int ct_signal_number(const char *text);

#endif
