/* SPDX-License-Identifier: MIT */

/* What the kernel is told about the user's process: keyring, personality, scheduling, memory policy. */

#include "init/init.h"

/* The possessor may do anything, the owner view, read and search it, nobody else a thing. */
#define KEYRING_ACCESS 0x3f0b0000ul

int init_step_keyring(struct init *in, const struct plan_step *step)
{
        long keyring = sys_keyctl(KEYCTL_JOIN_SESSION_KEYRING, (uintptr_t)init_text(in, step->s[0]), 0);

        /* A kernel without keys has none to share either. */
        if (keyring == -ENOSYS)
                return 0;
        if (keyring < 0)
                return (int)keyring;
        return (int)sys_keyctl(KEYCTL_SETPERM, (unsigned long)keyring, KEYRING_ACCESS);
}

int init_step_personality(struct init *in, const struct plan_step *step)
{
        int r = sys_personality((unsigned long)step->n[0]);

        (void)in;
        return r < 0 ? r : 0;
}

int init_step_scheduler(struct init *in, const struct plan_step *step)
{
        const uint64_t *values = init_blob(in, step);
        struct sched_attr attributes;

        if (step->blob_size != 7 * sizeof(*values))
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        attributes = (struct sched_attr){
                .size = sizeof(attributes),
                .sched_policy = (uint32_t)values[0],
                .sched_flags = values[1],
                .sched_nice = (int32_t)values[2],
                .sched_priority = (uint32_t)values[3],
                .sched_runtime = values[4],
                .sched_deadline = values[5],
                .sched_period = values[6],
        };
        return sys_sched_setattr(&attributes);
}

/* Of its group, which is the container's own; in place it is the caller's, with who knows whom in it. */
int init_step_io_priority(struct init *in, const struct plan_step *step)
{
        return sys_ioprio_set(in->become ? IOPRIO_WHO_PROCESS : IOPRIO_WHO_PGRP, 0,
                              (int)(step->n[0] << IOPRIO_CLASS_SHIFT | step->n[1]));
}

int init_step_memory_policy(struct init *in, const struct plan_step *step)
{
        if (step->n[1] > (uint64_t)step->blob_size * 8)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        /* The kernel looks at one node less than it is told. */
        return sys_set_mempolicy((int)step->n[0], step->blob ? init_blob(in, step) : NULL,
                                 step->n[1] ? (unsigned long)step->n[1] + 1 : 0);
}

int init_step_cpu_affinity(struct init *in, const struct plan_step *step)
{
        int r = sys_sched_setaffinity(step->blob_size, step->blob ? init_blob(in, step) : NULL);

        return r < 0 ? r : 0;
}
