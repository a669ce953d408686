/* SPDX-License-Identifier: MIT */

/* The root file system: where it comes from, how it becomes "/", and what it is like then. */

#include "plan/parts.h"

#include <linux/mount.h>
#include <sched.h>

#define PROPAGATION (MS_SHARED | MS_SLAVE | MS_PRIVATE | MS_UNBINDABLE)

/*
 * What the host mounts later on shows in the container, unless it was asked for privacy; never the other
 * way round. "shared" is set on the new root once it is "/", when there are no peers of it outside.
 */
static uint64_t base_propagation(const struct ct_build *build)
{
        return build->spec->linux_.rootfs_propagation & MS_PRIVATE ? MS_PRIVATE : MS_SLAVE;
}

/* The slot of a user namespace with the container's id maps; 0: files show with the ids that they have. */
static int find_map(struct ct_build *build, const char *at, bool by_slot, unsigned *ret,
                    contain_error_t **err)
{
        const struct ct_spec_linux *linux_ = &build->spec->linux_;
        int r;

        *ret = 0;
        if (!build->request->maps_rootfs)
                return 0;
        if (!(build->new_namespaces & CLONE_NEWUSER) || linux_->uid_maps.n == 0 || linux_->gid_maps.n == 0)
                return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, at,
                               "the ids of the root file system are to be mapped without a user namespace");
        if (!by_slot || !build->trees_by_slot) {
                r = ct_fail(
                        err, CONTAIN_E_ROOTFS, EPERM, at,
                        "the ids of a file system of the host can be mapped with CAP_SYS_ADMIN there only");
                ct_error_set_hint(err, "run as root, or give the files to the ids that they are to have");
                return r;
        }
        if (!build->facts->has_idmapped_mounts)
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, at,
                               "this kernel has no id-mapped mounts, they take Linux 5.12");
        *ret = ct_build_slot(build, PLAN_SLOT_USERNS, at, ct_plan_id_map_text(build, &linux_->uid_maps),
                             ct_plan_id_map_text(build, &linux_->gid_maps), 0);
        return 0;
}

int ct_plan_add_rootfs(struct ct_build *build, contain_error_t **err)
{
        static const char at[] = "/root/path";
        const struct ct_spec *spec = build->spec;
        bool by_slot = build->own_mounts && (build->trees_by_slot || build->request->has_rootfs_fd);
        const char *path = NULL;
        unsigned map;
        int r;

        if (spec->has_root)
                path = ct_plan_host_path(build, spec->root_path);
        else if (!build->request->has_rootfs_fd)
                return ct_fail(err, CONTAIN_E_MISSING, EINVAL, "/root", "there is no root file system");

        r = ct_build_keep(build, find_map(build, at, by_slot, &map, err), err);
        if (r < 0)
                return r;
        if (build->own_mounts)
                ct_build_add(build, .op = STEP_PROPAGATE,
                             .at = spec->linux_.rootfs_propagation ? "/linux/rootfsPropagation" : "",
                             .n = { MS_REC | base_propagation(build) });
        if (!by_slot) {
                ct_build_add(build, .op = STEP_ROOTFS, .at = at, .s = { path },
                             .n = { spec->root_readonly, build->own_mounts });
                return 0;
        }
        ct_build_add(build, .op = STEP_ROOTFS, .at = at,
                     .slot = ct_build_slot(build, PLAN_SLOT_ROOTFS, at, path, NULL, map),
                     .n = { spec->root_readonly, build->own_mounts });
        /* The host's clone is a peer of the original, which the step above has not reached: cut it off,
         * or what is mounted in it from here on shows on the host. */
        ct_build_add(build, .op = STEP_TARGET_ATTR, .at = at, .s = { "/" },
                     .n = { 0, 0, base_propagation(build), 1 });
        return 0;
}

int ct_plan_add_pivot(struct ct_build *build, contain_error_t **err)
{
        uint64_t mode = PLAN_PIVOT_ROOT;

        (void)err;
        if (!build->own_mounts)
                mode = PLAN_PIVOT_CHROOT;
        else if (build->request->no_pivot)
                mode = PLAN_PIVOT_MOVE;
        ct_build_add(build, .op = STEP_PIVOT, .at = "/root/path", .n = { mode });
        return 0;
}

int ct_plan_add_root_attributes(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec *spec = build->spec;
        uint64_t propagation = spec->linux_.rootfs_propagation & PROPAGATION;
        uint64_t readonly = spec->root_readonly ? MOUNT_ATTR_RDONLY : 0;
        bool recursive = (spec->linux_.rootfs_propagation & MS_REC) != 0;

        (void)err;
        /* Only the root itself becomes read-only here: what is mounted in it has attributes of its own. */
        if (propagation != 0)
                ct_build_add(build, .op = STEP_ROOT_ATTR, .at = "/linux/rootfsPropagation",
                             .n = { 0, 0, propagation, recursive });
        if (readonly != 0)
                ct_build_add(build, .op = STEP_ROOT_ATTR, .at = "/root/readonly", .n = { readonly });
        return 0;
}
