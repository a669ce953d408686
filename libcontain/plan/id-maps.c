/* SPDX-License-Identifier: MIT */

/* Id maps of a new user namespace (user_namespaces(7)). */

#include "plan/parts.h"

#include <sched.h>

#define MAX_LINES 340 /* the kernel's own limit, since Linux 4.15 */

const char *ct_plan_id_map_text(struct ct_build *build, const struct ct_spec_id_maps *maps)
{
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT;

        for (size_t i = 0; i < maps->n; i++)
                (void)ct_buf_printf(&text, "%u %u %u\n", maps->items[i].container_id, maps->items[i].host_id,
                                    maps->items[i].size);
        return ct_build_buf_text(build, &text);
}

bool ct_plan_id_is_mapped(const struct ct_spec_id_maps *maps, uint32_t id)
{
        for (size_t i = 0; i < maps->n; i++)
                if (id >= maps->items[i].container_id &&
                    id - maps->items[i].container_id < maps->items[i].size)
                        return true;
        return false;
}

bool ct_plan_id_map_is_own(const struct ct_spec_id_maps *maps, uint32_t id)
{
        return maps->n == 1 && maps->items[0].size == 1 && maps->items[0].host_id == id;
}

/* "0, 1000-1999" */
static const char *mapped_text(struct ct_build *build, const struct ct_spec_id_maps *maps)
{
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT;

        for (size_t i = 0; i < maps->n; i++) {
                uint32_t first = maps->items[i].container_id, last = first + (maps->items[i].size - 1);

                (void)ct_buf_printf(&text, "%s%u", i ? ", " : "", first);
                if (last != first)
                        (void)ct_buf_printf(&text, "-%u", last);
        }
        return maps->n ? ct_build_buf_text(build, &text) : "none";
}

bool ct_plan_maps_are_known(const struct ct_build *build)
{
        /* Of a namespace that somebody else has made, they are not. */
        if (build->request->exec)
                return (build->joined_namespaces & CLONE_NEWUSER) && build->spec->linux_.uid_maps.n > 0;
        return (build->new_namespaces & CLONE_NEWUSER) != 0;
}

int ct_plan_check_mapped(struct ct_build *build, const struct ct_spec_id_maps *maps, uint32_t id,
                         const char *at, contain_error_t **err)
{
        int r;

        if (!ct_plan_maps_are_known(build) || ct_plan_id_is_mapped(maps, id))
                return 0;
        r = ct_fail(err, CONTAIN_E_IDMAP, EINVAL, at, "id %u is not mapped into the container", id);
        ct_error_set_hint(err, "those that are: %s", mapped_text(build, maps));
        return ct_build_keep(build, r, err);
}

static int check_map(const struct ct_spec_id_maps *maps, const char *at, contain_error_t **err)
{
        if (maps->n > MAX_LINES)
                return ct_fail(err, CONTAIN_E_IDMAP, E2BIG, at,
                               "%zu id mappings are more than the kernel's limit of %d", maps->n, MAX_LINES);
        return 0;
}

static int check_helper(const char *path, const char *name, const char *at, contain_error_t **err)
{
        int r;

        if (path)
                return 0;
        r = ct_fail(err, CONTAIN_E_IDMAP, EPERM, at,
                    "these ids can be mapped only by root or by '%s', which is absent", name);
        ct_error_set_hint(
                err,
                "install the package uidmap and give the user ids in /etc/subuid and /etc/subgid, or map "
                "one id only, your own");
        return r;
}

int ct_plan_add_id_maps(struct ct_build *build, contain_error_t **err)
{
        static const char uid_at[] = "/linux/uidMappings", gid_at[] = "/linux/gidMappings";
        const struct ct_spec_linux *linux_ = &build->spec->linux_;
        int r;

        r = ct_build_keep(build, check_map(&linux_->uid_maps, uid_at, err), err);
        if (r < 0)
                return r;
        r = ct_build_keep(build, check_map(&linux_->gid_maps, gid_at, err), err);
        if (r < 0)
                return r;
        if (build->id_helpers) {
                r = ct_build_keep(build, check_helper(build->facts->newuidmap, "newuidmap", uid_at, err),
                                  err);
                if (r < 0)
                        return r;
                r = ct_build_keep(build, check_helper(build->facts->newgidmap, "newgidmap", gid_at, err),
                                  err);
                if (r < 0)
                        return r;
        }
        ct_build_add(build, .op = STEP_ID_MAPS, .at = uid_at,
                     .s = { ct_plan_id_map_text(build, &linux_->uid_maps),
                            ct_plan_id_map_text(build, &linux_->gid_maps) },
                     .n = { build->id_helpers, build->deny_setgroups });
        return 0;
}
