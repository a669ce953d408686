/* SPDX-License-Identifier: MIT */

/*
 * Mounts that take privilege in a certain user namespace. Who owns the pid, network, ipc or cgroup namespace
 * that a file system shows may mount it; who entered a user namespace may not undo what others mounted.
 */

#include "host/mount-hints.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif

static const struct {
        const char *fs;
        uint64_t type;       /* of the namespace that the file system shows */
        const char *missing; /* without a new one of those */
        const char *refused; /* with one */
} shown[] = {
        { "proc", CLONE_NEWPID,
          "a procfs takes a pid namespace of the container's own; without one bind '/proc' with 'rbind'",
          "a procfs can be mounted only where no part of the caller's own '/proc' is covered or read-only, "
          "as "
          "parts are in most containers: start the outer one without maskedPaths and readonlyPaths, or bind "
          "'/proc' with 'rbind'" },
        { "sysfs", CLONE_NEWNET,
          "a sysfs takes a network namespace of the container's own; without one bind '/sys' with 'rbind'",
          "a sysfs can be mounted only where no part of the caller's own '/sys' is covered or read-only, as "
          "in most containers: bind '/sys' with 'rbind'" },
        { "mqueue", CLONE_NEWIPC,
          "an mqueue takes an ipc namespace of the container's own; without one bind '/dev/mqueue'", NULL },
        { "cgroup", CLONE_NEWCGROUP, "it takes a cgroup namespace of the container's own", NULL },
        { "cgroup2", CLONE_NEWCGROUP, "it takes a cgroup namespace of the container's own", NULL },
};

static bool has_new_namespace(const struct ct_plan *plan, uint64_t type)
{
        const struct plan_header *header = ct_plan_header(plan);

        if (header->clone_flags & type)
                return true;
        for (uint32_t i = 0; i < header->n_steps; i++)
                if (ct_plan_step(plan, i)->op == STEP_UNSHARE && (ct_plan_step(plan, i)->n[0] & type))
                        return true;
        return false;
}

static const char *file_system_hint(const struct ct_plan *plan, const struct plan_step *step)
{
        const char *fs = ct_plan_string(plan, step->s[0]);

        for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
                if (strcmp(fs, shown[i].fs) == 0)
                        return has_new_namespace(plan, shown[i].type) ? shown[i].refused : shown[i].missing;
        return "without privilege outside, the kernel mounts only file systems of its own: proc, sysfs, "
               "tmpfs, "
               "devpts, mqueue, cgroup2, overlay, fuse; others have to be mounted on the host and bound";
}

const char *ct_mount_hint(const struct ct_plan *plan, const struct plan_step *step, int error)
{
        if (error != EPERM)
                return NULL;
        switch (step->op) {
        case STEP_FS:
                return file_system_hint(plan, step);
        case STEP_ATTR:
        case STEP_TARGET_ATTR:
        case STEP_REMOUNT:
                return "what was mounted outside of the user namespace keeps its 'ro', 'nosuid', 'nodev', "
                       "'noexec' "
                       "and the kind of its access times: leave the opposite out";
        default:
                return NULL;
        }
}
