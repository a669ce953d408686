/* SPDX-License-Identifier: MIT */

/* Configurations that cannot be carried out here, whatever the details: said before anything is planned. */

#include "plan/parts.h"

#include <linux/capability.h>
#include <sched.h>

/* Without a mount namespace of its own, all of this would change the mount table of whoever has it. */
static int refuse_foreign_mounts(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec *spec = build->spec;
        const struct {
                bool asked;
                const char *at;
        } uses[] = {
                { spec->n_mounts > 0, "/mounts/0" },
                { spec->root_readonly, "/root/readonly" },
                { spec->linux_.rootfs_propagation != 0, "/linux/rootfsPropagation" },
                { spec->linux_.masked_paths.n > 0, "/linux/maskedPaths/0" },
                { spec->linux_.readonly_paths.n > 0, "/linux/readonlyPaths/0" },
                { spec->process.terminal, "/process/terminal" },
                { build->request->has_rootfs_fd, "/root/path" },
        };

        for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]) && !build->own_mounts; i++) {
                int r = 0;

                if (uses[i].asked)
                        r = ct_fail(
                                err, CONTAIN_E_CONFLICT, EINVAL, uses[i].at,
                                "this takes a new mount namespace, which /linux/namespaces does not have");
                r = ct_build_keep(build, r, err);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int refuse_hooks(struct ct_build *build, contain_error_t **err)
{
        static const enum ct_spec_hook_kind outside[] = { CT_HOOK_PRESTART, CT_HOOK_CREATE_RUNTIME,
                                                          CT_HOOK_POSTSTART, CT_HOOK_POSTSTOP };

        for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
                const char *name = ct_spec_hook_name(outside[i]);
                int r = 0;

                if (build->spec->hooks[outside[i]].n > 0)
                        r = ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, ct_build_text(build, "/hooks/%s", name),
                                    "a process that becomes the container leaves nobody to run %s hooks",
                                    name);
                r = ct_build_keep(build, r, err);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int refuse_in_place(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec *spec = build->spec;

        if (!build->request->become)
                return 0;
        if ((build->new_namespaces | build->joined_namespaces) & CLONE_NEWPID)
                return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, ct_plan_namespace_at(build, CLONE_NEWPID),
                               "a process cannot change its own pid namespace");
        if (spec->linux_.intel_rdt.has &&
            (!spec->linux_.intel_rdt.clos_id || spec->linux_.intel_rdt.enable_monitoring))
                return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, "/linux/intelRdt",
                               "a process that becomes the container leaves nobody to remove its class of "
                               "service or monitoring group: name a class");
        if (spec->process.terminal)
                return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, "/process/terminal",
                               "a process that becomes the container keeps its own terminal");
        if (ct_plan_seccomp_notifies(&spec->linux_.seccomp))
                return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, "/linux/seccomp",
                               "a process that becomes the container leaves nobody to be notified");
        return refuse_hooks(build, err);
}

/* Every namespace but that of users takes privilege, which a new user namespace gives. */
static int refuse_without_privilege(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec_linux *linux_ = &build->spec->linux_;
        int r;

        if (build->userns || ct_plan_has_capability(build, CAP_SYS_ADMIN))
                return 0;
        for (size_t i = 0; i < linux_->n_namespaces; i++) {
                if (!(linux_->namespaces[i].type & build->new_namespaces))
                        continue;
                r = ct_fail(err, CONTAIN_E_NAMESPACE, EPERM, ct_build_text(build, "/linux/namespaces/%zu", i),
                            "a new %s namespace takes CAP_SYS_ADMIN", linux_->namespaces[i].name);
                ct_error_set_hint(err, "add a user namespace, or run as root");
                r = ct_build_keep(build, r, err);
                if (r < 0)
                        return r;
        }
        return 0;
}

int ct_plan_refuse(struct ct_build *build, contain_error_t **err)
{
        static int (*const refusals[])(struct ct_build *, contain_error_t **) = {
                refuse_without_privilege,
                refuse_in_place,
                refuse_foreign_mounts,
        };
        int r;

        for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
                r = ct_build_keep(build, refusals[i](build, err), err);
                if (r < 0)
                        return r;
        }
        return 0;
}
