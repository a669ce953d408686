/* SPDX-License-Identifier: MIT */

/* A thread by turns: see fake-thread.h. In a file of its own, as <ucontext.h> and the kernel do not mix. */

#include "fake-thread.h"

#include <stddef.h>
#include <ucontext.h>

#define STACK_SIZE 262144

static struct {
        ucontext_t caller, self;
        int (*fn)(void *);
        void *arg;
        bool exists, runs;
} thread;

static char stack[STACK_SIZE];

static void enter(void)
{
        (void)thread.fn(thread.arg);
        thread.exists = false;
}

void fake_thread_reset(void)
{
        thread.exists = thread.runs = false;
}

void fake_thread_start(int (*fn)(void *), void *arg)
{
        thread.fn = fn;
        thread.arg = arg;
        thread.exists = true;
        (void)getcontext(&thread.self);
        thread.self.uc_stack.ss_sp = stack;
        thread.self.uc_stack.ss_size = sizeof(stack);
        thread.self.uc_link = &thread.caller;
        makecontext(&thread.self, enter, 0);
}

bool fake_thread_exists(void)
{
        return thread.exists;
}

bool fake_thread_runs(void)
{
        return thread.runs;
}

bool fake_thread_continue(void)
{
        thread.runs = true;
        (void)swapcontext(&thread.caller, &thread.self);
        thread.runs = false;
        return !thread.exists;
}

void fake_thread_wait(void)
{
        (void)swapcontext(&thread.self, &thread.caller);
}
