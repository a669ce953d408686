/* SPDX-License-Identifier: MIT */

/*
 * Names that the kernel has to know: types of file systems, parameters. Only what is surely unknown is a
 * problem: modules, hooks and network devices bring more along.
 */

#include "ops/check.h"

#include "base/fds.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define LIST_MAX (16u * 1024u * 1024u)

static bool is_there(const char *path)
{
        return faccessat(AT_FDCWD, path, F_OK, AT_EACCESS) == 0;
}

static bool file_has(const char *path, const char *words)
{
        _cleanup_free_ char *text = NULL;

        return ct_read_file_at(AT_FDCWD, path, LIST_MAX, &text, NULL) == 0 && strstr(text, words);
}

/* --- types of file systems ------------------------------------------------------------------- */

/* Is there a module for @type, or might there be one that this caller does not see? */
static bool may_load(const char *type)
{
        char path[128], alias[128];
        struct utsname machine;

        if (!is_there("/proc/modules") || file_has("/proc/sys/kernel/modules_disabled", "1"))
                return false;
        if (uname(&machine) < 0)
                return true;
        (void)snprintf(path, sizeof(path), "/lib/modules/%s/modules.alias", machine.release);
        (void)snprintf(alias, sizeof(alias), "alias fs-%s ", type);
        if (!is_there(path) || file_has(path, alias))
                return true;
        /* Those from elsewhere may lack the alias. */
        (void)snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", machine.release);
        (void)snprintf(alias, sizeof(alias), "/%s.ko", type);
        return file_has(path, alias);
}

/* A line of /proc/filesystems: "nodev", if it needs no block device, a tab, the type. */
static bool is_listed(const char *list, const char *type)
{
        char line[128];

        (void)snprintf(line, sizeof(line), "\t%s\n", type);
        return strstr(list, line) != NULL;
}

static int check_file_system(const struct ct_plan *plan, const struct plan_step *step, const char *list,
                             contain_error_t **err)
{
        const char *name = ct_plan_string(plan, step->s[0]);
        char type[64];
        int r;

        /* What comes after a dot is for the file system: "fuse.sshfs". */
        if (strcspn(name, ".") >= sizeof(type))
                return 0;
        (void)snprintf(type, sizeof(type), "%.*s", (int)strcspn(name, "."), name);
        if (strcmp(type, "none") == 0) {
                r = ct_fail(err, CONTAIN_E_MOUNT, ENODEV, ct_plan_string(plan, step->at),
                            "'none' is no file system");
                ct_error_set_hint(err, "a bind mount has 'bind' or 'rbind' among its options");
                ct_error_set_cause(err, CONTAIN_CAUSE_CONFIG);
                return r;
        }
        if (is_listed(list, type) || may_load(type))
                return 0;
        r = ct_fail(err, CONTAIN_E_MOUNT, ENODEV, ct_plan_string(plan, step->at),
                    "this kernel knows no file system '%s'", type);
        ct_error_set_hint(err, "/proc/filesystems lists those that it knows");
        return r;
}

int ct_check_file_systems(struct ct_check *check, contain_error_t **err)
{
        _cleanup_free_ char *list = NULL;

        if (ct_read_file_at(AT_FDCWD, "/proc/filesystems", LIST_MAX, &list, NULL) < 0 ||
            ct_check_has_early_hooks(check))
                return 0;
        for (uint32_t i = 0; check->plan && i < ct_plan_header(check->plan)->n_steps; i++) {
                const struct plan_step *step = ct_plan_step(check->plan, i);
                int r = 0;

                if (step->op == STEP_FS)
                        r = ct_check_keep(check, check_file_system(check->plan, step, list, err), err);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* --- parameters ------------------------------------------------------------------------------ */

static bool joins_network(const struct ct_plan *plan)
{
        for (uint32_t i = 0; i < ct_plan_header(plan)->n_steps; i++)
                if (ct_plan_step(plan, i)->op == STEP_JOIN && ct_plan_step(plan, i)->n[0] == CLONE_NEWNET)
                        return true;
        return false;
}

/*
 * A new network namespace has no parameters that the caller's lacks. But a folder that is absent may be that
 * of a device, or of a module that somebody loads.
 */
static bool is_absent(const char *name)
{
        char path[512];
        int n = snprintf(path, sizeof(path), "/proc/sys/%s", name);

        if (n < 0 || (size_t)n >= sizeof(path) || is_there(path))
                return false;
        *strrchr(path, '/') = '\0';
        return is_there(path);
}

int ct_check_sysctls(struct ct_check *check, contain_error_t **err)
{
        const struct ct_plan *plan = check->plan;
        bool foreign;

        if (!plan || ct_check_has_early_hooks(check))
                return 0;
        foreign = joins_network(plan);
        for (uint32_t i = 0; i < ct_plan_header(plan)->n_steps; i++) {
                const struct plan_step *step = ct_plan_step(plan, i);
                const char *name = ct_plan_string(plan, step->s[0]);
                int r = 0;

                if (step->op != STEP_SYSCTL || (foreign && strncmp(name, "net/", 4) == 0))
                        continue;
                if (is_absent(name))
                        r = ct_fail(err, CONTAIN_E_SYSCTL, ENOENT, ct_plan_string(plan, step->at),
                                    "this kernel has no parameter '/proc/sys/%s'", name);
                r = ct_check_keep(check, r, err);
                if (r < 0)
                        return r;
        }
        return 0;
}
