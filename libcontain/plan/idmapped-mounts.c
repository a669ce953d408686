/* SPDX-License-Identifier: MIT */

/*
 * Mounts that show their files with other ids than they have. The kernel lets those map them who have
 * CAP_SYS_ADMIN in the user namespace that the file system was mounted in: the host for what it binds, and
 * contain-init for what it mounts, which in a user namespace shows that one's ids already.
 */

#include "plan/parts.h"

static const char *place(struct ct_build *build, const struct ct_spec_mount *mount, const char *at)
{
        if (!mount->idmap)
                return ct_build_text(build, "%s/uidMappings", at);
        return ct_plan_option_at(build, mount, at, mount->idmap_recursive ? "ridmap" : "idmap");
}

static bool is_idmapped(const struct ct_spec_mount *mount)
{
        /* The maps say it as well as the word does. */
        return mount->idmap || mount->uid_maps.n > 0;
}

static bool is_same_map(const struct ct_spec_id_maps *a, const struct ct_spec_id_maps *b)
{
        bool same = a->n == b->n;

        for (size_t i = 0; i < a->n && same; i++)
                same = a->items[i].container_id == b->items[i].container_id &&
                       a->items[i].host_id == b->items[i].host_id && a->items[i].size == b->items[i].size;
        return same;
}

/* Are they those of the container's own user namespace? */
static bool has_containers_maps(const struct ct_build *build, const struct ct_spec_mount *mount)
{
        const struct ct_spec_linux *linux_ = &build->spec->linux_;

        return mount->uid_maps.n == 0 || (is_same_map(&mount->uid_maps, &linux_->uid_maps) &&
                                          is_same_map(&mount->gid_maps, &linux_->gid_maps));
}

int ct_plan_refuse_idmap(struct ct_build *build, const struct ct_spec_mount *mount, const char *at,
                         const char *what, contain_error_t **err)
{
        if (!is_idmapped(mount))
                return 0;
        return ct_fail(err, CONTAIN_E_VALUE, EINVAL, place(build, mount, at), "%s", what);
}

static int check_kernel(struct ct_build *build, const struct ct_spec_mount *mount, const char *at,
                        contain_error_t **err)
{
        if (build->facts->has_idmapped_mounts)
                return 0;
        return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, place(build, mount, at),
                       "this kernel has no id-mapped mounts, they take Linux 5.12");
}

static int find_userns(struct ct_build *build, const struct ct_spec_mount *mount, const char *at,
                       unsigned *ret, contain_error_t **err)
{
        const struct ct_spec_linux *linux_ = &build->spec->linux_;
        const struct ct_spec_id_maps *uid_maps = &mount->uid_maps, *gid_maps = &mount->gid_maps;

        if (uid_maps->n == 0 && build->user_slot != 0) {
                *ret = build->user_slot; /* the joined namespace has the very maps that are meant */
                return 0;
        }
        if (uid_maps->n == 0) {
                uid_maps = &linux_->uid_maps;
                gid_maps = &linux_->gid_maps;
        }
        if (uid_maps->n == 0 || gid_maps->n == 0)
                return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, at,
                               "an id-mapped mount needs mappings, its own or those of a user namespace");
        *ret = ct_build_slot(build, PLAN_SLOT_USERNS, place(build, mount, at),
                             ct_plan_id_map_text(build, uid_maps), ct_plan_id_map_text(build, gid_maps), 0);
        return 0;
}

int ct_plan_idmap_bind(struct ct_build *build, const struct ct_spec_mount *mount, const char *at,
                       unsigned *ret, contain_error_t **err)
{
        int r;

        if (!is_idmapped(mount))
                return 0;
        if (build->userns && !build->trees_by_slot) {
                r = ct_fail(
                        err, CONTAIN_E_MOUNT, EPERM, place(build, mount, at),
                        "the ids of a file system of the host can be mapped with CAP_SYS_ADMIN there only");
                ct_error_set_hint(err, "run as root, or leave the id map out");
                return r;
        }
        r = check_kernel(build, mount, at, err);
        return r < 0 ? r : find_userns(build, mount, at, ret, err);
}

int ct_plan_idmap_file_system(struct ct_build *build, const struct ct_spec_mount *mount, const char *at,
                              unsigned *ret, contain_error_t **err)
{
        int r;

        if (!is_idmapped(mount))
                return 0;
        if (build->userns && has_containers_maps(build, mount))
                return 0; /* as it is mounted there, which the kernel calls no sense to map once more */
        if (build->userns) {
                r = ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, place(build, mount, at),
                            "a file system that is mounted in the container's user namespace has its id map, "
                            "and can have no other");
                ct_error_set_hint(err, "mount it on the host, and bind it with these maps");
                ct_error_set_cause(err, CONTAIN_CAUSE_CONFIG);
                return r;
        }
        r = check_kernel(build, mount, at, err);
        return r < 0 ? r : find_userns(build, mount, at, ret, err);
}

void ct_plan_add_idmap(struct ct_build *build, const struct ct_spec_mount *mount, const char *at,
                       unsigned slot)
{
        if (slot != 0)
                ct_build_add(build, .op = STEP_IDMAP, .at = place(build, mount, at), .slot = slot,
                             .n = { mount->idmap_recursive });
}
