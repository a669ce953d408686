/* SPDX-License-Identifier: MIT */
#ifndef CT_BASE_PIDFD_H
#define CT_BASE_PIDFD_H

/* Processes by descriptor (pidfd_open(2)). All return -errno on failure and word nothing. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* How a process ended, as wait status fields. */
struct ct_exit {
        bool known; /* false: somebody else reaped it, and the kernel cannot tell any more */
        int code;   /* -1 when ended by a signal */
        int signo;  /* 0 when it exited */
        bool core;
};

int ct_pidfd_open(pid_t pid);
int ct_pidfd_signal(int pidfd, int signo);
/* 1 ended, 0 still runs. @timeout_ms as for poll(2); restarts after signals with the time that is left. */
int ct_pidfd_poll(int pidfd, int timeout_ms);
/*
 * How the ended process @pidfd ended: by waitid(P_PIDFD), which reaps it, when it is a child of the
 * caller, else by PIDFD_GET_INFO (Linux 6.15). Never waits. Returns 0 with ret->known false when nobody can
 * tell.
 */
int ct_pidfd_exit(int pidfd, struct ct_exit *ret);
/* The same without reaping it: whoever started it may still want to know. */
int ct_pidfd_exit_peek(int pidfd, struct ct_exit *ret);
/* Start time in clock ticks after boot (proc(5), stat field 22): with the pid, an identity. */
int ct_process_start_time(pid_t pid, uint64_t *ret);
/* Opens @pid only if it is the process that started at @start_time; -ESRCH otherwise. */
int ct_pidfd_open_checked(pid_t pid, uint64_t start_time);
/*
 * The folder of process @pid, which is @pidfd's, in /proc: what is read through the descriptor is of that
 * process, or fails. -ESRCH when it has been reaped.
 */
int ct_pidfd_open_folder(int pidfd, pid_t pid);

#endif
