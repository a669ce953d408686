/* SPDX-License-Identifier: MIT */

/* What the whole configuration comes down to, in the few answers that several parts need. */

#include "plan/parts.h"

#include <linux/capability.h>
#include <sched.h>
#include <string.h>

bool ct_plan_has_capability(const struct ct_build *build, unsigned number)
{
        return build->facts->capabilities >> number & 1;
}

bool ct_plan_is_before(const struct ct_facts *facts, unsigned major, unsigned minor)
{
        return facts->kernel_major < major || (facts->kernel_major == major && facts->kernel_minor < minor);
}

const char *ct_plan_namespace_at(struct ct_build *build, uint64_t type)
{
        size_t i;

        if (!ct_spec_namespace_find(build->spec, type, &i))
                return "";
        return ct_build_text(build, "/linux/namespaces/%zu", i);
}

static void decide_namespaces(struct ct_build *build)
{
        const struct ct_spec_linux *linux_ = &build->spec->linux_;

        /* A descriptor takes the place of what the configuration says. */
        build->joined_namespaces = build->request->namespace_fds;
        build->userns = (build->joined_namespaces & CLONE_NEWUSER) != 0;
        /* What there is of a container that is there already has been looked at. */
        if (build->request->exec)
                return;
        for (size_t i = 0; i < linux_->n_namespaces; i++)
                if (linux_->namespaces[i].path)
                        build->joined_namespaces |= linux_->namespaces[i].type;
        for (size_t i = 0; i < linux_->n_namespaces; i++)
                build->new_namespaces |= linux_->namespaces[i].type & ~build->joined_namespaces;

        build->userns = ((build->new_namespaces | build->joined_namespaces) & CLONE_NEWUSER) != 0;
        build->own_mounts = (build->new_namespaces & CLONE_NEWNS) != 0;
}

/*
 * Without privilege the kernel lets one write a map of one line, of one id, one's own; that of the groups
 * only after setgroups(2) was given up for good. Anything else is up to newuidmap(1) and newgidmap(1).
 */
static void decide_id_maps(struct ct_build *build)
{
        const struct ct_spec_linux *linux_ = &build->spec->linux_;
        bool own_ids;

        if (!(build->new_namespaces & CLONE_NEWUSER))
                return;
        if (ct_plan_has_capability(build, CAP_SETUID) && ct_plan_has_capability(build, CAP_SETGID))
                return;
        own_ids = ct_plan_id_map_is_own(&linux_->uid_maps, build->facts->uid) &&
                  ct_plan_id_map_is_own(&linux_->gid_maps, build->facts->gid);
        build->id_helpers = !own_ids;
        build->deny_setgroups = own_ids;
}

/* Is the host's own /dev what the container sees as /dev? Then it is not ours to change. */
static bool binds_host_dev(struct ct_build *build)
{
        const struct ct_spec *spec = build->spec;
        bool found = false;

        for (size_t i = 0; i < spec->n_mounts; i++) {
                const struct ct_spec_mount *mount = &spec->mounts[i];

                if (mount->remount || strcmp(ct_plan_clean_path(build, mount->destination), "/dev") != 0)
                        continue;
                found = mount->bind && mount->source[0] == '/' &&
                        strcmp(ct_plan_clean_path(build, mount->source), "/dev") == 0;
        }
        return found;
}

int ct_plan_decide(struct ct_build *build, contain_error_t **err)
{
        (void)err;
        decide_namespaces(build);
        decide_id_maps(build);
        build->trees_by_slot = build->own_mounts && ct_plan_has_capability(build, CAP_SYS_ADMIN) &&
                               !build->facts->foreign_mounts;
        build->host_dev = binds_host_dev(build);
        if (build->userns)
                build->flags |= PLAN_FLAG_USERNS;
        if (build->request->become)
                build->flags |= PLAN_FLAG_BECOME;
        return 0;
}
