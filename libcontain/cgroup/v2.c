/* SPDX-License-Identifier: MIT */

/* What v2 asks for before limits can be set: each controller is enabled in every cgroup above. */

#include "cgroup/internal.h"
#include "cgroup/writes.h"

#include "base/buf.h"
#include "base/fds.h"

#include <fcntl.h>
#include <string.h>

/* Enabled where that is possible, for statistics and for limits that come later. */
static const char *const usual[] = { "cpu", "memory", "pids", "io" };

#define N_USUAL (sizeof usual / sizeof usual[0])

/* One controller to be enabled. */
struct wish {
        const char *name;
        const char *at; /* NULL: one of the usual ones, which nobody asked for */
        int r;          /* why it could not be enabled */
};

static bool is_needed(const struct ct_cgroup_writes *writes, const char *name)
{
        for (size_t i = 0; i < writes->n_needs; i++)
                if (strcmp(writes->needs[i].controller, name) == 0)
                        return true;
        return false;
}

static struct wish *list_wishes(const struct ct_hierarchy *hierarchy, const struct ct_cgroup_writes *writes,
                                size_t *ret_n)
{
        struct wish *wishes = calloc(writes->n_needs + N_USUAL, sizeof *wishes);
        size_t n = 0;

        if (!wishes)
                return NULL;
        for (size_t i = 0; i < writes->n_needs; i++)
                wishes[n++] = (struct wish){ .name = writes->needs[i].controller, .at = writes->needs[i].at };
        for (size_t i = 0; i < N_USUAL; i++)
                if (ct_hierarchy_has(hierarchy, usual[i]) && !is_needed(writes, usual[i]))
                        wishes[n++] = (struct wish){ .name = usual[i] };
        *ret_n = n;
        return wishes;
}

/* The first wish that the cgroup does not have yet, NULL when it has all. */
static const struct wish *find_missing(const struct ct_hierarchy *hierarchy, const char *path,
                                       const struct wish *wishes, size_t n, bool needed_only)
{
        struct ct_hierarchy leaf = { .v2 = true };
        _cleanup_free_ char *text = NULL;
        char file[PATH_MAX];

        if (ct_cgroup_format(file, hierarchy, path, "cgroup.controllers") >= 0)
                (void)ct_read_file_at(AT_FDCWD, file, 65536, &text, NULL);
        leaf.controllers = text;
        for (size_t i = 0; i < n; i++)
                if (!(needed_only && !wishes[i].at) && !(text && ct_hierarchy_has(&leaf, wishes[i].name)))
                        return &wishes[i];
        return NULL;
}

/* Enables for what is below @folder: all at once, or, as one that is refused takes the others with it, one by
 * one. */
static int enable_below(const char *folder, struct wish *wishes, size_t n)
{
        _cleanup_buf_ struct ct_buf all = CT_BUF_INIT;
        _cleanup_close_ int fd = -EBADF;

        fd = open(folder, O_WRONLY | O_CLOEXEC);
        for (size_t i = 0; fd < 0 && i < n; i++)
                wishes[i].r = -errno;
        if (fd < 0)
                return 0;
        for (size_t i = 0; i < n; i++)
                (void)ct_buf_printf(&all, "%s+%s", i > 0 ? " " : "", wishes[i].name);
        if (all.failed)
                return -ENOMEM;
        if (write(fd, all.data, all.size) >= 0)
                return 0;
        for (size_t i = 0; i < n; i++) {
                char one[NAME_MAX + 2] = "+";

                (void)strncat(one, wishes[i].name, NAME_MAX);
                if (write(fd, one, strlen(one)) < 0)
                        wishes[i].r = -errno;
        }
        return 0;
}

static int fail(const struct wish *wish, const char *path, contain_error_t **err)
{
        int r;

        r = ct_fail(err, CONTAIN_E_CGROUP, wish->r < 0 ? -wish->r : EOPNOTSUPP, wish->at,
                    "cannot enable cgroup controller '%s' for '%s'", wish->name, path);
        if (wish->r == -EBUSY)
                ct_error_set_hint(
                        err, "a cgroup that has processes cannot hand controllers on to cgroups below it");
        return r;
}

int ct_v2_enable(const struct ct_hierarchy *hierarchy, const char *path,
                 const struct ct_cgroup_writes *writes, contain_error_t **err)
{
        _cleanup_free_ struct wish *wishes = NULL;
        const struct wish *missing;
        char part[PATH_MAX], file[PATH_MAX];
        size_t n;
        int r;

        wishes = list_wishes(hierarchy, writes, &n);
        if (!wishes)
                return ct_fail_memory(err);
        /* The cgroup itself is there already, so nobody can remove those above any more. */
        if (n == 0 || !find_missing(hierarchy, path, wishes, n, false))
                return 0;
        for (const char *end = path; *end != '\0'; end = strchrnul(end + 1, '/')) {
                memcpy(part, path, (size_t)(end - path));
                part[end - path] = '\0';
                r = ct_cgroup_format(file, hierarchy, part, "cgroup.subtree_control");
                if (r >= 0)
                        r = enable_below(file, wishes, n);
                if (r < 0)
                        return r == -ENOMEM ? ct_fail_memory(err)
                                            : ct_fail(err, CONTAIN_E_CGROUP, -r, "/linux/cgroupsPath",
                                                      "cannot enable controllers for '%s'", path);
        }
        missing = find_missing(hierarchy, path, wishes, n, true);
        return missing ? fail(missing, path, err) : 0;
}
