/* SPDX-License-Identifier: MIT */

/* Names of cgroups: what is accepted, where they lead, and which hierarchy has what. */

#include "cgroup/internal.h"

#include <stdio.h>
#include <string.h>

static bool is_name(const char *name, size_t length)
{
        if (length == 0 || length > NAME_MAX)
                return false;
        if (name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.')))
                return false;
        /* The kernel refuses these too, as /proc/PID/cgroup has a line per cgroup. */
        return !memchr(name, '\n', length);
}

int ct_cgroup_check_path(const char *path)
{
        if (path[0] != '/')
                return -EINVAL;
        if (strlen(path) >= PATH_MAX)
                return -ENAMETOOLONG;
        for (const char *name = path; *name == '/';) {
                size_t length = strcspn(++name, "/");

                if (!is_name(name, length))
                        return length > NAME_MAX ? -ENAMETOOLONG : -EINVAL;
                name += length;
        }
        return 0;
}

int ct_cgroup_format(char ret[static PATH_MAX], const struct ct_hierarchy *hierarchy, const char *path,
                     const char *file)
{
        int n = snprintf(ret, PATH_MAX, "%s%s%s%s", hierarchy->mountpoint, path, file ? "/" : "",
                         file ? file : "");

        return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

size_t ct_cgroup_depth(const char *path)
{
        size_t depth = 0;

        for (const char *p = path; *p != '\0'; p++)
                depth += *p == '/';
        return depth;
}

void ct_cgroup_cut(char *path)
{
        char *slash = strrchr(path, '/');

        if (slash)
                *slash = '\0';
}

int ct_cgroup_find_v2(const struct ct_cgroup *cgroup)
{
        for (size_t i = 0; i < cgroup->layout->n; i++)
                if (cgroup->layout->items[i].v2 && cgroup->members[i].path)
                        return (int)i;
        return -1;
}

int ct_cgroup_find(const struct ct_cgroup *cgroup, const char *v1_name, const char *v2_name)
{
        const struct ct_cgroup_layout *layout = cgroup->layout;

        for (size_t i = 0; i < layout->n; i++)
                if (!layout->items[i].v2 && cgroup->members[i].path &&
                    ct_hierarchy_has(&layout->items[i], v1_name))
                        return (int)i;
        for (size_t i = 0; i < layout->n && v2_name; i++)
                if (layout->items[i].v2 && cgroup->members[i].path &&
                    ct_hierarchy_has(&layout->items[i], v2_name))
                        return (int)i;
        return -1;
}
