/* SPDX-License-Identifier: MIT */
#ifndef CT_INIT_SYS_CALL_H
#define CT_INIT_SYS_CALL_H

/*
 * How a system call is made, and its number where CPUs differ. sys_call(), sys_clone_call() and sys_relax()
 * are the whole of what depends on the CPU (arch/, hosted.c); unit tests link ones that keep a record
 * instead.
 */

#include "init/kernel.h"

long sys_call(long nr, long a, long b, long c, long d, long e, long f);

/*
 * clone3(2) of a child that runs fn(arg) on the stack in @args, then exits (its thread only) with the result.
 * Returns the child's pid, or -errno.
 */
long sys_clone_call(const struct clone_args *args, int (*fn)(void *), void *arg);

/* What a loop does that waits for another thread without a system call. */
void sys_relax(void);

#define SYS0(nr)                sys_call(nr, 0, 0, 0, 0, 0, 0)
#define SYS1(nr, a)             sys_call(nr, (long)(a), 0, 0, 0, 0, 0)
#define SYS2(nr, a, b)          sys_call(nr, (long)(a), (long)(b), 0, 0, 0, 0)
#define SYS3(nr, a, b, c)       sys_call(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define SYS4(nr, a, b, c, d)    sys_call(nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define SYS5(nr, a, b, c, d, e) sys_call(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define SYS6(nr, a, b, c, d, e, f)                                                                           \
        sys_call(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* Ids of 32 bits are the only ones on 64-bit CPUs, and have numbers of their own on older ones. */
#ifdef __NR_setresuid32
#define NR_setresuid __NR_setresuid32
#define NR_setresgid __NR_setresgid32
#define NR_setgroups __NR_setgroups32
#else
#define NR_setresuid __NR_setresuid
#define NR_setresgid __NR_setresgid
#define NR_setgroups __NR_setgroups
#endif
#ifdef __NR_mmap2
#define NR_mmap __NR_mmap2
#else
#define NR_mmap __NR_mmap
#endif
#ifdef __NR_ppoll_time64
#define NR_ppoll __NR_ppoll_time64
#else
#define NR_ppoll __NR_ppoll
#endif

#ifdef __NR_clock_gettime64
#define NR_clock_gettime __NR_clock_gettime64
#else
#define NR_clock_gettime __NR_clock_gettime
#endif

#ifdef __NR_utimensat_time64
#define NR_utimensat __NR_utimensat_time64
#else
#define NR_utimensat __NR_utimensat
#endif

#endif
