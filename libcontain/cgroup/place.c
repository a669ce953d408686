/* SPDX-License-Identifier: MIT */

/* Where in a container's cgroups one more process goes. */

#include "cgroup/internal.h"

#include "base/fds.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define FILE_MAX_SIZE (64 * 1024)

/* Does the list of @n bytes "cpu,memory" name one of the hierarchy's controllers? */
static bool is_named(const struct ct_hierarchy *hierarchy, const char *list, size_t n)
{
        char name[64];

        while (n > 0) {
                size_t length = strcspn(list, ",:");

                (void)snprintf(name, sizeof name, "%.*s", (int)length, list);
                if (ct_hierarchy_has(hierarchy, name))
                        return true;
                list += length < n ? length + 1 : n;
                n -= length < n ? length + 1 : n;
        }
        return false;
}

/* Takes @path, which is malloc'd, over. */
static void move_to(struct ct_cgroup *cgroup, size_t i, char *path)
{
        free(cgroup->members[i].path);
        cgroup->members[i].path = path;
        if (cgroup->layout->items[i].v2)
                cgroup->v2_fd = ct_close(cgroup->v2_fd);
}

static int descend_in(struct ct_cgroup *cgroup, size_t i, const char *below, contain_error_t **err)
{
        _cleanup_free_ char *path = NULL;
        int fd;

        if (asprintf(&path, "%s/%s", cgroup->members[i].path, below) < 0)
                return ct_fail_memory(err);
        if (ct_cgroup_check_path(path) < 0)
                return ct_fail(err, CONTAIN_E_CGROUP, EINVAL, NULL, "'%s' is not a path below a cgroup",
                               below);
        move_to(cgroup, i, ct_take(path));
        fd = ct_high_fd(ct_cgroup_open(cgroup, i));
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_CGROUP, -fd, NULL, "cannot use cgroup '%s%s'",
                               cgroup->layout->items[i].mountpoint, cgroup->members[i].path);
        if (cgroup->layout->items[i].v2)
                cgroup->v2_fd = fd;
        else
                ct_close(fd);
        return 0;
}

int ct_cgroup_descend(struct ct_cgroup *cgroup, const char *path, contain_error_t **err)
{
        const char *colon = strchr(path, ':'), *slash = strchr(path, '/'), *below;
        size_t n = colon && (!slash || colon < slash) ? (size_t)(colon - path) : 0;
        bool found = false;

        below = n > 0 ? colon + 1 : path;
        below += strspn(below, "/");
        for (size_t i = 0; i < cgroup->layout->n; i++) {
                const struct ct_hierarchy *hierarchy = &cgroup->layout->items[i];
                int r;

                if (!cgroup->members[i].path || (n > 0 && (hierarchy->v2 || !is_named(hierarchy, path, n))))
                        continue;
                found = true;
                /* The container's own cgroup. */
                if (*below == '\0')
                        continue;
                r = descend_in(cgroup, i, below, err);
                if (r < 0)
                        return r;
        }
        if (!found)
                return ct_fail(err, CONTAIN_E_CGROUP, EINVAL, NULL,
                               "the container has no cgroup v1 hierarchy for '%s'", path);
        return 0;
}

/* --- where the container's process is ------------------------------------------------------- */

static bool hands_controllers_down(const struct ct_cgroup *cgroup)
{
        _cleanup_free_ char *text = NULL;

        return cgroup->v2_fd >= 0 &&
               ct_read_file_at(cgroup->v2_fd, "cgroup.subtree_control", FILE_MAX_SIZE, &text, NULL) == 0 &&
               strspn(text, " \n") < strlen(text);
}

/* The path of "0::/a/b", as the caller sees it; NULL for none. */
static char *own_v2_path(pid_t pid)
{
        _cleanup_free_ char *text = NULL;
        char file[32], *line;

        (void)snprintf(file, sizeof file, "/proc/%d/cgroup", (int)pid);
        if (ct_read_file_at(AT_FDCWD, file, FILE_MAX_SIZE, &text, NULL) < 0)
                return NULL;
        line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
        if (!line)
                return NULL;
        line = strchr(line, '/');
        if (line)
                line[strcspn(line, "\n")] = '\0';
        return line ? strdup(line) : NULL;
}

static bool is_below(const char *path, const char *folder)
{
        size_t size = strlen(folder);

        return strncmp(path, folder, size) == 0 && path[size] == '/';
}

int ct_cgroup_follow(struct ct_cgroup *cgroup, pid_t pid, contain_error_t **err)
{
        _cleanup_free_ char *path = NULL;
        int i = ct_cgroup_find_v2(cgroup), r;

        if (i < 0 || !hands_controllers_down(cgroup))
                return 0;
        path = own_v2_path(pid);
        /* Elsewhere it could only be by the doing of somebody outside. */
        if (!path || !is_below(path, cgroup->members[i].path))
                return 0;
        r = descend_in(cgroup, (size_t)i, path + strlen(cgroup->members[i].path) + 1, err);
        return r;
}
