/* SPDX-License-Identifier: MIT */

/*
 * Programs in the root file system. Only what is surely not there is a problem: a mount may bring a program
 * along, and this caller may not be allowed to look everywhere.
 */

#include "ops/check.h"

#include "base/fds.h"
#include "base/sys.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAYS_OPEN (O_PATH | O_CLOEXEC)

enum answer { ABSENT, NOT_EXECUTABLE, MAYBE };

/* --- where a path leads ---------------------------------------------------------------------- */

/* The name of what @fd is, below the root file system: 0, or -errno when it has none. */
static int name_of(const struct ct_check *check, int fd, char ret[PATH_MAX])
{
        char link[64], root[PATH_MAX], path[PATH_MAX];
        ssize_t root_size, size;

        (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", check->rootfs_fd);
        root_size = readlink(link, root, sizeof(root));
        (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        size = readlink(link, path, sizeof(path) - 1);
        if (root_size <= 0 || size <= 0 || root_size == sizeof(root))
                return -ENOENT;
        path[size] = '\0';
        if (root_size == 1) /* "/" itself */
                root_size = 0;
        if (strncmp(path, root, (size_t)root_size) != 0 ||
            (path[root_size] != '/' && path[root_size] != '\0'))
                return -EXDEV;
        (void)snprintf(ret, PATH_MAX, "%s", path + root_size);
        return 0;
}

/* The folder that @path is in, or would be in, with all of its symbolic links followed. */
static int resolve(const struct ct_check *check, const char *path, char ret[PATH_MAX])
{
        char folder[PATH_MAX], *slash;

        (void)snprintf(folder, sizeof(folder), "%s", path);
        while ((slash = strrchr(folder, '/'))) {
                _cleanup_close_ int fd = -EBADF;

                *slash = '\0';
                fd = ct_open_in_root(check->rootfs_fd, folder[0] ? folder : "/", STAYS_OPEN);
                if (fd >= 0) {
                        int r = name_of(check, fd, ret);
                        size_t length = r < 0 ? 0 : strlen(ret);

                        /* What is not there is a name only. */
                        if (r == 0)
                                (void)snprintf(ret + length, PATH_MAX - length, "%s",
                                               path + (slash - folder));
                        return r;
                }
                if (fd != -ENOENT && fd != -ENOTDIR)
                        return fd;
        }
        return -ENOENT;
}

static bool is_below(const char *path, const char *folder)
{
        size_t length = strlen(folder);

        return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* Will something be mounted over @path, or over a folder that it leads through? */
static bool is_covered(const struct ct_check *check, const char *path)
{
        char real[PATH_MAX], target[PATH_MAX];

        if (resolve(check, path, real) < 0)
                return true;
        for (uint32_t i = 0; i < ct_plan_header(check->plan)->n_steps; i++) {
                const struct plan_step *step = ct_plan_step(check->plan, i);
                const char *over = ct_plan_string(check->plan, step->s[0]);

                if (step->op != STEP_ATTACH)
                        continue;
                if (is_below(path, over) || resolve(check, over, target) < 0 || is_below(real, target))
                        return true;
        }
        return false;
}

/* --- what is there --------------------------------------------------------------------------- */

static enum answer look_at(const struct ct_check *check, const char *path)
{
        _cleanup_close_ int fd = -EBADF, link_fd = -EBADF;
        struct stat st;

        if (is_covered(check, path))
                return MAYBE;
        fd = ct_open_in_root(check->rootfs_fd, path, STAYS_OPEN);
        if (fd == -ENOENT || fd == -ENOTDIR) {
                /* A link that leads nowhere now may lead into a mount later. */
                link_fd = ct_open_in_root(check->rootfs_fd, path, STAYS_OPEN | O_NOFOLLOW);
                return link_fd >= 0 ? MAYBE : ABSENT;
        }
        if (fd < 0 || fstat(fd, &st) < 0)
                return MAYBE;
        return S_ISREG(st.st_mode) && (st.st_mode & 0111) ? MAYBE : NOT_EXECUTABLE;
}

/* @name, seen from @folder, which is itself seen from @cwd. */
static enum answer look_in(const struct ct_check *check, const char *cwd, const char *folder,
                           size_t folder_length, const char *name)
{
        char path[PATH_MAX];
        bool relative = folder_length == 0 || folder[0] != '/';
        int n;

        n = snprintf(path, sizeof(path), "%s%s%.*s/%s", relative ? cwd : "", relative ? "/" : "",
                     (int)folder_length, folder, name);
        return n < 0 || (size_t)n >= sizeof(path) ? MAYBE : look_at(check, path);
}

/* As contain-init searches: along @path unless the name has a slash. */
static enum answer search(const struct ct_check *check, const char *program, const char *path,
                          const char *cwd)
{
        enum answer best = ABSENT;

        if (program[0] == '/')
                return look_at(check, program);
        if (strchr(program, '/'))
                return look_in(check, cwd, "", 0, program);
        for (;;) {
                size_t length = strcspn(path, ":");
                enum answer answer = look_in(check, cwd, path, length, program);

                best = answer > best ? answer : best;
                if (path[length] == '\0')
                        return best;
                path += length + 1;
        }
}

/* --- the checks ------------------------------------------------------------------------------ */

static int fail(enum answer answer, int code, const char *at, const char *program, contain_error_t **err)
{
        if (answer == MAYBE)
                return 0;
        if (answer == NOT_EXECUTABLE)
                return ct_fail(err, code, EACCES, at, "'%s' in the root file system cannot be executed",
                               program);
        return ct_fail(err, code, ENOENT, at, "'%s' is not in the root file system", program);
}

int ct_check_program(struct ct_check *check, contain_error_t **err)
{
        const struct ct_plan *plan = check->plan;
        int r = 0;

        for (uint32_t i = 0; plan && check->rootfs_fd >= 0 && i < ct_plan_header(plan)->n_steps; i++) {
                const struct plan_step *step = ct_plan_step(plan, i);
                const char *program = ct_plan_string(plan, step->s[0]),
                           *path = ct_plan_string(plan, step->s[1]), *cwd = ct_plan_string(plan, step->s[2]);

                if (step->op == STEP_FIND_PROGRAM)
                        r = fail(search(check, program, path, cwd), CONTAIN_E_PROGRAM,
                                 ct_plan_string(plan, step->at), program, err);
        }
        return r;
}

int ct_check_start_hooks(struct ct_check *check, contain_error_t **err)
{
        const struct ct_spec_hooks *hooks = &check->view.spec->hooks[CT_HOOK_START_CONTAINER];

        for (size_t i = 0; check->plan && check->rootfs_fd >= 0 && i < hooks->n; i++) {
                const char *path = hooks->items[i].path;
                char at[64];
                int r;

                (void)snprintf(at, sizeof(at), "/hooks/startContainer/%zu", i);
                r = ct_check_keep(check, fail(look_at(check, path), CONTAIN_E_HOOK, at, path, err), err);
                if (r < 0)
                        return r;
        }
        return 0;
}
