/* SPDX-License-Identifier: MIT */

/* Descriptors that the user's process starts with. All others are close-on-exec. */

#include "init/init.h"

/* Numbers above every one that the plan may ask for: it asks for consecutive ones. */
static int first_free_number(const struct init *in)
{
        const struct plan_step *steps = init_plan_steps(in);
        uint64_t highest = PLAN_SOCKET_FD;

        for (uint32_t i = 0; i < in->plan->n_steps; i++)
                if (steps[i].op == STEP_EXTRA_FD && steps[i].n[0] > highest)
                        highest = steps[i].n[0];
        return (int)highest + 1;
}

/* Whatever of ours has @number gets another one. */
static int move_away(struct init *in, int number)
{
        int *own[] = { &in->plan_fd, &in->host_fd, &in->report_fd, &in->root_fd,    &in->tree_fd,
                       &in->proc_fd, &in->null_fd, &in->empty_fd,  &in->terminal_fd };
        const size_t n_own = sizeof(own) / sizeof(own[0]);
        int moved = INIT_NO_FD;

        for (uint32_t i = 0; i < n_own + in->plan->n_slots; i++) {
                int *fd = i < n_own ? own[i] : &in->slots[i - n_own];

                if (*fd != number)
                        continue;
                if (moved < 0)
                        moved = sys_fcntl(number, F_DUPFD_CLOEXEC, first_free_number(in));
                if (moved < 0)
                        return moved;
                *fd = moved;
        }
        return 0;
}

int init_place(struct init *in, int fd, int number)
{
        int r;

        /* It may be wanted under this number and by a later step under another. */
        if (fd == number) {
                r = move_away(in, number);
                return r < 0 ? r : sys_fcntl(number, F_SETFD, 0);
        }
        r = move_away(in, number);
        if (r < 0)
                return r;
        return sys_dup3(fd, number, 0);
}

int init_step_stdio(struct init *in, const struct plan_step *step)
{
        if (step->n[0] > 2)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        return init_place(in, init_slot(in, step), (int)step->n[0]);
}

int init_step_extra_fd(struct init *in, const struct plan_step *step)
{
        if (step->n[0] > INT32_MAX)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        return init_place(in, init_slot(in, step), (int)step->n[0]);
}
