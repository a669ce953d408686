/* SPDX-License-Identifier: MIT */

/* A process moved into a container's cgroups, all of them or none. */

#include "cgroup/internal.h"

#include "base/fds.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

static int move(const struct ct_hierarchy *hierarchy, const char *path, const char *pid)
{
        char file[PATH_MAX];
        int r;

        r = ct_cgroup_format(file, hierarchy, path, "cgroup.procs");
        return r < 0 ? r : ct_write_file_at(AT_FDCWD, file, pid);
}

/* Moves the process back to where the caller is, as far as that goes, in the hierarchies before @end. */
static void move_back(const struct ct_cgroup *cgroup, size_t end, const char *pid, bool v2_done)
{
        for (size_t i = 0; i < end; i++) {
                const struct ct_hierarchy *hierarchy = &cgroup->layout->items[i];

                if (cgroup->members[i].path && hierarchy->own_path && !(hierarchy->v2 && v2_done))
                        (void)move(hierarchy, hierarchy->own_path, pid);
        }
}

int ct_cgroup_enter(struct ct_cgroup *cgroup, pid_t pid, bool v2_done, contain_error_t **err)
{
        char number[16];
        int r;

        (void)snprintf(number, sizeof number, "%d", (int)pid);
        for (size_t i = 0; i < cgroup->layout->n; i++) {
                const struct ct_hierarchy *hierarchy = &cgroup->layout->items[i];
                const char *path = cgroup->members[i].path;

                if (!path || (hierarchy->v2 && v2_done))
                        continue;
                r = move(hierarchy, path, number);
                if (r < 0) {
                        move_back(cgroup, i, number, v2_done);
                        (void)ct_fail(err, CONTAIN_E_CGROUP, -r, "/linux/cgroupsPath",
                                      "cannot move process %d to cgroup '%s%s'", (int)pid,
                                      hierarchy->mountpoint, path);
                        if (hierarchy->v2 && (r == -EOPNOTSUPP || r == -EBUSY))
                                ct_v2_hint_type(hierarchy, path, err);
                        return r;
                }
        }
        return 0;
}
