/* SPDX-License-Identifier: MIT */

/*
 * Places for mounts. contain-init makes them when a container is created, CRIU does not: in a root file
 * system that has not been used before, as on another machine, they have to be made for it.
 */

#include "ops/criu.h"

#include "base/fds.h"
#include "base/sys.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* One folder or file @name in @folder_fd, where nothing is. */
static int make_one(int folder_fd, const char *name, bool folder)
{
        int fd;

        if (folder)
                return ct_mkdirat(folder_fd, name, 0755);
        fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
        if (fd < 0)
                return -errno;
        ct_close(fd);
        return 0;
}

/* Makes @path below @root_fd, part by part; each part that is there may be a link, which stays inside. */
static int make_path(int root_fd, const char *path, bool folder)
{
        _cleanup_close_ int parent_fd = ct_open_in_root(root_fd, "/", O_PATH | O_DIRECTORY);
        _cleanup_free_ char *copy = strdup(path);
        char *end = copy;

        if (!copy || parent_fd < 0)
                return copy ? parent_fd : -ENOMEM;
        while (*end) {
                char *name = end + strspn(end, "/"), saved;
                bool last;
                int fd, r;

                end = name + strcspn(name, "/");
                if (end == name)
                        break;
                last = end[strspn(end, "/")] == '\0';
                saved = *end;
                *end = '\0';
                fd = ct_open_in_root(root_fd, copy, O_PATH);
                if (fd == -ENOENT) {
                        r = make_one(parent_fd, name, !last || folder);
                        if (r < 0 && r != -EEXIST)
                                return r;
                        fd = ct_open_in_root(root_fd, copy, O_PATH);
                }
                if (fd < 0)
                        return fd;
                ct_close(parent_fd);
                parent_fd = fd;
                *end = saved;
        }
        return 0;
}

/* What of @path is below @above, beginning with a slash; NULL when it is not. */
static const char *below(const char *path, const char *above)
{
        size_t length = strlen(above);

        while (length > 0 && above[length - 1] == '/')
                length--;
        return length > 0 && strncmp(path, above, length) == 0 && path[length] == '/' ? path + length : NULL;
}

/* A cgroup's place is in a file system that CRIU mounts. */
static bool needs_place(const struct ct_spec_mount *mount)
{
        return !mount->remount && strcmp(mount->type, "cgroup") != 0 && strcmp(mount->type, "cgroup2") != 0;
}

/* In a folder that is bound over what the root file system has. */
static int make_in_source(struct ct_criu_job *job, const char *source, const char *path, bool folder)
{
        _cleanup_free_ char *absolute = ct_criu_source_path(job, source);
        _cleanup_close_ int fd = -EBADF;

        if (!absolute)
                return -ENOMEM;
        fd = open(absolute, O_PATH | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 ? -errno : make_path(fd, path, folder);
}

static bool is_file(struct ct_criu_job *job, const struct ct_spec_mount *mount)
{
        _cleanup_free_ char *absolute = NULL;
        struct stat status;

        if (!mount->bind)
                return false;
        absolute = ct_criu_source_path(job, mount->source);
        return absolute && stat(absolute, &status) == 0 && !S_ISDIR(status.st_mode);
}

static int make_place(struct ct_criu_job *job, size_t i, int rootfs_fd)
{
        const struct ct_spec_mount *mounts = job->spec->mounts, *mount = &mounts[i];
        const char *path = mount->destination, *rest;
        bool folder = !is_file(job, mount);

        /* The last mount before it that is above it is what it is made in. */
        for (size_t k = i; k > 0; k--) {
                const struct ct_spec_mount *other = &mounts[k - 1];

                rest = below(path, other->destination);
                if (!rest || other->remount)
                        continue;
                /* What else is mounted is restored with its content. */
                return other->bind ? make_in_source(job, other->source, rest, folder) : 0;
        }
        return make_path(rootfs_fd, path, folder);
}

int ct_criu_make_mountpoints(struct ct_criu_job *job, int rootfs_fd, contain_error_t **err)
{
        const struct ct_spec *spec = job->spec;

        for (size_t i = 0; i < spec->n_mounts; i++) {
                int r;

                if (!needs_place(&spec->mounts[i]))
                        continue;
                r = make_place(job, i, rootfs_fd);
                if (r < 0) {
                        char at[40];

                        (void)snprintf(at, sizeof(at), "/mounts/%zu", i);
                        return ct_fail(err, CONTAIN_E_MOUNT, -r, at, "cannot make the target '%s'",
                                       spec->mounts[i].destination);
                }
        }
        return 0;
}
