/* SPDX-License-Identifier: MIT */

/* What v2 asks for before limits can be set: each controller is enabled in every cgroup above. */

#include "cgroup/internal.h"
#include "cgroup/writes.h"

#include "base/buf.h"
#include "base/fds.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* Enabled where that is possible, for statistics and for limits that come later. */
static const char *const usual[] = { "cpu", "memory", "pids", "io" };

#define N_USUAL (sizeof usual / sizeof usual[0])

#define PROCS_MAX ((size_t)64 * 1024 * 1024)

/* One controller to be enabled. */
struct wish {
        const char *name;
        const char *at;  /* NULL: one of the usual ones, which nobody asked for */
        int first, last; /* why it could not be enabled: the first reason on the way down, and that of the
                            parent */
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

/* Whether one of the wishes is for a controller that knows processes only, not single threads. */
static bool has_domain_wish(const struct wish *wishes, size_t n)
{
        static const char *const threaded[] = { "cpu", "cpuset", "perf_event", "pids" };

        for (size_t i = 0; i < n; i++) {
                size_t k = 0;

                while (k < sizeof threaded / sizeof threaded[0] && strcmp(wishes[i].name, threaded[k]) != 0)
                        k++;
                if (k == sizeof threaded / sizeof threaded[0])
                        return true;
        }
        return false;
}

/*
 * Whether the cgroup has processes of its own. The kernel refuses to enable most controllers below
 * it then; the threaded ones it does enable, and makes every cgroup below unfit for processes. Of the
 * kernel's root, which alone has no type, neither is true.
 */
static bool is_inhabited(const struct ct_hierarchy *hierarchy, const char *folder)
{
        _cleanup_free_ char *text = NULL;
        char file[PATH_MAX];
        int r;

        if (ct_cgroup_format(file, hierarchy, folder, "cgroup.type") < 0 || access(file, F_OK) < 0)
                return false;
        r = ct_cgroup_format(file, hierarchy, folder, "cgroup.procs");
        if (r >= 0)
                r = ct_read_file_at(AT_FDCWD, file, PROCS_MAX, &text, NULL);
        return r == -EOPNOTSUPP || (r >= 0 && text[0] != '\0');
}

static void note(struct wish *wish, int r)
{
        wish->last = r;
        if (wish->first == 0)
                wish->first = r;
}

/*
 * Enables for what is below @folder: all at once, or, as one that is refused takes the others with it, one by
 * one. 1 all are enabled, 0 the wishes know.
 */
static int enable_below(const struct ct_hierarchy *hierarchy, const char *folder, const char *all,
                        struct wish *wishes, size_t n)
{
        _cleanup_close_ int fd = -EBADF;
        char file[PATH_MAX];
        int r, unopened;

        r = ct_cgroup_format(file, hierarchy, folder, "cgroup.subtree_control");
        if (r < 0)
                return r;
        fd = open(file, O_WRONLY | O_CLOEXEC);
        unopened = fd < 0 ? -errno : 0;
        if (fd >= 0 && write(fd, all, strlen(all)) >= 0)
                return 1;
        for (size_t i = 0; i < n; i++) {
                char one[NAME_MAX + 2] = "+";

                (void)strncat(one, wishes[i].name, NAME_MAX);
                note(&wishes[i], fd < 0 ? unopened : write(fd, one, strlen(one)) < 0 ? -errno : 0);
        }
        return 0;
}

void ct_v2_hint_delegation(int r, const char *controller, contain_error_t **err)
{
        if (r != -EACCES && r != -EPERM && r != -EROFS && r != -ENOENT)
                return;
        ct_error_set_cause(err, CONTAIN_CAUSE_PRIVILEGE);
        ct_error_set_hint(err, "controller '%s' has to be delegated to the caller (systemd: Delegate=%s)",
                          controller, controller);
}

/* The first that is needed and missing, worded. */
static int check(const struct wish *wishes, size_t n, const char *path, contain_error_t **err)
{
        int why;

        for (size_t i = 0; i < n; i++) {
                if (!wishes[i].at || wishes[i].last >= 0)
                        continue;
                /* ENOENT says that a folder above did not hand the controller down: why not is known from
                 * there. */
                why = wishes[i].last == -ENOENT ? wishes[i].first : wishes[i].last;
                (void)ct_fail(err, CONTAIN_E_CGROUP, -why, wishes[i].at,
                              "cannot enable cgroup controller '%s' for '%s'", wishes[i].name, path);
                if (why == -EBUSY)
                        ct_error_set_hint(err,
                                          "a cgroup that has processes cannot hand controllers down: move "
                                          "them, also the caller, to one below it (systemd: "
                                          "DelegateSubgroup=), or name a path elsewhere");
                else
                        ct_v2_hint_delegation(why, wishes[i].name, err);
                return why;
        }
        return 0;
}

/* Down from the root to the parent of @path. */
static int enable_all_above(const struct ct_hierarchy *hierarchy, const char *path, const char *all,
                            struct wish *wishes, size_t n)
{
        char folder[PATH_MAX];
        int r = 0;

        for (const char *end = path; r >= 0 && *end != '\0'; end = strchrnul(end + 1, '/')) {
                memcpy(folder, path, (size_t)(end - path));
                folder[end - path] = '\0';
                if (is_inhabited(hierarchy, folder)) {
                        for (size_t i = 0; i < n; i++)
                                note(&wishes[i], -EBUSY);
                        continue;
                }
                r = enable_below(hierarchy, folder, all, wishes, n);
                for (size_t i = 0; r > 0 && i < n; i++)
                        wishes[i].last = 0;
        }
        return r;
}

int ct_v2_enable(const struct ct_hierarchy *hierarchy, const char *path,
                 const struct ct_cgroup_writes *writes, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf all = CT_BUF_INIT;
        _cleanup_free_ struct wish *wishes = NULL;
        char parent[PATH_MAX];
        size_t n;
        int r;

        wishes = list_wishes(hierarchy, writes, &n);
        for (size_t i = 0; wishes && i < n; i++)
                (void)ct_buf_printf(&all, "%s+%s", i > 0 ? " " : "", wishes[i].name);
        if (!wishes || all.failed)
                return ct_fail_memory(err);
        if (n == 0)
                return 0;
        /*
         * Usually the parent has them all, and says so by taking them again. To read the list instead would
         * not do: a controller is in it a moment before its files are there. The cgroup itself has been made
         * already, so nobody can remove those above any more.
         */
        (void)snprintf(parent, sizeof parent, "%s", path);
        ct_cgroup_cut(parent);
        r = has_domain_wish(wishes, n) ? enable_below(hierarchy, parent, all.data, NULL, 0) : 0;
        if (r == 0)
                r = enable_all_above(hierarchy, path, all.data, wishes, n);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_CGROUP, -r, "/linux/cgroupsPath",
                               "cannot enable controllers for '%s'", path);
        return check(wishes, n, path, err);
}

void ct_v2_hint_type(const struct ct_hierarchy *hierarchy, const char *path, contain_error_t **err)
{
        _cleanup_free_ char *type = NULL;
        char file[PATH_MAX];

        if (ct_cgroup_format(file, hierarchy, path, "cgroup.type") < 0 ||
            ct_read_file_at(AT_FDCWD, file, 64, &type, NULL) < 0)
                return;
        type[strcspn(type, "\n")] = '\0';
        if (strcmp(type, "domain") != 0)
                ct_error_set_hint(err, "the cgroup is of type '%s', as one above it has threads or processes",
                                  type);
}
