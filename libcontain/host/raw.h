/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_RAW_H
#define CT_HOST_RAW_H

/*
 * What runs between clone and execve, in memory that it shares with the host's threads: system calls without
 * the C library, which would set errno and might take locks, and the clone that gets there.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

/* Sanitizers and the stack protector keep books that belong to the host's thread. */
#define CT_RAW __attribute__((noinline, no_sanitize("address", "thread", "undefined")))

#if defined(__x86_64__)
static inline long ct_raw(long nr, long a, long b, long c, long d, long e)
{
        register long r10 __asm__("r10") = d;
        register long r8 __asm__("r8") = e;
        long r;

        __asm__ volatile("syscall"
                         : "=a"(r)
                         : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                         : "rcx", "r11", "memory");
        return r;
}
#elif defined(__aarch64__)
static inline long ct_raw(long nr, long a, long b, long c, long d, long e)
{
        register long x8 __asm__("x8") = nr;
        register long x0 __asm__("x0") = a;
        register long x1 __asm__("x1") = b;
        register long x2 __asm__("x2") = c;
        register long x3 __asm__("x3") = d;
        register long x4 __asm__("x4") = e;

        __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
        return x0;
}
#elif defined(__riscv) && __riscv_xlen == 64
static inline long ct_raw(long nr, long a, long b, long c, long d, long e)
{
        register long a7 __asm__("a7") = nr;
        register long a0 __asm__("a0") = a;
        register long a1 __asm__("a1") = b;
        register long a2 __asm__("a2") = c;
        register long a3 __asm__("a3") = d;
        register long a4 __asm__("a4") = e;

        __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4) : "memory");
        return a0;
}
#else
#include <errno.h>
#include <unistd.h>
#define CT_RAW_HOSTED 1
static inline long ct_raw(long nr, long a, long b, long c, long d, long e)
{
        long r = syscall(nr, a, b, c, d, e);

        return r < 0 ? -errno : r;
}
#endif

/* struct clone_args of clone3(2), up to the member that Linux 5.7 added. */
struct ct_clone_args {
        uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
                set_tid_size, cgroup;
};

/*
 * clone3(2); the child calls fn(arg), which must not return, on the stack that the arguments name. Returns
 * the pid or -errno.
 */
long ct_clone3(const struct ct_clone_args *args, size_t size, void (*fn)(void *), void *arg);

/*
 * clone(2), for kernels, sandboxes and emulators that refuse clone3(2). Everything the child needs is in
 * registers: it may be run on a copy of the caller's stack instead of the one given.
 */
long ct_clone(uint64_t flags, void *stack_top, int *pidfd, void (*fn)(void *), void *arg);

#endif
