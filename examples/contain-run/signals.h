/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_RUN_SIGNALS_H
#define CONTAIN_RUN_SIGNALS_H

/* A signal by its number or its name, in any case: 9, KILL, SIGKILL, RTMIN+3, SIGRTMAX-1. Returns -EINVAL for
 * others. */
int signals_parse(const char *text);

#endif
