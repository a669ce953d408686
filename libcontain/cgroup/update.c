/* SPDX-License-Identifier: MIT */

/*
 * Limits of cgroups that exist, changed: all that is asked for, or nothing. What can be found out before is;
 * what the kernel refuses half-way has what was changed until then brought back.
 */

#include "cgroup/controllers.h"
#include "cgroup/devices.h"
#include "cgroup/systemd/systemd.h"

#include "base/fds.h"

struct update {
        struct ct_cgroup *cgroup;
        struct ct_arena *arena;
        struct ct_cgroup_writes *lists, *undo; /* one per hierarchy */
        int *fds;                              /* of the folders; negative where nothing is changed */
};

static void update_done(struct update *update)
{
        for (size_t i = 0; update->fds && i < update->cgroup->layout->n; i++)
                (void)ct_close(update->fds[i]);
        ct_arena_free(update->arena);
}

/* Opens a folder, and sees that what is to be written there has its files. */
static int prepare(struct update *update, size_t i, contain_error_t **err)
{
        const struct ct_hierarchy *hierarchy = &update->cgroup->layout->items[i];
        const char *path = update->cgroup->members[i].path;
        struct ct_cgroup_writes *list = &update->lists[i];
        int r = 0;

        update->undo[i].arena = update->arena;
        if (!path || (list->n == 0 && !list->devices))
                return 0;
        update->fds[i] = ct_cgroup_open(update->cgroup, i);
        if (update->fds[i] < 0)
                return ct_fail(err, CONTAIN_E_CGROUP, -update->fds[i], ct_writes_asked(list),
                               "cannot open cgroup '%s'", path);
        if (hierarchy->v2 && list->n_needs > 0)
                r = ct_v2_enable(hierarchy, path, list, err);
        if (r >= 0)
                r = ct_writes_check(list, update->fds[i], err);
        return r;
}

static int remember(struct update *update, contain_error_t **err)
{
        for (size_t i = 0; i < update->cgroup->layout->n; i++) {
                if (update->fds[i] >= 0)
                        ct_writes_remember(&update->lists[i], update->fds[i], &update->undo[i]);
                if (update->undo[i].failed)
                        return ct_fail_memory(err);
        }
        return 0;
}

/* Whether the list has rules about devices: their program, or the hierarchy that has nothing else. */
static bool has_devices(const struct ct_cgroup_writes *list)
{
        return list->devices || (list->n > 0 && list->items[0].flags & CT_WRITE_DEVICES);
}

/* Devices last: what they were is not always known. */
static int apply(struct update *update, contain_error_t **err)
{
        for (int devices = 0; devices < 2; devices++)
                for (size_t i = 0; i < update->cgroup->layout->n; i++) {
                        int r = 0;

                        if (update->fds[i] >= 0 && has_devices(&update->lists[i]) == (devices == 1))
                                r = ct_writes_apply(&update->lists[i], update->fds[i], err);
                        if (r < 0)
                                return r;
                }
        return 0;
}

static void take_back(struct update *update)
{
        if (update->cgroup->scope)
                (void)ct_scope_update(update->cgroup->scope, update->cgroup, update->undo, NULL);
        for (size_t i = 0; i < update->cgroup->layout->n; i++)
                if (update->fds[i] >= 0)
                        ct_writes_take_back(&update->undo[i], update->fds[i]);
}

int ct_cgroup_update(struct ct_cgroup *cgroup, const struct ct_spec_resources *resources,
                     struct ct_passed_over *ret, contain_error_t **err)
{
        _cleanup_(update_done) struct update update = { .cgroup = cgroup, .arena = ct_arena_new() };
        size_t n = cgroup->layout->n;
        int r;

        if (!update.arena)
                return ct_fail_memory(err);
        update.undo = ct_arena_array(update.arena, n, sizeof *update.undo);
        update.fds = ct_arena_array(update.arena, n, sizeof *update.fds);
        if (!update.undo || !update.fds)
                return ct_fail_memory(err);
        for (size_t i = 0; i < n; i++)
                update.fds[i] = -EBADF;
        r = ct_cgroup_compile(cgroup, resources, true, update.arena, &update.lists, err);
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = prepare(&update, i, err);
        if (r >= 0)
                r = remember(&update, err);
        if (r >= 0 && cgroup->scope)
                r = ct_scope_update(cgroup->scope, cgroup, update.lists, err);
        if (r < 0)
                return r;
        r = apply(&update, err);
        if (r < 0) {
                take_back(&update);
                return r;
        }
        if (ret && n > 0)
                *ret = *update.lists[0].passed_over;
        return 0;
}
