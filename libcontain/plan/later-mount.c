/* SPDX-License-Identifier: MIT */

/* A mount in a container that is there, made or taken off (docs/plan.md, "A mount later on"). */

#include "plan/parts.h"

#include <linux/mount.h>
#include <string.h>

void ct_plan_add_later_tree(struct ct_build *build)
{
        const struct ct_later_mount *mount = build->request->mount;
        unsigned slot = mount->source ? 0 : ct_build_slot(build, PLAN_SLOT_EXTRA, NULL, NULL, NULL, 0);

        ct_build_add(build, .op = STEP_TREE, .slot = slot, .s = { mount->source },
                     .n = { mount->recursive, 0, mount->device, mount->inode });
}

/* What is mounted there later on is the host's affair, and reaches the container; not the other way round. */
static void add_mount(struct ct_build *build)
{
        const struct ct_later_mount *mount = build->request->mount;

        if (!mount->source)
                ct_plan_add_later_tree(build);
        ct_build_add(build, .op = STEP_ATTR, .n = { mount->attributes, 0, MS_SLAVE, mount->recursive });
        ct_build_add(build, .op = STEP_ATTACH, .s = { mount->target },
                     .n = { mount->create ? 0 : PLAN_ATTACH_EXISTING });
}

int ct_plan_compile_mount(const struct ct_spec *spec, const struct ct_facts *facts,
                          const struct ct_request *request, struct ct_plan **ret, contain_error_t **err)
{
        _cleanup_(ct_build_done) struct ct_build build = { 0 };
        const struct ct_later_mount *mount = request->mount;
        int r;

        r = ct_build_init(&build, spec, facts, request, err);
        if (r < 0)
                return r;
        if (mount->target[0] != '/' || strcmp(ct_plan_clean_path(&build, mount->target), "/") == 0)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL,
                               "'%s' is not an absolute path below the container's root", mount->target);
        r = ct_plan_decide(&build, err);
        if (r == 0)
                r = ct_plan_add_mount_entry(&build, err);
        if (r < 0)
                return r;
        if (mount->unmount)
                ct_build_add(&build, .op = STEP_UNMOUNT, .s = { mount->target }, .n = { mount->lazy });
        else
                add_mount(&build);
        ct_build_add(&build, .op = STEP_READY);
        return ct_build_finish(&build, ret, err);
}
