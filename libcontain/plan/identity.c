/* SPDX-License-Identifier: MIT */

/*
 * Who the process is: user, groups, umask, and the five sets of capabilities (capabilities(7)).
 *
 * What the kernel would refuse to grant is left out, as the runtime-spec wants it. A configuration without
 * process.capabilities gets none at all: what nobody asked for is not given.
 */

#include "plan/parts.h"

#include <linux/capability.h>
#include <sched.h>
#include <string.h>

int ct_plan_add_umask(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec_user *user = &build->spec->process.user;

        (void)err;
        if (user->has_umask)
                ct_build_add(build, .op = STEP_UMASK, .at = "/process/user/umask", .n = { user->umask });
        return 0;
}

/* --- user and groups ------------------------------------------------------------------------- */

/*
 * For files of the host that a user may reach by a group only (podman run --group-add keep-groups). Engines
 * set it beside additionalGids, too, which they have from the image.
 */
bool ct_plan_keeps_groups(const struct ct_spec *spec)
{
        for (size_t i = 0; i < spec->annotations.n; i++)
                if (strcmp(spec->annotations.items[i].key, "run.oci.keep_original_groups") == 0)
                        return strcmp(spec->annotations.items[i].value, "1") == 0 ||
                               strcmp(spec->annotations.items[i].value, "true") == 0;
        return false;
}

/*
 * The caller's user namespace has given up setgroups(2), as that of a user with one id has to, and the
 * container stays in it. Nobody has additional groups there; yet engines name those that the image has.
 */
bool ct_plan_lacks_groups(const struct ct_spec *spec, const struct ct_facts *facts,
                          const struct ct_request *request)
{
        bool own = (request->namespace_fds & CLONE_NEWUSER) ||
                   ct_spec_namespace_find(spec, CLONE_NEWUSER, NULL) != NULL;

        return facts->denies_setgroups && !own;
}

static bool leaves_groups(const struct ct_build *build)
{
        return ct_plan_keeps_groups(build->spec) ||
               ct_plan_lacks_groups(build->spec, build->facts, build->request);
}

static int check_ids(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec_user *user = &build->spec->process.user;
        const struct ct_spec_linux *linux_ = &build->spec->linux_;
        int r;

        r = ct_plan_check_mapped(build, &linux_->uid_maps, user->uid, "/process/user/uid", err);
        if (r < 0)
                return r;
        r = ct_plan_check_mapped(build, &linux_->gid_maps, user->gid, "/process/user/gid", err);
        if (r < 0)
                return r;
        for (size_t i = 0; i < user->n_groups && !leaves_groups(build); i++) {
                r = ct_plan_check_mapped(build, &linux_->gid_maps, user->groups[i],
                                         ct_build_text(build, "/process/user/additionalGids/%zu", i), err);
                if (r < 0)
                        return r;
        }
        return 0;
}

/*
 * The caller's own supplementary groups go, too, wherever the kernel allows that. It does not where
 * setgroups(2) had to be given up, which nobody knows of a namespace that is joined.
 */
static uint64_t groups_mode(const struct ct_build *build)
{
        if (leaves_groups(build))
                return PLAN_GROUPS_KEEP;
        if (build->spec->process.user.n_groups > 0)
                return PLAN_GROUPS_SET;
        if (build->joined_namespaces & CLONE_NEWUSER)
                return PLAN_GROUPS_TRY;
        if (build->new_namespaces & CLONE_NEWUSER)
                return build->deny_setgroups ? PLAN_GROUPS_KEEP : PLAN_GROUPS_SET;
        return ct_plan_has_capability(build, CAP_SETGID) ? PLAN_GROUPS_SET : PLAN_GROUPS_KEEP;
}

int ct_plan_add_identity(struct ct_build *build, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf groups = CT_BUF_INIT;
        const struct ct_spec_user *user = &build->spec->process.user;
        int r;

        r = check_ids(build, err);
        if (r < 0)
                return r;
        if (user->n_groups > 0 && build->deny_setgroups && !leaves_groups(build)) {
                r = ct_fail(err, CONTAIN_E_IDENTITY, EPERM, "/process/user/additionalGids",
                            "a user namespace that maps one group only has no additional groups");
                ct_error_set_hint(err, "map more groups, which takes newgidmap and /etc/subgid");
                r = ct_build_keep(build, r, err);
                if (r < 0)
                        return r;
        }
        if (groups_mode(build) != PLAN_GROUPS_KEEP)
                (void)ct_buf_append(&groups, user->groups, user->n_groups * sizeof(user->groups[0]));
        ct_build_add(build, .op = STEP_IDENTITY, .at = "/process/user",
                     .n = { user->uid, user->gid, groups_mode(build) }, .blob = &groups);
        return 0;
}

/* --- capabilities ---------------------------------------------------------------------------- */

/* Those that can be had: that the kernel knows, and that the caller has where nothing else gives them. */
static uint64_t can_be_had(const struct ct_facts *facts, bool userns)
{
        uint64_t known =
                facts->last_capability >= 63 ? UINT64_MAX : (UINT64_C(2) << facts->last_capability) - 1;

        return userns ? known : known & facts->capabilities;
}

static uint64_t available(const struct ct_build *build)
{
        return can_be_had(build->facts, build->userns);
}

uint64_t ct_plan_missing_capabilities(const struct ct_spec *spec, const struct ct_facts *facts,
                                      const struct ct_request *request)
{
        const struct ct_spec_capabilities *sets = &spec->process.capabilities;
        bool userns = (request->namespace_fds & CLONE_NEWUSER) ||
                      ct_spec_namespace_find(spec, CLONE_NEWUSER, NULL) != NULL;

        return (sets->bounding | sets->effective | sets->inheritable | sets->permitted | sets->ambient) &
               ~can_be_had(facts, userns);
}

int ct_plan_add_bounding(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec_capabilities *sets = &build->spec->process.capabilities;

        (void)err;
        ct_build_add(build, .op = STEP_BOUNDING, .at = sets->has ? "/process/capabilities/bounding" : "",
                     .n = { sets->bounding & available(build) });
        return 0;
}

int ct_plan_add_capabilities(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec_capabilities *sets = &build->spec->process.capabilities;
        uint64_t permitted = sets->permitted & available(build);
        /* The bounding set is dropped by then, and limits what can be made inheritable. */
        uint64_t inheritable = sets->inheritable & sets->bounding & available(build);

        (void)err;
        ct_build_add(build, .op = STEP_CAPABILITIES, .at = sets->has ? "/process/capabilities" : "",
                     .n = { sets->effective & permitted, permitted, inheritable,
                            sets->ambient & permitted & inheritable });
        return 0;
}
