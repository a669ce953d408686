/* SPDX-License-Identifier: MIT */

/* Looks through /proc for whoever would miss a folder. */

#include "image/uses.h"

#include "image/mount-tables.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_ASCENT 4096

struct folder {
        const char *name;
        struct {
                dev_t device;
                ino_t inode;
        } ids[2]; /* itself, and the one in it; inode 0 for none */
        struct ct_use *use;
};

struct search {
        struct ct_mount_place place;
        struct ct_mount_seen seen;
        struct folder *folders;
        size_t n;
};

static void search_done(struct search *search)
{
        ct_mount_place_done(&search->place);
        free(search->seen.items);
        free(search->folders);
}

static void found(struct folder *folder, pid_t pid, const char *how)
{
        if (folder->use->pid == 0)
                *folder->use = (struct ct_use){ .pid = pid, .how = how };
}

static void check_id(struct search *search, const struct stat *status, pid_t pid, const char *how)
{
        for (size_t i = 0; i < search->n; i++)
                for (size_t j = 0; j < 2; j++)
                        if (search->folders[i].ids[j].inode == status->st_ino &&
                            search->folders[i].ids[j].device == status->st_dev)
                                found(&search->folders[i], pid, how);
}

/*
 * From the folder @link of the process upwards, as far as its namespace goes. Whose path in our own namespace
 * is of no use: it may be one that we cannot see.
 */
static void check_folder(struct search *search, int proc_fd, pid_t pid, const char *link)
{
        _cleanup_close_ int fd = openat(proc_fd, link, O_PATH | O_DIRECTORY | O_CLOEXEC);
        struct stat status, above;

        if (fd < 0 || fstat(fd, &status) < 0)
                return;
        for (int i = 0; i < MAX_ASCENT; i++) {
                int up;

                check_id(search, &status, pid, link);
                up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
                if (up < 0)
                        return;
                ct_close(fd);
                fd = up;
                if (fstat(fd, &above) < 0 || (above.st_ino == status.st_ino && above.st_dev == status.st_dev))
                        return;
                status = above;
        }
}

/* Whether @path is the folder of that name or below it: "" or "/…" is left of it then. */
static bool is_in(const char *path, const char *parent, const char *name)
{
        const char *below = ct_mountinfo_below(path, parent);

        return below && ct_mountinfo_below(below, name);
}

static void check_link(struct search *search, int dir_fd, const char *link, pid_t pid, const char *how)
{
        char path[PATH_MAX];
        ssize_t length = readlinkat(dir_fd, link, path, sizeof path - 1);

        if (length < 0)
                return;
        path[length] = '\0';
        for (size_t i = 0; i < search->n; i++)
                if (is_in(path, search->place.path, search->folders[i].name))
                        found(&search->folders[i], pid, how);
}

static void check_files(struct search *search, int proc_fd, pid_t pid)
{
        int fd = openat(proc_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
        const struct dirent *entry;

        if (!dir) {
                ct_close(fd);
                return;
        }
        while ((entry = readdir(dir)))
                check_link(search, fd, entry->d_name, pid, "fd");
        (void)closedir(dir);
}

/* Whether the options of an overlay name the folder as a layer, by its path here. */
static bool is_layer(const char *options, const char *parent, const char *name)
{
        size_t length = strlen(parent), name_length = strlen(name);

        for (const char *p = strstr(options, parent); p; p = strstr(p + length, parent))
                if (p[length] == '/' && strncmp(p + length + 1, name, name_length) == 0 &&
                    strchr("/:,", p[length + 1 + name_length]))
                        return true;
        return false;
}

/* Binds of what is below, and overlays that have it as a layer. */
static void check_mounts(struct search *search, const struct ct_mountinfo *mounts, pid_t pid)
{
        for (size_t i = 0; i < mounts->n; i++) {
                const struct ct_mount_line *mount = &mounts->items[i];
                bool same = strcmp(mount->device, search->place.device) == 0;

                for (size_t j = 0; j < search->n; j++) {
                        const char *name = search->folders[j].name;

                        if ((same && is_in(mount->root, search->place.inside, name)) ||
                            is_layer(mount->super_options, search->place.path, name))
                                found(&search->folders[j], pid, "mount");
                }
        }
}

static int check_process(void *userdata, pid_t pid, int proc_fd)
{
        struct search *search = userdata;
        _cleanup_(ct_mountinfo_freep) struct ct_mountinfo *mounts = NULL;
        int r;

        check_folder(search, proc_fd, pid, "root");
        check_folder(search, proc_fd, pid, "cwd");
        check_link(search, proc_fd, "exe", pid, "exe");
        check_files(search, proc_fd, pid);
        r = ct_mount_table_read(&search->seen, proc_fd, &mounts);
        if (r > 0)
                check_mounts(search, mounts, pid);
        return r < 0 ? r : 0;
}

static void set_id(struct folder *folder, size_t i, int dir_fd, const char *name)
{
        struct stat status;

        if (fstatat(dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(status.st_mode))
                return;
        folder->ids[i].device = status.st_dev;
        folder->ids[i].inode = status.st_ino;
}

int ct_uses_find(int dir_fd, const char *const *names, size_t n, const char *inner, struct ct_use *ret,
                 contain_error_t **err)
{
        _cleanup_(search_done) struct search search = { .n = n };
        int r;

        if (n == 0)
                return 0;
        search.folders = calloc(n, sizeof *search.folders);
        if (!search.folders)
                return ct_fail_memory(err);
        for (size_t i = 0; i < n; i++) {
                char path[NAME_MAX * 2 + 2];

                ret[i] = (struct ct_use){ 0, NULL };
                search.folders[i].name = names[i];
                search.folders[i].use = &ret[i];
                set_id(&search.folders[i], 0, dir_fd, names[i]);
                (void)snprintf(path, sizeof path, "%s/%s", names[i], inner);
                set_id(&search.folders[i], 1, dir_fd, path);
        }
        r = ct_mount_place_find(dir_fd, &search.place);
        if (r == 0)
                r = ct_mount_processes(check_process, &search);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_DEPLOY, -r, NULL, "cannot find out who uses a release");
        return 0;
}

/* --- mount points ---------------------------------------------------------------------------- */

struct points {
        struct ct_arena *arena;
        struct ct_mount_place place;
        struct ct_mount_seen seen;
        char **items;
        size_t n, capacity;
};

static void points_done(struct points *points)
{
        ct_mount_place_done(&points->place);
        free(points->seen.items);
        free(points->items);
}

static int add_point(struct points *points, const char *path)
{
        if (points->n == points->capacity) {
                size_t capacity = points->capacity ? points->capacity * 2 : 16;
                char **items = realloc(points->items, capacity * sizeof *items);

                if (!items)
                        return -ENOMEM;
                points->items = items;
                points->capacity = capacity;
        }
        points->items[points->n] = ct_arena_strdup(points->arena, path);
        return points->items[points->n++] ? 0 : -ENOMEM;
}

/* A mount lies on a folder of the mount that is its parent: that folder's path in its file system is what
 * the namespaces have in common. */
static int check_point(struct points *points, const struct ct_mount_line *mount,
                       const struct ct_mount_line *parent)
{
        const char *below = ct_mountinfo_below(mount->mountpoint, parent->mountpoint), *relative;
        _cleanup_free_ char *inside = NULL;

        if (!below || strcmp(parent->device, points->place.device) != 0)
                return 0;
        if (asprintf(&inside, "%s/%s", strcmp(parent->root, "/") == 0 ? "" : parent->root, below) < 0) {
                inside = NULL;
                return -ENOMEM;
        }
        relative = ct_mountinfo_below(inside, points->place.inside);
        return relative && *relative != '\0' ? add_point(points, relative) : 0;
}

static int check_points(void *userdata, pid_t pid, int proc_fd)
{
        struct points *points = userdata;
        _cleanup_(ct_mountinfo_freep) struct ct_mountinfo *mounts = NULL;
        int r = ct_mount_table_read(&points->seen, proc_fd, &mounts);

        (void)pid;
        for (size_t i = 0; r > 0 && i < mounts->n; i++)
                for (size_t j = 0; j < mounts->n; j++) {
                        if (mounts->items[j].id != mounts->items[i].parent || i == j)
                                continue;
                        if (check_point(points, &mounts->items[i], &mounts->items[j]) < 0)
                                return -ENOMEM;
                        break;
                }
        return r < 0 ? r : 0;
}

int ct_uses_mount_points(struct ct_arena *arena, int dir_fd, char ***ret, contain_error_t **err)
{
        _cleanup_(points_done) struct points points = { .arena = arena };
        char **list;
        int r;

        r = ct_mount_place_find(dir_fd, &points.place);
        if (r == 0)
                r = ct_mount_processes(check_points, &points);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_DEPLOY, -r, NULL, "cannot find out what is mounted below");
        list = ct_arena_array(arena, points.n + 1, sizeof *list);
        if (!list)
                return ct_fail_memory(err);
        if (points.n > 0)
                memcpy(list, points.items, points.n * sizeof *list);
        *ret = list;
        return 0;
}
