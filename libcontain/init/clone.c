/* SPDX-License-Identifier: MIT */

/* A child that executes a program, without a copy of our memory. */

#include "init/init.h"

#define CHILD_STACK 4096

int init_vfork(int (*fn)(void *), void *arg, int *ret_pidfd)
{
        _Alignas(16) char stack[CHILD_STACK];
        struct clone_args args = { .flags = CLONE_VM | CLONE_VFORK | (ret_pidfd ? CLONE_PIDFD : 0),
                                   .pidfd = (uintptr_t)ret_pidfd,
                                   .exit_signal = SIGCHLD,
                                   .stack = (uintptr_t)stack,
                                   .stack_size = sizeof(stack) };

        return (int)sys_clone_call(&args, fn, arg);
}
