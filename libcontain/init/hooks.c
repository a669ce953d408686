/* SPDX-License-Identifier: MIT */

/* Hooks that run inside of the container. */

#include "init/init.h"

/* What the child needs, and where it says why it could not execute. */
struct hook {
        struct init *in;
        const char *path;
        char **argv, **envp;
        int state_fd;
        int error;
};

/* A file, not a pipe: nobody has to feed it. */
static int make_state(const struct init *in, const uint32_t halves[2])
{
        const char *head = init_text(in, halves[0]), *tail = init_text(in, halves[1]);
        char pid[TEXT_DECIMAL];
        const char *parts[] = { head ? head : "", pid, tail ? tail : "" };
        int fd = sys_memfd_create("contain-state", MFD_CLOEXEC);
        long r = fd;

        (void)text_decimal(pid, (uint64_t)sys_getpid());
        for (int i = 0; i < 3 && r >= 0; i++)
                r = sys_write(fd, parts[i], text_length(parts[i]));
        if (r >= 0)
                r = sys_seek(fd, 0, 0);
        if (r < 0) {
                init_close(&fd);
                return (int)r;
        }
        return fd;
}

/* The container's own standard output and error, where the host gave any. */
static int set_stdio(const struct init *in)
{
        const struct plan_slot *slots = init_plan_slots(in);
        int r = 0;

        for (uint32_t i = 0; i < in->plan->n_slots && r >= 0; i++)
                if (slots[i].kind == PLAN_SLOT_STDIO && (slots[i].number == 1 || slots[i].number == 2) &&
                    in->slots[i] != (int)slots[i].number)
                        r = sys_dup3(in->slots[i], (int)slots[i].number, 0);
        return r < 0 ? r : 0;
}

/* In the child, in our memory. */
static int run_hook(void *arg)
{
        struct hook *hook = arg;
        const uint64_t none[SIGSET_SIZE / 8] = { 0 };
        int r;

        r = set_stdio(hook->in);
        if (r == 0)
                r = sys_fchdir(hook->in->root_fd);
        if (r == 0)
                r = hook->state_fd == 0 ? sys_fcntl(0, F_SETFD, 0) : sys_dup3(hook->state_fd, 0, 0);
        if (r >= 0)
                r = sys_sigmask(SIG_SETMASK, none);
        if (r >= 0)
                r = sys_execve(hook->path, hook->argv, hook->envp);
        hook->error = r;
        return 1;
}

static int wait_for_hook(struct init *in, int pid, int pidfd, uint64_t seconds)
{
        struct kernel_pollfd poll = { .fd = pidfd, .events = POLLIN };
        struct __kernel_timespec timeout = { .tv_sec = (int64_t)seconds };
        int status = 0, ended = 1, r;

        if (seconds > 0 && seconds < INT32_MAX)
                ended = sys_poll(&poll, 1, &timeout);
        if (ended <= 0)
                (void)sys_pidfd_kill(pidfd, SIGKILL);
        r = sys_wait(pid, &status);
        if (r < 0 || ended < 0)
                return init_fail(in, PLAN_DETAIL_FORK, r < 0 ? r : ended);
        if (ended == 0)
                return init_fail(in, PLAN_DETAIL_TIMEOUT, -ETIMEDOUT);
        if (status == 0)
                return 0;
        in->value = (uint64_t)(status & 0x7f ? 256 + (status & 0x7f) : status >> 8);
        return init_fail(in, PLAN_DETAIL_EXIT, -ECANCELED);
}

static int run(struct init *in, const struct plan_step *step, struct hook *hook)
{
        int pidfd = INIT_NO_FD, pid, r, status;

        pid = init_vfork(run_hook, hook, &pidfd);
        if (pid < 0)
                return init_fail(in, PLAN_DETAIL_FORK, pid);
        if (hook->error != 0) {
                (void)sys_wait(pid, &status);
                r = init_fail(in, PLAN_DETAIL_EXEC, hook->error);
        } else {
                r = wait_for_hook(in, pid, pidfd, step->n[2]);
        }
        init_close(&pidfd);
        return r;
}

/* Before the pivot paths are the host's, afterwards the container's: as the specification wants it. */
int init_step_hook(struct init *in, const struct plan_step *step)
{
        struct hook hook = { .in = in, .path = init_text(in, step->s[0]) };
        int r;

        if (!hook.path)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        r = init_split_table(in, step, step->n[0], step->n[1], 0, &hook.argv, &hook.envp);
        if (r < 0)
                return r;
        hook.state_fd = make_state(in, in->pivoted ? in->plan->state_created : in->plan->state_creating);
        if (hook.state_fd < 0)
                return init_fail(in, PLAN_DETAIL_OPEN, hook.state_fd);
        r = run(in, step, &hook);
        init_close(&hook.state_fd);
        return r;
}
