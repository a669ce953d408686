/* SPDX-License-Identifier: MIT */

/*
 * Entry and system calls by way of a C library, for CPUs without a file in arch/: the same program, hosted
 * and static. The only file in this folder that may use one, and no more of it than this.
 */

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <unistd.h>

#include <linux/sched.h>

long sys_call(long nr, long a, long b, long c, long d, long e, long f);
long sys_clone_call(const struct clone_args *args, int (*fn)(void *), void *arg);
void sys_relax(void);
_Noreturn void init_main(int argc, char **argv);
int main(int argc, char **argv);

long sys_call(long nr, long a, long b, long c, long d, long e, long f)
{
        long r = syscall(nr, a, b, c, d, e, f);

        return r < 0 ? -errno : r;
}

long sys_clone_call(const struct clone_args *args, int (*fn)(void *), void *arg)
{
        char *stack = (char *)(uintptr_t)args->stack;
        int flags = (int)args->flags | (int)args->exit_signal;
        int r = clone(fn, stack + args->stack_size, flags, arg, (void *)(uintptr_t)args->pidfd, NULL,
                      (void *)(uintptr_t)args->child_tid);

        return r < 0 ? -errno : r;
}

/* Not a call: it may be filtered. */
void sys_relax(void)
{
        __asm__ volatile("" ::: "memory");
}

int main(int argc, char **argv)
{
        init_main(argc, argv);
}
