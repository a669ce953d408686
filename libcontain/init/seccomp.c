/* SPDX-License-Identifier: MIT */

/*
 * The system call filter, and the descriptor on which it notifies.
 *
 * That descriptor exists only once the filter is in force, and then any call that we make to pass it on may
 * be one that waits for the very supervisor who has not got it yet. So a second thread passes it
 * on, which has no filter: it is made before, and a filter is its thread's own (TSYNC is taken out of the
 * flags, it would only serve that thread). The two speak through memory, as a futex would be a
 * call. It is a thread, not a process, so that nobody has to reap it: the user's program, which may
 * be pid 1, would find an unknown child. Its end is told by the kernel clearing a word in memory, after which
 * it uses nothing of ours any more.
 */

#include "init/init.h"

#define HELPER_STACK 8192

enum { PHASE_STARTING, PHASE_LOADING, PHASE_LOADED, PHASE_REFUSED };

struct helper {
        struct init *in;
        const struct plan_step *step;
        int socket_fd;
        int phase;       /* PHASE_: set to loading by the helper, then by the one that loads */
        int listener_fd; /* valid once loaded */
        int result;      /* valid once it has ended */
        int alive;       /* cleared by the kernel */
        _Alignas(16) char stack[HELPER_STACK];
};

static int send_listener(const struct helper *helper)
{
        const struct init *in = helper->in;
        char pid[TEXT_DECIMAL];
        size_t pid_size = (size_t)(text_decimal(pid, (uint64_t)(unsigned)in->host_pid) - pid);
        struct kernel_iovec iov[5];
        size_t n = 0;

        for (int i = 0; i < PLAN_STRINGS; i++) {
                const char *part = init_text(in, helper->step->s[i]);

                if (i > 0)
                        iov[n++] = (struct kernel_iovec){ .base = pid, .size = pid_size };
                if (part)
                        iov[n++] = (struct kernel_iovec){ .base = (void *)(uintptr_t)part,
                                                          .size = text_length(part) };
        }
        return init_send_bytes(helper->socket_fd, iov, n, helper->listener_fd);
}

/* The one that waits without a call must not keep this one from its only CPU, as under SCHED_FIFO it would.
 */
static void outrank(const struct init *in)
{
        const struct sched_attr highest = { .size = sizeof(highest),
                                            .sched_policy = SCHED_FIFO,
                                            .sched_priority = 99 };
        const struct plan_step *steps = init_plan_steps(in);

        for (uint32_t i = 0; i < in->step; i++)
                if (steps[i].op == STEP_SCHEDULER &&
                    *(const uint64_t *)init_blob(in, &steps[i]) == SCHED_FIFO)
                        (void)sys_sched_setattr(&highest);
}

/* The second thread. */
static int help(void *arg)
{
        struct helper *helper = arg;
        int phase;

        outrank(helper->in);
        __atomic_store_n(&helper->phase, PHASE_LOADING, __ATOMIC_RELEASE);
        do {
                struct __kernel_timespec moment = { .tv_nsec = 50000 };

                (void)sys_poll(NULL, 0, &moment);
                sys_relax();
                phase = __atomic_load_n(&helper->phase, __ATOMIC_ACQUIRE);
        } while (phase == PHASE_LOADING);

        if (phase == PHASE_LOADED) {
                helper->result = send_listener(helper);
                (void)sys_close(helper->listener_fd);
        }
        return 0;
}

static int start_helper(struct helper *helper)
{
        const struct clone_args args = {
                .flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                         CLONE_CHILD_CLEARTID,
                .child_tid = (uintptr_t)&helper->alive,
                .stack = (uintptr_t)helper->stack,
                .stack_size = sizeof(helper->stack),
        };

        return (int)sys_clone_call(&args, help, helper);
}

static int load(unsigned flags, const struct sock_fprog *program)
{
        return sys_seccomp(SECCOMP_SET_MODE_FILTER, flags, program);
}

static int load_and_notify(struct init *in, const struct plan_step *step, unsigned flags,
                           const struct sock_fprog *program)
{
        struct helper helper;
        int fd, r;

        /* Not the stack, which need not be clear. */
        helper.in = in;
        helper.step = step;
        helper.socket_fd = init_slot(in, step);
        helper.phase = PHASE_STARTING;
        helper.listener_fd = INIT_NO_FD;
        helper.result = 0;
        helper.alive = 1;
        r = start_helper(&helper);
        if (r < 0)
                return init_fail(in, PLAN_DETAIL_FORK, r);
        while (__atomic_load_n(&helper.phase, __ATOMIC_ACQUIRE) == PHASE_STARTING)
                (void)sys_yield();

        fd = load(flags | SECCOMP_FILTER_FLAG_NEW_LISTENER, program);
        helper.listener_fd = fd;
        __atomic_store_n(&helper.phase, fd < 0 ? PHASE_REFUSED : PHASE_LOADED, __ATOMIC_RELEASE);
        while (__atomic_load_n(&helper.alive, __ATOMIC_ACQUIRE) != 0)
                sys_relax();
        if (fd < 0)
                return fd;
        return helper.result < 0 ? init_fail(in, PLAN_DETAIL_SEND, helper.result) : 0;
}

int init_step_seccomp(struct init *in, const struct plan_step *step)
{
        const struct sock_fprog program = {
                .len = (unsigned short)(step->blob_size / sizeof(struct sock_filter)),
                .filter = (struct sock_filter *)(uintptr_t)init_blob(in, step),
        };
        unsigned flags = (unsigned)step->n[0] &
                         ~(unsigned)(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH |
                                     SECCOMP_FILTER_FLAG_NEW_LISTENER);
        int r;

        /* Whatever can be done for execve without being filtered. */
        r = init_prepare_exec(in);
        if (r < 0)
                return r;
        if (step->slot != PLAN_NO_SLOT)
                return load_and_notify(in, step, flags, &program);
        r = load(flags, &program);
        return r < 0 ? r : 0;
}
