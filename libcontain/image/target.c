/* SPDX-License-Identifier: MIT */

/* A folder that is written whole or not at all: see image/target.h. */

#include "image/target.h"

#include "image/tree.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE (1 << 0)
#endif

#define TRIES 16

static bool is_name(const char *name)
{
        return name[0] != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strchr(name, '/') &&
               strlen(name) <= NAME_MAX;
}

static int fail_exists(const char *name, contain_error_t **err)
{
        int r = ct_fail(err, CONTAIN_E_UNPACK, EEXIST, NULL, "there is a '%s' already", name);

        ct_error_set_hint(err, "an empty folder, or a name that is not there yet, is needed");
        return r;
}

/* A name that nobody else has, however many do the same. */
static int make_temporary(struct ct_target *target, contain_error_t **err)
{
        uint64_t random = 0;
        int r = 0;

        for (unsigned i = 0; i < TRIES; i++) {
                if (getrandom(&random, sizeof(random), 0) < 0)
                        return ct_fail(err, CONTAIN_E_SYSTEM, errno, NULL, "cannot get a random number");
                (void)snprintf(target->temporary, sizeof(target->temporary), ".contain-%016llx",
                               (unsigned long long)random);
                r = mkdirat(target->parent_fd, target->temporary, 0755) < 0 ? -errno : 0;
                if (r != -EEXIST)
                        break;
        }
        if (r < 0) {
                target->temporary[0] = '\0';
                return ct_fail(err, CONTAIN_E_UNPACK, -r, NULL, "cannot make the folder '%s'", target->name);
        }
        target->root_fd =
                openat(target->parent_fd, target->temporary, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (target->root_fd < 0)
                return ct_fail(err, CONTAIN_E_UNPACK, errno, NULL, "cannot open the folder '%s'",
                               target->name);
        return 0;
}

static int open_new(struct ct_target *target, contain_error_t **err)
{
        struct stat status;

        if (!is_name(target->name))
                return ct_fail(err, CONTAIN_E_UNPACK, EINVAL, NULL, "'%s' is no name for a folder",
                               target->name);
        if (fstatat(target->parent_fd, target->name, &status, AT_SYMLINK_NOFOLLOW) == 0)
                return fail_exists(target->name, err);
        return make_temporary(target, err);
}

static int open_present(struct ct_target *target, int fd, const char *path, contain_error_t **err)
{
        int r = ct_tree_is_empty(fd);

        if (r < 0)
                return ct_fail(err, CONTAIN_E_UNPACK, -r, NULL, "cannot read the folder '%s'", path);
        if (r == 0) {
                r = ct_fail(err, CONTAIN_E_UNPACK, ENOTEMPTY, NULL, "cannot write to the folder '%s'", path);
                ct_error_set_hint(err, "an empty folder, or a name that is not there yet, is needed");
                return r;
        }
        target->root_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        return target->root_fd < 0 ? ct_fail_memory(err) : 0;
}

int ct_target_open(const struct ct_job *job, const char *key, struct ct_target *ret, contain_error_t **err)
{
        _cleanup_target_ struct ct_target target = { .root_fd = -EBADF, .parent_fd = -EBADF };
        const char *path = "";
        char member[32];
        int fd = -EBADF, r;

        r = ct_json_require(ct_job_fd(job, key, &fd, err), &job->request, key, err);
        if (r < 0)
                return r;
        (void)snprintf(member, sizeof(member), "%sName", key);
        r = ct_json_get_string(&job->request, member, &target.name, err);
        if (r < 0)
                return r;
        (void)snprintf(member, sizeof(member), "%sPath", key);
        r = ct_json_get_string(&job->request, member, &path, err);
        if (r < 0)
                return r;
        if (target.name)
                target.parent_fd = fd;
        r = target.name ? open_new(&target, err) : open_present(&target, fd, path, err);
        if (r < 0)
                return r;
        *ret = target;
        /* Handed on: nothing is left to remove here. */
        target = (struct ct_target){ .root_fd = -EBADF, .complete = true };
        return 0;
}

int ct_target_complete(struct ct_target *target, contain_error_t **err)
{
        if (target->name && renameat2(target->parent_fd, target->temporary, target->parent_fd, target->name,
                                      RENAME_NOREPLACE) < 0) {
                if (errno == EEXIST)
                        return fail_exists(target->name, err);
                return ct_fail(err, CONTAIN_E_UNPACK, errno, NULL, "cannot give '%s' its name", target->name);
        }
        target->complete = true;
        return 0;
}

void ct_target_done(struct ct_target *target)
{
        if (!target->complete && target->root_fd >= 0 && !target->name)
                (void)ct_tree_empty(target->root_fd);
        target->root_fd = ct_close(target->root_fd);
        if (!target->complete && target->temporary[0])
                (void)ct_tree_remove(target->parent_fd, target->temporary);
}
