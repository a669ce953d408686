/* SPDX-License-Identifier: MIT */

/*
 * Namespaces: which ones the process is cloned into, which ones it joins or unshares, in what order,
 * and what is set inside of them at once (names, time offsets, loopback). Id maps have their own file.
 */

#include "plan/parts.h"

#include <inttypes.h>
#include <sched.h>

/* These wait: for the cgroup that the container is to see as the root, and for the offsets. */
#define UNSHARED_LATER ((uint64_t)(CLONE_NEWCGROUP | CLONE_NEWTIME))

/* The mount namespace comes last, as it changes the root. */
static const uint64_t join_order[] = { CLONE_NEWIPC,    CLONE_NEWUTS,  CLONE_NEWNET, CLONE_NEWPID,
                                       CLONE_NEWCGROUP, CLONE_NEWTIME, CLONE_NEWNS };
#define JOINABLE (sizeof(join_order) / sizeof(join_order[0]))

struct joins {
        unsigned slots[JOINABLE]; /* 0: not joined */
};

static const char *joined_path(const struct ct_build *build, uint64_t type)
{
        const struct ct_spec_namespace *entry = ct_spec_namespace_find(build->spec, type, NULL);

        return entry && !(build->request->namespace_fds & type) ? entry->path : NULL;
}

static unsigned namespace_slot(struct ct_build *build, uint64_t type)
{
        return ct_build_slot(build, PLAN_SLOT_NAMESPACE, ct_plan_namespace_at(build, type),
                             joined_path(build, type), NULL, type);
}

static void add_joins(struct ct_build *build, struct joins *joins, uint64_t mode)
{
        for (size_t i = 0; i < JOINABLE; i++) {
                if (!(build->joined_namespaces & join_order[i]))
                        continue;
                if (joins->slots[i] == 0)
                        joins->slots[i] = namespace_slot(build, join_order[i]);
                ct_build_add(build, .op = STEP_JOIN, .at = ct_plan_namespace_at(build, join_order[i]),
                             .slot = joins->slots[i], .n = { join_order[i], mode });
        }
}

/* The process becomes the container's root, if there is one: files that it makes belong to that. */
static void add_root_ids(struct ct_build *build)
{
        const struct ct_spec_linux *linux_ = &build->spec->linux_;

        if (ct_plan_maps_are_known(build) &&
            !(ct_plan_id_is_mapped(&linux_->uid_maps, 0) && ct_plan_id_is_mapped(&linux_->gid_maps, 0)))
                return;
        ct_build_add(build, .op = STEP_ROOT_IDS, .at = ct_plan_namespace_at(build, CLONE_NEWUSER),
                     .n = { 0, 0 });
}

int ct_plan_add_hide(struct ct_build *build, contain_error_t **err)
{
        (void)err;
        ct_build_add(build, .op = STEP_HIDE);
        return 0;
}

static int add_direct(struct ct_build *build, contain_error_t **err)
{
        struct joins joins = { { 0 } };
        int r;

        build->clone_flags = build->new_namespaces & ~UNSHARED_LATER;
        add_joins(build, &joins, PLAN_JOIN_MUST);
        if (build->new_namespaces & CLONE_NEWUSER) {
                build->flags |= PLAN_FLAG_AMBIENT;
                r = ct_plan_add_id_maps(build, err);
                if (r < 0)
                        return r;
                add_root_ids(build);
        }
        return ct_plan_add_hide(build, err);
}

static int add_user_namespace(struct ct_build *build, contain_error_t **err)
{
        const char *at = ct_plan_namespace_at(build, CLONE_NEWUSER);
        int r;

        if (build->joined_namespaces & CLONE_NEWUSER) {
                build->user_slot = namespace_slot(build, CLONE_NEWUSER);
                ct_build_add(build, .op = STEP_JOIN, .at = at, .slot = build->user_slot,
                             .n = { CLONE_NEWUSER, PLAN_JOIN_MUST });
        } else {
                ct_build_add(build, .op = STEP_UNSHARE, .at = at, .n = { CLONE_NEWUSER });
                r = ct_plan_add_id_maps(build, err);
                if (r < 0)
                        return r;
        }
        add_root_ids(build);
        return 0;
}

/*
 * In steps, and in a process that forks the container's one when they are done. Joined namespaces may
 * belong to the user namespace of the host, then they are entered with the privilege that one has there;
 * or to the container's, then that has to be entered first. What was refused at first is tried again.
 */
static int add_staged(struct ct_build *build, contain_error_t **err)
{
        uint64_t rest = build->new_namespaces & ~(UNSHARED_LATER | CLONE_NEWUSER);
        struct joins joins = { { 0 } };
        int r;

        add_joins(build, &joins, build->userns ? PLAN_JOIN_TRY : PLAN_JOIN_MUST);
        if (build->userns) {
                r = add_user_namespace(build, err);
                if (r < 0)
                        return r;
                add_joins(build, &joins, PLAN_JOIN_RETRY);
        }
        if (rest != 0)
                ct_build_add(build, .op = STEP_UNSHARE, .at = "/linux/namespaces", .n = { rest });
        /* Before the fork: the child may be born where others look for something to trace. */
        r = ct_plan_add_hide(build, err);
        if (r < 0)
                return r;
        if (!build->request->become) {
                build->flags |= PLAN_FLAG_STAGED;
                ct_build_add(build, .op = STEP_FORK, .at = "/linux/namespaces");
        }
        return 0;
}

/*
 * Into a container that is there. Hidden from the first: what is joined has others in it, who may be hostile.
 * Changing the user namespace changes what is dumpable where a sysctl says so, and then it takes a second
 * time.
 */
static int add_way_in(struct ct_build *build, contain_error_t **err)
{
        struct joins joins = { { 0 } };
        int r;

        r = ct_plan_add_hide(build, err);
        if (r < 0)
                return r;
        add_joins(build, &joins, build->userns ? PLAN_JOIN_TRY : PLAN_JOIN_MUST);
        if (build->userns) {
                r = add_user_namespace(build, err);
                if (r < 0)
                        return r;
                add_joins(build, &joins, PLAN_JOIN_RETRY);
                r = ct_plan_add_hide(build, err);
        }
        return r;
}

static void add_enter_root(struct ct_build *build)
{
        ct_build_add(build, .op = STEP_ENTER_ROOT,
                     .slot = build->request->chroot ? ct_build_slot(build, PLAN_SLOT_ROOT, "", NULL, NULL, 0)
                                                    : 0);
}

int ct_plan_add_entry(struct ct_build *build, contain_error_t **err)
{
        int r = add_way_in(build, err);

        /* The host has moved it meanwhile: what is forked is in there from its birth. */
        if (r == 0)
                r = ct_plan_add_cgroup(build, err);
        if (r < 0)
                return r;
        if (build->request->detach || (build->joined_namespaces & (CLONE_NEWPID | CLONE_NEWUSER))) {
                build->flags |= PLAN_FLAG_STAGED;
                ct_build_add(build, .op = STEP_FORK, .at = "/linux/namespaces",
                             .n = { 0, build->request->detach });
        }
        add_enter_root(build);
        return 0;
}

/*
 * Whoever may not clone what is mounted outside may do so in the container's user namespace, in a copy of the
 * mount table, which is then left for that of the container.
 */
static int add_way_in_with_tree(struct ct_build *build, contain_error_t **err)
{
        struct joins joins = { { 0 } };
        int r;

        r = ct_plan_add_hide(build, err);
        if (r == 0)
                r = add_user_namespace(build, err);
        if (r < 0)
                return r;
        ct_build_add(build, .op = STEP_UNSHARE, .n = { CLONE_NEWNS });
        ct_plan_add_later_tree(build);
        add_joins(build, &joins, PLAN_JOIN_MUST);
        return ct_plan_add_hide(build, err);
}

int ct_plan_add_mount_entry(struct ct_build *build, contain_error_t **err)
{
        int r = build->request->mount->source ? add_way_in_with_tree(build, err) : add_way_in(build, err);

        if (r == 0)
                add_enter_root(build);
        return r;
}

/* Does the kernel have what is asked for? */
static int check_kernel(struct ct_build *build, contain_error_t **err)
{
        const struct ct_facts *facts = build->facts;
        const struct {
                uint64_t type;
                bool has;
        } optional[] = {
                { CLONE_NEWUSER, facts->has_user_namespace },
                { CLONE_NEWCGROUP, facts->has_cgroup_namespace },
                { CLONE_NEWTIME, facts->has_time_namespace },
        };

        for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++) {
                const struct ct_spec_namespace *entry =
                        ct_spec_namespace_find(build->spec, optional[i].type, NULL);

                int r = 0;

                if (entry && !optional[i].has)
                        r = ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP,
                                    ct_plan_namespace_at(build, optional[i].type),
                                    "this kernel has no %s namespaces", entry->name);
                r = ct_build_keep(build, r, err);
                if (r < 0)
                        return r;
        }
        return 0;
}

int ct_plan_add_namespaces(struct ct_build *build, contain_error_t **err)
{
        bool new_user = (build->new_namespaces & CLONE_NEWUSER) != 0;
        int r;

        r = check_kernel(build, err);
        if (r < 0)
                return r;
        if (build->request->become || (build->joined_namespaces & (CLONE_NEWPID | CLONE_NEWUSER)) ||
            (new_user && build->joined_namespaces != 0))
                return add_staged(build, err);
        return add_direct(build, err);
}

/* --- the cgroup, and the namespaces that wait for it ---------------------------------------- */

static void add_time(struct ct_build *build)
{
        const struct ct_spec_linux *linux_ = &build->spec->linux_;
        const struct ct_spec_time_offset *monotonic = &linux_->time_monotonic,
                                         *boottime = &linux_->time_boottime;
        const char *at = ct_plan_namespace_at(build, CLONE_NEWTIME), *offsets = "";

        ct_build_add(build, .op = STEP_UNSHARE, .at = at, .n = { CLONE_NEWTIME });
        if (monotonic->has)
                offsets = ct_build_text(build, "monotonic %" PRId64 " %u\n", monotonic->secs,
                                        monotonic->nanosecs);
        if (boottime->has)
                offsets = ct_build_text(build, "%sboottime %" PRId64 " %u\n", offsets, boottime->secs,
                                        boottime->nanosecs);
        if (offsets[0] != '\0')
                ct_build_add(build, .op = STEP_TIME_OFFSETS, .at = "/linux/timeOffsets", .s = { offsets });
        ct_build_add(build, .op = STEP_ENTER_TIME, .at = at);
}

/*
 * As late as anything allows: on cgroup v1 the host is moving the process meanwhile, and the kernel takes its
 * time over that. So this is called before whatever shows cgroups, and again when all is mounted.
 */
int ct_plan_add_cgroup(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec_linux *linux_ = &build->spec->linux_;
        const char *path = build->request->cgroup_path;

        (void)err;
        if (build->in_cgroup)
                return 0;
        build->in_cgroup = true;
        /* One that becomes the container is where its caller has put itself. */
        if (!build->request->become && path && path[0] != '\0')
                ct_build_add(build, .op = STEP_CGROUP,
                             .at = linux_->cgroups_path && !build->request->exec ? "/linux/cgroupsPath" : "",
                             .s = { path });
        if (build->new_namespaces & CLONE_NEWCGROUP)
                ct_build_add(build, .op = STEP_UNSHARE, .at = ct_plan_namespace_at(build, CLONE_NEWCGROUP),
                             .n = { CLONE_NEWCGROUP });
        return 0;
}

int ct_plan_add_time(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec_linux *linux_ = &build->spec->linux_;

        if (build->new_namespaces & CLONE_NEWTIME)
                add_time(build);
        else if (linux_->time_monotonic.has || linux_->time_boottime.has)
                return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, "/linux/timeOffsets",
                               "time offsets need a new time namespace");
        return 0;
}

/* --- names, and the network's one interface -------------------------------------------------- */

int ct_plan_add_names(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec *spec = build->spec;

        (void)err;
        if (build->new_namespaces & CLONE_NEWNET)
                ct_build_add(build, .op = STEP_LOOPBACK, .at = ct_plan_namespace_at(build, CLONE_NEWNET));
        if (spec->hostname)
                ct_build_add(build, .op = STEP_HOSTNAME, .at = "/hostname", .s = { spec->hostname });
        if (spec->domainname)
                ct_build_add(build, .op = STEP_DOMAINNAME, .at = "/domainname", .s = { spec->domainname });
        return 0;
}
