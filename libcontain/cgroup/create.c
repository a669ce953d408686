/* SPDX-License-Identifier: MIT */

/* A container's cgroups made, with their limits, or looked at before that. update.c changes limits later on,
 * destroy.c takes them down. */

#include "cgroup/controllers.h"
#include "cgroup/devices.h"
#include "cgroup/systemd/systemd.h"

#include "base/fds.h"
#include "base/problems.h"

#define AT_PATH "/linux/cgroupsPath"

/* A folder that was there before is fine as long as nobody lives in it, or below. *ret_bare: none is below.
 */
static int check_unused(const struct ct_cgroup *cgroup, size_t i, bool *ret_bare, contain_error_t **err)
{
        _cleanup_pids_ struct ct_pid_list list = { 0 };
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = ct_cgroup_open(cgroup, i);
        r = fd < 0 ? fd : ct_procs_read_below(fd, &list);
        if (r >= 0)
                r = ct_folders_below(fd);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_CGROUP, -r, AT_PATH, "cannot look into cgroup '%s'",
                               cgroup->members[i].path);
        *ret_bare = r == 0;
        if (list.n > 0)
                return ct_fail(err, CONTAIN_E_CGROUP, EBUSY, AT_PATH, "cgroup '%s' has processes already",
                               cgroup->members[i].path);
        if (ct_cgroup_frozen((struct ct_cgroup *)cgroup) > 0)
                return ct_fail(err, CONTAIN_E_CGROUP, EBUSY, AT_PATH, "cgroup '%s' is frozen",
                               cgroup->members[i].path);
        return 0;
}

/* What the hierarchy itself wants before limits can be written and processes can come. */
static int prepare(struct ct_cgroup *cgroup, size_t i, const struct ct_cgroup_writes *writes,
                   contain_error_t **err)
{
        const struct ct_hierarchy *hierarchy = &cgroup->layout->items[i];
        struct ct_cgroup_member *member = &cgroup->members[i];
        int r = 0;

        if (hierarchy->v2) {
                cgroup->v2_fd = ct_close(cgroup->v2_fd);
                cgroup->v2_fd = ct_high_fd(ct_cgroup_open(cgroup, i));
                if (cgroup->v2_fd < 0)
                        return ct_fail(err, CONTAIN_E_CGROUP, -cgroup->v2_fd, AT_PATH,
                                       "cannot open cgroup '%s'", member->path);
                return ct_v2_enable(hierarchy, member->path, writes, err);
        }
        if (ct_hierarchy_has(hierarchy, "cpuset"))
                r = ct_cpuset_inherit(hierarchy, member->path, member->made);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_CGROUP, -r, AT_PATH,
                               "cannot give cpuset cgroup '%s' the processors of its parent", member->path);
        return 0;
}

static int apply(const struct ct_cgroup *cgroup, size_t i, const struct ct_cgroup_writes *writes,
                 contain_error_t **err)
{
        _cleanup_close_ int fd = -EBADF;

        if (writes->n == 0 && !writes->devices)
                return 0;
        if (cgroup->layout->items[i].v2 && cgroup->v2_fd >= 0)
                return ct_writes_apply(writes, cgroup->v2_fd, err);
        fd = ct_cgroup_open(cgroup, i);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_CGROUP, -fd, AT_PATH, "cannot open cgroup '%s'",
                               cgroup->members[i].path);
        return ct_writes_apply(writes, fd, err);
}

/* Whether a hierarchy that the caller may not use can be done without. */
static bool can_pass_over(const struct ct_spec_resources *resources, const struct ct_cgroup_writes *writes,
                          int r)
{
        bool has_devices = writes->devices;

        if (r != -EACCES && r != -EPERM && r != -EROFS && r != -ENOENT)
                return false;
        for (size_t i = 0; i < writes->n; i++)
                has_devices = has_devices || writes->items[i].flags & CT_WRITE_DEVICES;
        if (has_devices && resources->n_devices > 0 && ct_cgroup_restricts_devices())
                return false;
        return !ct_writes_asked(writes) && writes->n_needs == 0;
}

static int fail_folder(const struct ct_cgroup *cgroup, size_t i, const struct ct_cgroup_writes *writes, int r,
                       contain_error_t **err)
{
        const char *at = ct_writes_asked(writes);

        (void)ct_fail(err, CONTAIN_E_CGROUP, -r, at ? at : AT_PATH, "cannot make cgroup '%s%s'",
                      cgroup->layout->items[i].mountpoint, cgroup->members[i].path);
        if (cgroup->layout->items[i].v2 && writes->n_needs > 0)
                ct_v2_hint_delegation(r, writes->needs[0].controller, err);
        return r;
}

static int set_up(struct ct_cgroup *cgroup, size_t i, const struct ct_spec_resources *resources,
                  const struct ct_cgroup_writes *writes, contain_error_t **err)
{
        struct ct_cgroup_member *member = &cgroup->members[i];
        int r;

        r = ct_folders_make(&cgroup->layout->items[i], member->path, &member->made);
        if (r < 0 && can_pass_over(resources, writes, r)) {
                ct_folders_remove_parents(&cgroup->layout->items[i], member->path, member->made);
                member->made = 0;
                free(ct_take(member->path));
                return 0;
        }
        if (r < 0)
                return fail_folder(cgroup, i, writes, r, err);
        if (r > 0) {
                member->made = 0;
                /* systemd's is new, and has the container's first process already. */
                r = cgroup->scope ? 0 : check_unused(cgroup, i, &member->bare, err);
                if (r < 0)
                        return r;
        }
        r = prepare(cgroup, i, writes, err);
        if (r >= 0)
                r = apply(cgroup, i, writes, err);
        if (r >= 0 && cgroup->has_owner && cgroup->layout->kind == CT_CGROUPS_V2)
                r = ct_cgroup_hand_over(cgroup->v2_fd, cgroup->owner, err);
        return r;
}

static void undo(struct ct_cgroup *cgroup)
{
        cgroup->created = false;
        cgroup->v2_fd = ct_close(cgroup->v2_fd);
        for (size_t i = 0; i < cgroup->layout->n; i++) {
                struct ct_cgroup_member *member = &cgroup->members[i];

                if (!member->path || member->made == 0)
                        continue;
                (void)ct_folders_remove(&cgroup->layout->items[i], member->path, false);
                ct_folders_remove_parents(&cgroup->layout->items[i], member->path, member->made);
                member->made = 0;
        }
}

static int check_folder(const struct ct_cgroup *cgroup, size_t i, const struct ct_spec_resources *resources,
                        const struct ct_cgroup_writes *writes, contain_error_t **err)
{
        int r = ct_folders_foresee(&cgroup->layout->items[i], cgroup->members[i].path);
        bool bare;

        if (r > 0)
                return check_unused(cgroup, i, &bare, err);
        if (r == 0 || can_pass_over(resources, writes, r))
                return 0;
        return fail_folder(cgroup, i, writes, r, err);
}

int ct_cgroup_check(struct ct_cgroup *cgroup, const struct ct_spec_resources *resources, bool exists,
                    struct ct_arena *arena, contain_error_t **err)
{
        struct ct_cgroup_writes *lists;
        int r;

        r = ct_cgroup_compile(cgroup, resources, false, arena, &lists, err);
        if (r < 0 || exists || cgroup->scope) /* whose folders are systemd's to make */
                return r;
        for (size_t i = 0; i < cgroup->layout->n; i++) {
                if (!cgroup->members[i].path)
                        continue;
                r = check_folder(cgroup, i, resources, &lists[i], err);
                r = ct_problems_keep(ct_arena_problems(arena), r, err);
                if (r < 0)
                        return r;
        }
        return 0;
}

int ct_cgroup_create(struct ct_cgroup *cgroup, const struct ct_spec_resources *resources,
                     contain_error_t **err)
{
        static const struct ct_spec_resources none = { 0 };
        _cleanup_(ct_arena_freep) struct ct_arena *arena = NULL;
        struct ct_cgroup_writes *lists;
        int r;

        resources = resources ? resources : &none;
        arena = ct_arena_new();
        if (!arena)
                return ct_fail_memory(err);
        r = ct_cgroup_compile(cgroup, resources, false, arena, &lists, err);
        if (r < 0)
                return r;
        cgroup->created = true;
        for (size_t i = 0; i < cgroup->layout->n; i++) {
                if (!cgroup->members[i].path)
                        continue;
                r = set_up(cgroup, i, resources, &lists[i], err);
                if (r < 0) {
                        undo(cgroup);
                        return r;
                }
        }
        return 0;
}
