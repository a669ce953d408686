/* SPDX-License-Identifier: MIT */

/* Where contain-init begins: what every one does first, and the loop that runs a plan. */

#include "init/init.h"

#include "plan/keeper.h"

/* Tables of an ordinary container fit in here; what is not used is never touched. */
#define ARENA_SIZE 8192

void init_entry(const long *stack);

/*
 * What the host ignores (SIGPIPE, say) would stay ignored in the user's program: execve resets handlers
 * only. Everything stays blocked until the start.
 */
static void reset_signals(void)
{
        struct kernel_sigaction action = { { 0 } };

        for (int signo = 1; signo <= SIGNALS; signo++)
                if (signo != SIGKILL && signo != SIGSTOP)
                        (void)sys_sigaction(signo, &action);
}

static int exit_status(const struct init *in)
{
        if (!in->started && !in->become)
                return INIT_EXIT_FAILED;
        switch (in->detail) {
        case PLAN_DETAIL_NOT_FOUND:
                return INIT_EXIT_NOT_FOUND;
        case PLAN_DETAIL_NOT_EXECUTABLE:
                return INIT_EXIT_NOT_EXECUTABLE;
        default:
                return INIT_EXIT_START;
        }
}

static _Noreturn void fail(const struct init *in, int r)
{
        struct plan_message message = { .kind = PLAN_MESSAGE_FAILED,
                                        .step = in->step,
                                        .error = -r,
                                        .detail = in->detail,
                                        .value = in->value };

        if (in->become)
                init_become_report(in, -r);
        else if (init_send(in->report_fd, &message, in->started ? in->plan_fd : INIT_NO_FD) < 0 &&
                 !in->started)
                sys_exit(INIT_EXIT_ALONE);
        sys_exit(exit_status(in));
}

/* Hands the turn over to the host at step in->step; *ret_next is where to go on. */
static int host_turn(struct init *in, uint32_t *ret_next)
{
        struct plan_message message = { .kind = PLAN_MESSAGE_TURN, .step = in->step };
        uint32_t no_fds = 0;
        int r;

        if (in->host_fd < 0)
                return init_fail(in, PLAN_DETAIL_PROTOCOL, -EPROTO);
        if (init_send(in->host_fd, &message, INIT_NO_FD) < 0)
                sys_exit(INIT_EXIT_ALONE);
        r = init_receive(in->host_fd, &message, NULL, &no_fds);
        if (r == 0)
                sys_exit(INIT_EXIT_ALONE);
        if (r < 0)
                return init_fail(in, PLAN_DETAIL_PROTOCOL, r);
        if (message.kind != PLAN_MESSAGE_GO || message.step <= in->step || message.step > in->plan->n_steps)
                return init_fail(in, PLAN_DETAIL_PROTOCOL, -EPROTO);
        if (message.value != 0)
                in->host_pid = (int)message.value;
        *ret_next = message.step;
        return 0;
}

/* Returns only with an error: the last step of a sound plan does not return. */
static int run(struct init *in)
{
        const struct plan_step *steps = init_plan_steps(in);
        uint32_t next = 0;

        while (next < in->plan->n_steps) {
                const struct plan_step *step = &steps[next];
                int r;

                in->step = next++;
                in->detail = PLAN_DETAIL_NONE;
                in->value = 0;
                if (in->folder.fd >= 0 && step->op != STEP_MKNOD && step->op != STEP_SYMLINK &&
                    step->op != STEP_MKDIR)
                        init_forget_parent(in);
                if (init_step_is_host(step->op) && !in->become) {
                        r = host_turn(in, &next);
                } else {
                        r = init_step(in, step);
                }
                if (r < 0)
                        return r;
        }
        return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
}

static _Noreturn void execute(void)
{
        _Alignas(16) char arena[ARENA_SIZE];
        struct init in = {
                .plan_fd = INIT_NO_FD,
                .host_fd = PLAN_SOCKET_FD,
                .report_fd = PLAN_SOCKET_FD,
                .maps_fd = INIT_NO_FD,
                .root_fd = INIT_NO_FD,
                .folder = { .fd = INIT_NO_FD },
                .tree_fd = INIT_NO_FD,
                .proc_fd = INIT_NO_FD,
                .null_fd = INIT_NO_FD,
                .empty_fd = INIT_NO_FD,
                .terminal_fd = INIT_NO_FD,
                .arena = arena,
                .arena_left = sizeof(arena),
        };
        int r;

        r = init_receive_plan(&in);
        if (r < 0)
                fail(&in, r);
        in.become = (in.plan->flags & PLAN_FLAG_BECOME) != 0;
        if (in.become) {
                init_close(&in.plan_fd);
                init_close(&in.host_fd);
                in.report_fd = INIT_NO_FD;
                in.host_pid = sys_getpid();
        } else if (!(in.plan->flags & PLAN_FLAG_STAGED)) {
                /* A process group leader cannot, and need not: it keeps its caller's session. */
                (void)sys_setsid();
        }
        in.inherited_umask = sys_umask(0);
        fail(&in, run(&in));
}

void init_main(int argc, char **argv)
{
        /* What the host forgot to mark close-on-exec has no business here. */
        if (sys_close_range(PLAN_SOCKET_FD + 1, ~0u, 0) < 0)
                sys_exit(INIT_EXIT_ALONE);
        if (sys_fcntl(PLAN_SOCKET_FD, F_SETFD, FD_CLOEXEC) < 0)
                sys_exit(INIT_EXIT_ALONE);
        reset_signals();
        if (argc > 0 && text_equal(argv[0], "contain-guard"))
                init_guard();
        if (argc > 0 && text_equal(argv[0], KEEPER_NAME))
                init_keeper();
        execute();
}

/* Called by _start with the stack as the kernel leaves it: argc, argv …, NULL, environment. */
void init_entry(const long *stack)
{
        init_main((int)stack[0], (char **)(uintptr_t)(stack + 1));
}
