/* SPDX-License-Identifier: MIT */

/* Frozen or not: v1's freezer controller, v2's cgroup.freeze. In hybrid mode either may be in use. */

#include "cgroup/internal.h"

#include "base/fds.h"

#include <fcntl.h>
#include <string.h>

/* Writes to the v1 freezer, if there is one, and to v2. */
static void set(struct ct_cgroup *cgroup, const char *v1_value, const char *v2_value)
{
        int v1 = ct_cgroup_find(cgroup, "freezer", NULL), v2 = ct_cgroup_find_v2(cgroup);
        char file[PATH_MAX];

        if (v1 >= 0 && ct_cgroup_format(file, &cgroup->layout->items[v1], cgroup->members[v1].path,
                                        "freezer.state") >= 0)
                (void)ct_write_file_at(AT_FDCWD, file, v1_value);
        if (v2 >= 0 && ct_cgroup_format(file, &cgroup->layout->items[v2], cgroup->members[v2].path,
                                        "cgroup.freeze") >= 0)
                (void)ct_write_file_at(AT_FDCWD, file, v2_value);
}

void ct_cgroup_freeze(struct ct_cgroup *cgroup)
{
        set(cgroup, "FROZEN", "1");
}

void ct_cgroup_thaw(struct ct_cgroup *cgroup)
{
        set(cgroup, "THAWED", "0");
}

/* Whether @line is a line of the file of hierarchy @i. */
static int has_line(const struct ct_cgroup *cgroup, int i, const char *file, const char *line)
{
        _cleanup_free_ char *text = NULL;
        size_t length = strlen(line);
        char path[PATH_MAX];
        int r;

        r = ct_cgroup_format(path, &cgroup->layout->items[i], cgroup->members[i].path, file);
        if (r < 0)
                return r;
        r = ct_read_file_at(AT_FDCWD, path, 65536, &text, NULL);
        if (r < 0)
                return r;
        for (const char *p = text; *p != '\0';) {
                if (strncmp(p, line, length) == 0 && (p[length] == '\n' || p[length] == '\0'))
                        return 1;
                p = strchrnul(p, '\n');
                p += *p == '\n';
        }
        return 0;
}

int ct_cgroup_frozen(struct ct_cgroup *cgroup)
{
        int v1 = ct_cgroup_find(cgroup, "freezer", NULL), v2 = ct_cgroup_find_v2(cgroup);
        int r = -EOPNOTSUPP;

        if (v1 >= 0)
                r = has_line(cgroup, v1, "freezer.state", "FROZEN");
        if (r <= 0 && v2 >= 0) {
                int r_v2 = has_line(cgroup, v2, "cgroup.events", "frozen 1");

                r = r_v2 > 0 || r < 0 ? r_v2 : r;
        }
        return r;
}
