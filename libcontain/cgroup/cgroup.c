/* SPDX-License-Identifier: MIT */

/* One container's cgroups across the hierarchies: which they are, and how to get at them. */

#include "cgroup/internal.h"
#include "cgroup/systemd/systemd.h"

#include "base/fds.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define AT_PATH "/linux/cgroupsPath"

struct ct_cgroup *ct_cgroup_free(struct ct_cgroup *cgroup)
{
        int saved = errno;

        if (!cgroup)
                return NULL;
        (void)ct_close(cgroup->v2_fd);
        for (size_t i = 0; cgroup->members && i < cgroup->layout->n; i++)
                free(cgroup->members[i].path);
        free(cgroup->members);
        ct_scope_free(cgroup->scope);
        free(cgroup);
        errno = saved;
        return NULL;
}

struct ct_cgroup *ct_cgroup_alloc(const struct ct_cgroup_layout *layout)
{
        struct ct_cgroup *cgroup = calloc(1, sizeof *cgroup);

        if (!cgroup)
                return NULL;
        cgroup->layout = layout;
        cgroup->v2_fd = -EBADF;
        cgroup->members = calloc(layout->n + 1, sizeof *cgroup->members);
        return cgroup->members ? cgroup : ct_cgroup_free(cgroup);
}

static bool may_make_in(const struct ct_hierarchy *hierarchy, const char *path)
{
        char full[PATH_MAX];

        return ct_cgroup_format(full, hierarchy, path, NULL) >= 0 &&
               faccessat(AT_FDCWD, full, W_OK, AT_EACCESS) == 0;
}

/*
 * Where a container goes that may be anywhere, "" for the top. Beside the caller's own cgroup where that may
 * be: on v2, one that has processes can hand no controllers down.
 */
static int find_place(const struct ct_hierarchy *hierarchy, char **ret)
{
        _cleanup_free_ char *place = NULL;

        if (!hierarchy->own_path || strcmp(hierarchy->own_path, "/") == 0 || may_make_in(hierarchy, "")) {
                place = strdup("");
        } else {
                place = strdup(hierarchy->own_path);
                if (place && hierarchy->v2)
                        ct_cgroup_cut(place);
                if (place && hierarchy->v2 && !may_make_in(hierarchy, place)) {
                        free(place);
                        place = strdup(hierarchy->own_path);
                }
        }
        if (!place)
                return -ENOMEM;
        *ret = ct_take(place);
        return 0;
}

/* Names the cgroup in one hierarchy; *ret is NULL where the caller's own cgroup is not to be seen. */
static int name_member(const struct ct_hierarchy *hierarchy, const char *path, const char *id, char **ret)
{
        _cleanup_free_ char *place = NULL;
        const char *own = hierarchy->own_path;
        char *name = NULL;
        int n;

        if (path && path[0] == '/') {
                n = asprintf(&name, "%s", path);
        } else if (path) {
                if (!own)
                        return 0;
                n = asprintf(&name, "%s/%s", strcmp(own, "/") == 0 ? "" : own, path);
        } else {
                if (find_place(hierarchy, &place) < 0)
                        return -ENOMEM;
                n = asprintf(&name, "%s/contain-%s", place, id);
        }
        if (n < 0)
                return -ENOMEM;
        *ret = name;
        return 0;
}

int ct_cgroup_new(const struct ct_cgroup_layout *layout, const char *path, const char *id,
                  struct ct_cgroup **ret, contain_error_t **err)
{
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *cgroup = NULL;
        int r;

        cgroup = ct_cgroup_alloc(layout);
        if (!cgroup)
                return ct_fail_memory(err);
        for (size_t i = 0; i < layout->n; i++) {
                struct ct_cgroup_member *member = &cgroup->members[i];

                r = name_member(&layout->items[i], path, id, &member->path);
                if (r < 0)
                        return ct_fail_memory(err);
                r = member->path ? ct_cgroup_check_path(member->path) : 0;
                if (r < 0)
                        return ct_fail(err, CONTAIN_E_CGROUP, -r, path ? AT_PATH : NULL,
                                       "'%s' is not a path for a cgroup", path ? path : member->path);
        }
        *ret = ct_take(cgroup);
        return 0;
}

const char *ct_cgroup_path(const struct ct_cgroup *cgroup, size_t i)
{
        return i < cgroup->layout->n ? cgroup->members[i].path : NULL;
}

bool ct_cgroup_is_nowhere(const struct ct_cgroup *cgroup)
{
        for (size_t i = 0; i < cgroup->layout->n; i++)
                if (cgroup->members[i].path)
                        return false;
        return true;
}

bool ct_cgroup_can_be(const struct ct_cgroup *cgroup, size_t i)
{
        const struct ct_hierarchy *hierarchy = &cgroup->layout->items[i];
        const char *path = ct_cgroup_path(cgroup, i);
        char full[PATH_MAX];
        size_t top = strlen(hierarchy->mountpoint);

        /* systemd makes its own; what is no path is told of when it is to be made. */
        if (cgroup->scope || !path || ct_cgroup_format(full, hierarchy, path, NULL) < 0)
                return path != NULL;
        if (access(full, F_OK) == 0)
                return true;
        while (strlen(full) > top) {
                ct_cgroup_cut(full);
                if (access(full, F_OK) == 0)
                        return faccessat(AT_FDCWD, full, W_OK, AT_EACCESS) == 0;
        }
        return true;
}

enum ct_cgroup_end ct_cgroup_end(const struct ct_cgroup *cgroup, size_t i)
{
        const struct ct_cgroup_member *member = &cgroup->members[i];

        /* One that was only named goes by its name, and what systemd made is the container's as well. */
        if (!cgroup->created || cgroup->scope || member->made > 0)
                return CT_CGROUP_REMOVED;
        return member->bare ? CT_CGROUP_EMPTIED : CT_CGROUP_LEFT;
}

int ct_cgroup_v2_fd(const struct ct_cgroup *cgroup)
{
        return cgroup->v2_fd >= 0 ? cgroup->v2_fd : -ENOENT;
}

/* Not O_PATH: older kernels attach no BPF program through one. */
int ct_cgroup_open(const struct ct_cgroup *cgroup, size_t i)
{
        char full[PATH_MAX];
        int r, fd;

        r = ct_cgroup_format(full, &cgroup->layout->items[i], cgroup->members[i].path, NULL);
        if (r < 0)
                return r;
        fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}
