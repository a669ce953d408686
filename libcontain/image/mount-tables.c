/* SPDX-License-Identifier: MIT */

/* Processes, their mount tables, and where a folder stands in them. */

#include "image/mount-tables.h"

#include "base/fds.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define TABLE_MAX (64 * 1024 * 1024)

void ct_mount_place_done(struct ct_mount_place *place)
{
        free(place->path);
        free(place->device);
        free(place->inside);
}

static int read_link(int dir_fd, const char *name, char ret[PATH_MAX])
{
        ssize_t length = readlinkat(dir_fd, name, ret, PATH_MAX - 1);

        if (length < 0)
                return -errno;
        ret[length] = '\0';
        return 0;
}

static const struct ct_mount_line *find_line(const struct ct_mountinfo *mounts, uint64_t id)
{
        for (size_t i = 0; i < mounts->n; i++)
                if (mounts->items[i].id == id)
                        return &mounts->items[i];
        return NULL;
}

int ct_mount_place_find(int dir_fd, struct ct_mount_place *ret)
{
        _cleanup_(ct_mountinfo_freep) struct ct_mountinfo *mounts = NULL;
        _cleanup_(ct_mount_place_done) struct ct_mount_place place = { NULL, NULL, NULL };
        _cleanup_free_ char *text = NULL;
        const struct ct_mount_line *line;
        const char *below = NULL;
        char path[PATH_MAX], self[64];
        struct statx status;
        int r;

        (void)snprintf(self, sizeof self, "/proc/self/fd/%d", dir_fd);
        r = read_link(AT_FDCWD, self, path);
        if (r < 0)
                return r;
        if (statx(dir_fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &status) < 0)
                return -errno;
        r = ct_read_file_at(AT_FDCWD, "/proc/self/mountinfo", TABLE_MAX, &text, NULL);
        if (r == 0)
                r = ct_mountinfo_parse(text, &mounts);
        if (r < 0)
                return r;
        line = find_line(mounts, status.stx_mnt_id);
        if (line)
                below = ct_mountinfo_below(path, line->mountpoint);
        if (!below)
                return -ENXIO;
        place.path = strdup(path);
        place.device = strdup(line->device);
        if (asprintf(&place.inside, "%s%s%s", strcmp(line->root, "/") == 0 ? "" : line->root,
                     *below != '\0' ? "/" : "", below) < 0)
                place.inside = NULL;
        if (!place.path || !place.device || !place.inside)
                return -ENOMEM;
        *ret = place;
        place = (struct ct_mount_place){ NULL, NULL, NULL };
        return 0;
}

int ct_mount_fail(int r, const char *what, contain_error_t **err)
{
        bool is_hidden = r == -ENXIO;

        if (r == -ENOMEM)
                return ct_fail_memory(err);
        r = ct_fail(err, CONTAIN_E_DEPLOY, -r, NULL, "cannot find out %s", what);
        if (is_hidden)
                ct_error_set_hint(err,
                                  "the mount that it is on does not show in '/proc/self/mountinfo', as in a "
                                  "chroot that is no mount point");
        return r;
}

static void close_dir(DIR **dir)
{
        if (*dir)
                (void)closedir(*dir);
}

int ct_mount_processes(ct_mount_process_fn each, void *userdata)
{
        _cleanup_(close_dir) DIR *proc = opendir("/proc");
        const struct dirent *entry;

        if (!proc)
                return -errno;
        while ((entry = readdir(proc))) {
                _cleanup_close_ int fd = -EBADF;
                char *end;
                long pid = strtol(entry->d_name, &end, 10);
                int r;

                if (*end != '\0' || pid <= 0 || pid == getpid())
                        continue;
                /* One that ends meanwhile has no users below; another of the same number is not this fd's. */
                fd = openat(dirfd(proc), entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
                if (fd < 0)
                        continue;
                r = each(userdata, (pid_t)pid, fd);
                if (r != 0)
                        return r;
        }
        return 0;
}

ino_t ct_mount_namespace(int proc_fd)
{
        struct stat status;

        return fstatat(proc_fd, "ns/mnt", &status, 0) < 0 ? 0 : status.st_ino;
}

int ct_mount_table_read(int proc_fd, struct ct_mountinfo **ret)
{
        _cleanup_free_ char *text = NULL;
        int r;

        r = ct_read_file_at(proc_fd, "mountinfo", TABLE_MAX, &text, NULL);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        r = ct_mountinfo_parse(text, ret);
        return r < 0 ? r : 1;
}

int ct_mount_point_inside(const struct ct_mountinfo *mounts, size_t i, const struct ct_mount_place *place,
                          char **ret)
{
        const struct ct_mount_line *mount = &mounts->items[i], *parent = find_line(mounts, mount->parent);
        const char *below;

        if (!parent || parent == mount || strcmp(parent->device, place->device) != 0)
                return 0;
        below = ct_mountinfo_below(mount->mountpoint, parent->mountpoint);
        if (!below)
                return 0;
        if (asprintf(ret, "%s/%s", strcmp(parent->root, "/") == 0 ? "" : parent->root, below) < 0)
                return -ENOMEM;
        return 1;
}
