/* SPDX-License-Identifier: MIT */

/* Classes of service and monitoring groups: named, made, entered, removed. resctrl-schemata.c knows what is
 * in them. */

#include "cgroup/resctrl.h"

#include "base/mountinfo.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fds.h"
#include "base/json.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define AT "/linux/intelRdt"

#define MOUNTINFO_MAX ((size_t)64 * 1024 * 1024)
#define TASKS_MAX     ((size_t)64 * 1024 * 1024)
#define SCHEMATA_MAX  ((size_t)1024 * 1024)

struct ct_resctrl {
        int root_fd;
        char *class; /* a folder of the root; "." is the default class, the root itself */
        char *group; /* the monitoring group in it; NULL for none */
        bool goes;   /* the class is made for this container, and goes with it */
        bool made;   /* by ct_resctrl_create() of this very object */
};

struct ct_resctrl *ct_resctrl_free(struct ct_resctrl *resctrl)
{
        int saved = errno;

        if (!resctrl)
                return NULL;
        (void)ct_close(resctrl->root_fd);
        free(resctrl->class);
        free(resctrl->group);
        free(resctrl);
        errno = saved;
        return NULL;
}

int ct_resctrl_open_root(void)
{
        _cleanup_(ct_mountinfo_freep) struct ct_mountinfo *mounts = NULL;
        _cleanup_free_ char *text = NULL;
        int r, fd;

        r = ct_read_file_at(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &text, NULL);
        if (r >= 0)
                r = ct_mountinfo_parse(text, &mounts);
        if (r < 0)
                return r;
        for (size_t i = 0; i < mounts->n; i++) {
                if (!mounts->items[i].resctrl || ct_mountinfo_hidden(mounts, i))
                        continue;
                fd = open(mounts->items[i].mountpoint, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                return fd < 0 ? -errno : fd;
        }
        return -ENOENT;
}

/* A folder of this name is the file system's own, or none at all. */
static bool is_class_name(const char *name)
{
        static const char *const taken[] = { "", ".", "..", "info", "mon_groups", "mon_data" };

        for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
                if (strcmp(name, taken[i]) == 0)
                        return false;
        return !strpbrk(name, "/\n") && strlen(name) <= NAME_MAX;
}

static const char *shown(const struct ct_resctrl *resctrl)
{
        return strcmp(resctrl->class, ".") == 0 ? "/" : resctrl->class;
}

/* Opens a folder of the class: "" for its own. */
static int open_folder(const struct ct_resctrl *resctrl, const char *below)
{
        char path[2 * NAME_MAX + 32];
        int fd;

        (void)snprintf(path, sizeof path, "%s/%s", resctrl->class, below);
        fd = openat(resctrl->root_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

static struct ct_resctrl *allocate(int root_fd, const char *class, const char *group)
{
        struct ct_resctrl *resctrl = calloc(1, sizeof *resctrl);

        if (!resctrl)
                return NULL;
        resctrl->root_fd = root_fd < 0 ? -EBADF : ct_dup(root_fd);
        resctrl->class = strdup(class);
        resctrl->group = group ? strdup(group) : NULL;
        if (!resctrl->class || (group && !resctrl->group) || (root_fd >= 0 && resctrl->root_fd < 0))
                return ct_resctrl_free(resctrl);
        return resctrl;
}

static bool has_schemata(const struct ct_spec_intel_rdt *rdt)
{
        return rdt->l3_cache_schema || rdt->mem_bw_schema || rdt->schemata.n > 0;
}

/* The specification's rules about a class that is there, and one that is not. */
static int check_class(struct ct_resctrl *resctrl, const struct ct_spec_intel_rdt *rdt, contain_error_t **err)
{
        _cleanup_close_ int fd = open_folder(resctrl, "");

        if (fd >= 0)
                return ct_resctrl_compare(resctrl->root_fd, fd, rdt, shown(resctrl), err);
        if (fd != -ENOENT)
                return ct_fail(err, CONTAIN_E_LIMIT, -fd, AT "/closID", "cannot open class of service '%s'",
                               shown(resctrl));
        if (rdt->clos_id && !has_schemata(rdt))
                return ct_fail(err, CONTAIN_E_LIMIT, ENOENT, AT "/closID",
                               "there is no class of service '%s', and no schema to make it with",
                               rdt->clos_id);
        resctrl->goes = !rdt->clos_id;
        return 0;
}

static int fail_group(struct ct_resctrl *resctrl, int r, contain_error_t **err)
{
        (void)ct_fail(err, CONTAIN_E_LIMIT, -r, AT "/enableMonitoring", "cannot make monitoring group '%s'",
                      resctrl->group);
        ct_resctrl_hint(resctrl->root_fd, err);
        return r;
}

/* A group of this name would be another container's: it must not even be in the record. */
static int check_group(struct ct_resctrl *resctrl, contain_error_t **err)
{
        _cleanup_close_ int groups = -EBADF, group = -EBADF;

        if (!resctrl->group)
                return 0;
        if (faccessat(resctrl->root_fd, "mon_groups", F_OK, 0) < 0) {
                (void)ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, AT "/enableMonitoring",
                              "resctrl has no monitoring on this machine");
                return -EOPNOTSUPP;
        }
        groups = open_folder(resctrl, "mon_groups");
        if (groups < 0)
                return groups == -ENOENT ? 0 : fail_group(resctrl, groups, err);
        group = openat(groups, resctrl->group, O_PATH | O_CLOEXEC);
        return group < 0 ? 0 : fail_group(resctrl, -EEXIST, err);
}

int ct_resctrl_new(int root_fd, const struct ct_spec_intel_rdt *rdt, const char *id, struct ct_resctrl **ret,
                   contain_error_t **err)
{
        _cleanup_(ct_resctrl_freep) struct ct_resctrl *resctrl = NULL;
        const char *name = rdt->clos_id ? rdt->clos_id : id;
        bool is_root = rdt->clos_id && strcmp(rdt->clos_id, "/") == 0;
        int r;

        if (root_fd == -ENOENT) {
                r = ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, AT, "no resctrl file system is mounted");
                ct_error_set_hint(err,
                                  "mount -t resctrl resctrl /sys/fs/resctrl, where the processor and the "
                                  "kernel have it");
                return r;
        }
        if (root_fd < 0)
                return ct_fail(err, CONTAIN_E_LIMIT, -root_fd, AT, "cannot open the resctrl file system");
        if (!is_root && !is_class_name(name))
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, rdt->clos_id ? AT "/closID" : AT,
                               "'%s' cannot be a class of service", name);
        resctrl = allocate(root_fd, is_root ? "." : name, rdt->enable_monitoring ? id : NULL);
        if (!resctrl)
                return ct_fail_memory(err);
        r = check_class(resctrl, rdt, err);
        if (r >= 0)
                r = check_group(resctrl, err);
        if (r < 0)
                return r;
        *ret = ct_take(resctrl);
        return 0;
}

/* --- made, entered, removed ----------------------------------------------------------------- */

static int make_class(struct ct_resctrl *resctrl, const struct ct_spec_intel_rdt *rdt, contain_error_t **err)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = open_folder(resctrl, "");
        if (fd >= 0) { /* since it was looked for, others may have made it */
                resctrl->goes = false;
                return ct_resctrl_compare(resctrl->root_fd, fd, rdt, shown(resctrl), err);
        }
        if (mkdirat(resctrl->root_fd, resctrl->class, 0755) < 0) {
                r = -errno;
                (void)ct_fail(err, CONTAIN_E_LIMIT, -r, AT, "cannot make class of service '%s'",
                              resctrl->class);
                if (r == -ENOSPC)
                        ct_error_set_hint(err, "the processor has no class left: share one by its closID");
                else
                        ct_resctrl_hint(resctrl->root_fd, err);
                return r;
        }
        resctrl->made = true;
        fd = open_folder(resctrl, "");
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_LIMIT, -fd, AT, "cannot open class of service '%s'",
                               resctrl->class);
        return ct_resctrl_write(resctrl->root_fd, fd, rdt, err);
}

static int make_group(struct ct_resctrl *resctrl, contain_error_t **err)
{
        _cleanup_close_ int groups = -EBADF;

        if (!resctrl->group)
                return 0;
        groups = open_folder(resctrl, "mon_groups");
        if (groups < 0)
                return fail_group(resctrl, groups, err);
        return mkdirat(groups, resctrl->group, 0755) < 0 ? fail_group(resctrl, -errno, err) : 0;
}

int ct_resctrl_create(struct ct_resctrl *resctrl, const struct ct_spec_intel_rdt *rdt, contain_error_t **err)
{
        int r;

        r = make_class(resctrl, rdt, err);
        if (r >= 0)
                r = make_group(resctrl, err);
        if (r < 0 && resctrl->made) {
                (void)unlinkat(resctrl->root_fd, resctrl->class, AT_REMOVEDIR);
                resctrl->made = false;
        }
        return r;
}

void ct_resctrl_folders(const struct ct_resctrl *resctrl, int ret_fds[static 3])
{
        _cleanup_close_ int groups = -EBADF;

        ret_fds[0] = ret_fds[1] = ret_fds[2] = -EBADF;
        if (resctrl->root_fd < 0)
                return;
        ret_fds[0] = ct_dup(resctrl->root_fd);
        ret_fds[1] = open_folder(resctrl, "");
        if (!resctrl->group) {
                ret_fds[2] = open_folder(resctrl, "");
                return;
        }
        groups = open_folder(resctrl, "mon_groups");
        if (groups >= 0)
                ret_fds[2] = openat(groups, resctrl->group, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

void ct_resctrl_restore(struct ct_resctrl *resctrl, const char *before)
{
        _cleanup_close_ int fd = open_folder(resctrl, "");

        if (fd >= 0)
                (void)ct_write_file_at(fd, "schemata", before);
}

int ct_resctrl_update(struct ct_resctrl *resctrl, const struct ct_spec_intel_rdt *rdt, char **ret_before,
                      contain_error_t **err)
{
        _cleanup_close_ int fd = open_folder(resctrl, "");
        _cleanup_free_ char *before = NULL;
        int r;

        if (!resctrl->goes)
                return ct_fail(err, CONTAIN_E_CONFLICT, EPERM, AT,
                               "class of service '%s' is not the container's alone", shown(resctrl));
        r = fd < 0 ? fd : ct_read_file_at(fd, "schemata", SCHEMATA_MAX, &before, NULL);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_LIMIT, -r, AT, "cannot read the schemata of class '%s'",
                               shown(resctrl));
        r = ct_resctrl_write(resctrl->root_fd, fd, rdt, err);
        if (r < 0) {
                ct_resctrl_restore(resctrl, before);
                return r;
        }
        *ret_before = ct_take(before);
        return 0;
}

/* A process has to be in the class before it can be in a group of it. */
int ct_resctrl_enter(const struct ct_resctrl *resctrl, pid_t pid, contain_error_t **err)
{
        char path[2 * NAME_MAX + 64], number[16];
        int r;

        (void)snprintf(number, sizeof number, "%d", (int)pid);
        (void)snprintf(path, sizeof path, "%s/tasks", resctrl->class);
        r = ct_write_file_at(resctrl->root_fd, path, number);
        if (r >= 0 && resctrl->group) {
                (void)snprintf(path, sizeof path, "%s/mon_groups/%s/tasks", resctrl->class, resctrl->group);
                r = ct_write_file_at(resctrl->root_fd, path, number);
        }
        if (r >= 0)
                return 0;
        (void)ct_fail(err, CONTAIN_E_LIMIT, -r, AT, "cannot move process %d to class of service '%s'",
                      (int)pid, shown(resctrl));
        ct_resctrl_hint(resctrl->root_fd, err);
        return r;
}

static int remove_group(const struct ct_resctrl *resctrl)
{
        _cleanup_close_ int groups = -EBADF;

        if (!resctrl->group)
                return 0;
        groups = open_folder(resctrl, "mon_groups");
        if (groups < 0)
                return groups == -ENOENT ? 0 : groups;
        return unlinkat(groups, resctrl->group, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

static int remove_class(const struct ct_resctrl *resctrl)
{
        if (unlinkat(resctrl->root_fd, resctrl->class, AT_REMOVEDIR) == 0 || errno == ENOENT)
                return 0;
        return -errno;
}

int ct_resctrl_destroy(struct ct_resctrl *resctrl, contain_error_t **err)
{
        int r;

        if (resctrl->root_fd < 0)
                return 0;
        r = remove_group(resctrl);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_LIMIT, -r, AT, "cannot remove monitoring group '%s'",
                               resctrl->group);
        r = resctrl->goes ? remove_class(resctrl) : 0;
        if (r < 0)
                return ct_fail(err, CONTAIN_E_LIMIT, -r, AT, "cannot remove class of service '%s'",
                               resctrl->class);
        return 0;
}

/* A class under a given name may have others in it by now, who would lose their share with it. */
static bool is_deserted(const struct ct_resctrl *resctrl)
{
        _cleanup_close_ int fd = open_folder(resctrl, "");
        _cleanup_free_ char *tasks = NULL;

        return fd >= 0 && ct_read_file_at(fd, "tasks", TASKS_MAX, &tasks, NULL) >= 0 && tasks[0] == '\0';
}

void ct_resctrl_undo(struct ct_resctrl *resctrl)
{
        (void)remove_group(resctrl);
        if (resctrl->goes || (resctrl->made && is_deserted(resctrl)))
                (void)remove_class(resctrl);
}

size_t ct_resctrl_ends(const struct ct_resctrl *resctrl, int ret_fds[static 2],
                       const char *ret_names[static 2])
{
        size_t n = 0;

        if (resctrl->group) {
                ret_fds[n] = open_folder(resctrl, "mon_groups");
                ret_names[n] = resctrl->group;
                n += ret_fds[n] >= 0;
        }
        if (resctrl->goes) {
                ret_fds[n] = ct_dup(resctrl->root_fd);
                ret_names[n] = resctrl->class;
                n += ret_fds[n] >= 0;
        }
        return n;
}

/* --- in the record -------------------------------------------------------------------------- */

int ct_resctrl_save(const struct ct_resctrl *resctrl, char **ret)
{
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        char *text;

        (void)ct_buf_puts(&buf, "{\"class\":");
        (void)ct_buf_json_string(&buf, shown(resctrl));
        (void)ct_buf_printf(&buf, ",\"goes\":%s", resctrl->goes ? "true" : "false");
        if (resctrl->group) {
                (void)ct_buf_puts(&buf, ",\"group\":");
                (void)ct_buf_json_string(&buf, resctrl->group);
        }
        (void)ct_buf_puts(&buf, "}");
        text = ct_buf_steal(&buf);
        if (!text)
                return -ENOMEM;
        *ret = text;
        return 0;
}

static int check_record(const struct ct_json *root, const char *class, const char *group, bool goes,
                        contain_error_t **err)
{
        bool is_root = strcmp(class, "/") == 0;

        if ((is_root && !goes) || is_class_name(class)) {
                if (!group || (strcmp(group, ".") != 0 && strcmp(group, "..") != 0 && group[0] != '\0' &&
                               !strchr(group, '/') && strlen(group) <= NAME_MAX))
                        return 0;
                class = group;
        }
        return ct_json_fail(root, err, CONTAIN_E_STATE, "'%s' is not a class of service, or a group of one",
                            class);
}

int ct_resctrl_load(int root_fd, const char *text, struct ct_resctrl **ret, contain_error_t **err)
{
        _cleanup_(ct_resctrl_freep) struct ct_resctrl *resctrl = NULL;
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        const char *class = NULL, *group = NULL;
        struct ct_json root;
        bool goes = false;
        int r;

        if (!arena)
                return ct_fail_memory(err);
        r = ct_json_parse(arena, "the record of resctrl", text, strlen(text), &document, &root, err);
        if (r >= 0)
                r = ct_json_check_object(&root, err);
        if (r >= 0)
                r = ct_json_require(ct_json_get_string(&root, "class", &class, err), &root, "class", err);
        if (r >= 0)
                r = ct_json_get_string(&root, "group", &group, err);
        if (r >= 0)
                r = ct_json_get_bool(&root, "goes", &goes, err);
        if (r >= 0)
                r = check_record(&root, class, group, goes, err);
        if (r < 0)
                return r;
        resctrl = allocate(root_fd, strcmp(class, "/") == 0 ? "." : class, group);
        if (!resctrl)
                return ct_fail_memory(err);
        resctrl->goes = goes;
        *ret = ct_take(resctrl);
        return 0;
}
