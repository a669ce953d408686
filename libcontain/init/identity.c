/* SPDX-License-Identifier: MIT */

/*
 * User, groups, capabilities. Raw system calls of this one thread; each is checked, and none follows one
 * that failed.
 */

#include "init/init.h"

#define CAPABILITIES 64

static int set_capabilities(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        const struct __user_cap_data_struct data[2] = {
                { (uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable },
                { (uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32) },
        };

        return sys_capset(&header, data);
}

/* What becoming somebody other than root takes away, though permitted: the steps that follow need it. */
static int raise_effective(void)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[2];
        int r;

        r = sys_capget(&header, data);
        if (r < 0)
                return r;
        data[0].effective = data[0].permitted;
        data[1].effective = data[1].permitted;
        return sys_capset(&header, data);
}

int init_set_ids(struct init *in, uint32_t uid, uint32_t gid)
{
        int r;

        r = sys_prctl(PR_SET_KEEPCAPS, 1, 0);
        if (r < 0)
                return r;
        r = sys_setresgid(gid, gid, gid);
        if (r < 0)
                return init_fail(in, PLAN_DETAIL_GID, r);
        r = sys_setresuid(uid, uid, uid);
        if (r < 0)
                return init_fail(in, PLAN_DETAIL_UID, r);
        return uid != 0 ? raise_effective() : 0;
}

int init_step_identity(struct init *in, const struct plan_step *step)
{
        int r;

        if (step->n[2] != PLAN_GROUPS_KEEP) {
                r = sys_setgroups(step->blob_size / sizeof(uint32_t),
                                  step->blob ? init_blob(in, step) : NULL);
                if (r < 0 && !(r == -EPERM && step->n[2] == PLAN_GROUPS_TRY))
                        return init_fail(in, PLAN_DETAIL_GROUPS, r);
        }
        return init_set_ids(in, (uint32_t)step->n[0], (uint32_t)step->n[1]);
}

int init_step_bounding(struct init *in, const struct plan_step *step)
{
        (void)in;
        for (unsigned capability = 0; capability < CAPABILITIES; capability++) {
                int r;

                if (step->n[0] >> capability & 1)
                        continue;
                r = sys_prctl(PR_CAPBSET_DROP, capability, 0);
                if (r == -EINVAL) /* the kernel knows no more */
                        return 0;
                if (r == -EPERM && sys_prctl(PR_CAPBSET_READ, capability, 0) == 0)
                        continue;
                if (r < 0)
                        return r;
        }
        return 0;
}

int init_step_capabilities(struct init *in, const struct plan_step *step)
{
        uint64_t ambient = step->n[3];
        int r;

        (void)in;
        r = set_capabilities(step->n[0], step->n[1], step->n[2]);
        if (r < 0)
                return r;
        r = sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0);
        for (unsigned capability = 0; capability < CAPABILITIES && r == 0; capability++)
                if (ambient >> capability & 1)
                        r = sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability);
        return r;
}

int init_step_no_new_privs(struct init *in, const struct plan_step *step)
{
        (void)in;
        (void)step;
        return sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0);
}

int init_step_umask(struct init *in, const struct plan_step *step)
{
        (void)sys_umask((unsigned)step->n[0]);
        in->umask_set = true;
        return 0;
}
