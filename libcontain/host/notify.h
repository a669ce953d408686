/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_NOTIFY_H
#define CT_HOST_NOTIFY_H

/* Messages of sd_notify(3): from a container's program to the service manager that started its host. */

#include "base/buf.h"
#include "base/error.h"

#include <sys/types.h>

/* 0 for an address that can be sent to: an absolute path, or "@NAME". */
int ct_notify_check(const char *address);

/*
 * Keeps the lines that a container may say: what concerns its own state, and not whom the manager listens to,
 * or what it stores. *ret_ready is set when READY=1 is among them.
 */
void ct_notify_filter(const char *text, size_t size, struct ct_buf *ret, bool *ret_ready);

/*
 * Passes on what has come in on @fd. @pid, unless 0, goes with READY=1 as the main process of the service.
 * 1 when READY=1 was passed on, which the manager has read then; 0 otherwise; -errno of sending.
 */
int ct_notify_forward(int fd, const char *address, pid_t pid);

#endif
