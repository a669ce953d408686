/* SPDX-License-Identifier: MIT */

/*
 * Looks through /proc for whoever would miss a folder. What the kernel tells of other processes are paths in
 * their own mount namespaces: for each of these it is found out first under which paths the folder shows
 * there. Folders are compared by device and inode, whatever they are called.
 */

#include "image/uses.h"

#include "image/mount-tables.h"

#include "base/fds.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_ASCENT 4096
#define MAPS_MAX   (64 * 1024 * 1024)

struct folder {
        const char *name;
        struct {
                dev_t device;
                ino_t inode;
        } ids[2]; /* itself, and the one in it; inode 0 for none */
        struct ct_use *use;
};

/* A mount namespace, and the paths under which the folder of the folders shows there. */
struct view {
        ino_t namespace;
        char **paths;
        size_t n;
};

struct look {
        const struct ct_use_search *search;
        struct ct_mount_place place;
        struct folder *folders;
        struct view own; /* where a process's table may not be read */
        struct view *views;
        size_t n_views;
};

static void view_done(struct view *view)
{
        for (size_t i = 0; i < view->n; i++)
                free(view->paths[i]);
        free(view->paths);
}

static void look_done(struct look *look)
{
        ct_mount_place_done(&look->place);
        for (size_t i = 0; i < look->n_views; i++)
                view_done(&look->views[i]);
        view_done(&look->own);
        free(look->views);
        free(look->folders);
}

static void found(struct folder *folder, pid_t pid, const char *how)
{
        if (!folder->use->how)
                *folder->use = (struct ct_use){ .pid = pid, .how = how };
}

/* --- folders --------------------------------------------------------------------------------- */

static void check_id(struct look *look, const struct stat *status, pid_t pid, const char *how)
{
        for (size_t i = 0; i < look->search->n; i++)
                for (size_t j = 0; j < 2; j++)
                        if (look->folders[i].ids[j].inode == status->st_ino &&
                            look->folders[i].ids[j].device == status->st_dev)
                                found(&look->folders[i], pid, how);
}

/* From the folder @fd, which it takes over, upwards, as far as its namespace goes. */
static void ascend(struct look *look, int fd, pid_t pid, const char *how)
{
        _cleanup_close_ int at = fd;
        struct stat status, above;

        if (fstat(at, &status) < 0)
                return;
        for (int i = 0; i < MAX_ASCENT; i++) {
                int up;

                check_id(look, &status, pid, how);
                up = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
                if (up < 0)
                        return;
                ct_close(at);
                at = up;
                if (fstat(at, &above) < 0 || (above.st_ino == status.st_ino && above.st_dev == status.st_dev))
                        return;
                status = above;
        }
}

static void check_folder(struct look *look, int dir_fd, const char *path, pid_t pid, const char *how)
{
        int fd = openat(dir_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);

        if (fd >= 0)
                ascend(look, fd, pid, how);
}

/* --- files ----------------------------------------------------------------------------------- */

/* Whether @path is in the folder of that name in @parent, or is that. */
static bool is_in(const char *path, const char *parent, const char *name)
{
        const char *below = ct_mountinfo_below(path, parent);

        return below && ct_mountinfo_below(below, name);
}

static void check_path(struct look *look, const struct view *view, const char *path, pid_t pid,
                       const char *how)
{
        for (size_t i = 0; i < view->n; i++)
                for (size_t j = 0; j < look->search->n; j++)
                        if (is_in(path, view->paths[i], look->folders[j].name))
                                found(&look->folders[j], pid, how);
}

static void check_link(struct look *look, const struct view *view, int dir_fd, const char *link, pid_t pid,
                       const char *how)
{
        char path[PATH_MAX];
        ssize_t length = readlinkat(dir_fd, link, path, sizeof path - 1);

        if (length <= 0)
                return;
        path[length] = '\0';
        if (path[0] == '/')
                check_path(look, view, path, pid, how);
}

static void check_descriptors(struct look *look, const struct view *view, int proc_fd, pid_t pid)
{
        int fd = openat(proc_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
        const struct dirent *entry;

        if (!dir) {
                ct_close(fd);
                return;
        }
        while ((entry = readdir(dir)))
                check_link(look, view, fd, entry->d_name, pid, "fd");
        (void)closedir(dir);
}

/* "BEGIN-END MODE OFFSET DEVICE INODE   /PATH": proc(5). A line end in a path is written as an escape. */
static int check_maps(struct look *look, const struct view *view, int proc_fd, pid_t pid)
{
        _cleanup_free_ char *text = NULL;
        char *state = NULL;
        int r = ct_read_file_at(proc_fd, "maps", MAPS_MAX, &text, NULL);

        if (r < 0)
                return r == -ENOMEM ? r : 0;
        for (char *line = strtok_r(text, "\n", &state); line; line = strtok_r(NULL, "\n", &state)) {
                const char *path = strchr(line, '/');

                if (path)
                        check_path(look, view, path, pid, "map");
        }
        return 0;
}

/* --- mounts ---------------------------------------------------------------------------------- */

static int add_path(struct view *view, const char *folder, const char *below)
{
        char **paths = realloc(view->paths, (view->n + 1) * sizeof *paths);

        if (!paths)
                return -ENOMEM;
        view->paths = paths;
        if (asprintf(&paths[view->n], "%s%s%s", strcmp(folder, "/") == 0 ? "" : folder,
                     *below != '\0' ? "/" : "", below) < 0)
                return -ENOMEM;
        view->n++;
        return 0;
}

static int make_view(const struct look *look, const struct ct_mountinfo *mounts, struct view *view)
{
        for (size_t i = 0; i < mounts->n; i++) {
                const struct ct_mount_line *mount = &mounts->items[i];
                const char *below = ct_mountinfo_below(look->place.inside, mount->root);

                if (below && strcmp(mount->device, look->place.device) == 0 &&
                    add_path(view, mount->mountpoint, below) < 0)
                        return -ENOMEM;
        }
        return 0;
}

/* Whether the options of an overlay name the folder as a layer, by its path there. */
static bool is_layer(const char *options, const char *parent, const char *name)
{
        size_t length = strlen(parent), name_length = strlen(name);

        for (const char *p = strstr(options, parent); p; p = strstr(p + length, parent))
                if (p[length] == '/' && strncmp(p + length + 1, name, name_length) == 0 &&
                    strchr("/:,", p[length + 1 + name_length]))
                        return true;
        return false;
}

/* A bind of what is in the folder, a mount on it, and an overlay that has it as a layer. */
static void check_mount(struct look *look, const struct view *view, const struct ct_mount_line *mount,
                        const char *inside, pid_t pid)
{
        bool same = strcmp(mount->device, look->place.device) == 0;

        for (size_t i = 0; i < look->search->n; i++) {
                const char *name = look->folders[i].name;
                bool used = (same && is_in(mount->root, look->place.inside, name)) ||
                            (inside && is_in(inside, look->place.inside, name));

                for (size_t j = 0; !used && j < view->n; j++)
                        used = is_layer(mount->super_options, view->paths[j], name);
                if (used)
                        found(&look->folders[i], pid, "mount");
        }
}

static int check_table(struct look *look, const struct view *view, const struct ct_mountinfo *mounts,
                       pid_t pid)
{
        for (size_t i = 0; i < mounts->n; i++) {
                _cleanup_free_ char *inside = NULL;

                if (ct_mount_point_inside(mounts, i, &look->place, &inside) < 0)
                        return -ENOMEM;
                check_mount(look, view, &mounts->items[i], inside, pid);
        }
        return 0;
}

/* The view of the process's namespace; the first process of one that may be looked at has its table checked.
 */
static int find_view(struct look *look, int proc_fd, pid_t pid, const struct view **ret)
{
        _cleanup_(ct_mountinfo_freep) struct ct_mountinfo *mounts = NULL;
        ino_t namespace = ct_mount_namespace(proc_fd);
        struct view *views;
        int r;

        *ret = &look->own;
        for (size_t i = 0; i < look->n_views; i++)
                if (look->views[i].namespace == namespace) {
                        *ret = &look->views[i];
                        return 0;
                }
        r = namespace != 0 ? ct_mount_table_read(proc_fd, &mounts) : 0;
        if (r <= 0)
                return r;
        views = realloc(look->views, (look->n_views + 1) * sizeof *views);
        if (!views)
                return -ENOMEM;
        look->views = views;
        views[look->n_views] = (struct view){ .namespace = namespace };
        *ret = &views[look->n_views++];
        r = make_view(look, mounts, &views[look->n_views - 1]);
        return r < 0 ? r : check_table(look, *ret, mounts, pid);
}

/* --- all of it ------------------------------------------------------------------------------- */

static int check_process(void *userdata, pid_t pid, int proc_fd)
{
        struct look *look = userdata;
        const struct view *view;
        int r;

        check_folder(look, proc_fd, "root", pid, "root");
        check_folder(look, proc_fd, "cwd", pid, "cwd");
        r = find_view(look, proc_fd, pid, &view);
        if (r < 0)
                return r;
        check_link(look, view, proc_fd, "exe", pid, "exe");
        check_descriptors(look, view, proc_fd, pid);
        return check_maps(look, view, proc_fd, pid);
}

/* First, as a container's name says more than a process's; and not all of their processes may be looked at.
 */
static void check_containers(struct look *look)
{
        for (size_t i = 0; i < look->search->n_containers; i++) {
                const struct ct_use_container *container = &look->search->containers[i];

                check_folder(look, AT_FDCWD, container->rootfs, container->pid, "container");
                for (size_t j = 0; j < look->search->n; j++) {
                        struct ct_use *use = look->folders[j].use;

                        if (use->how && strcmp(use->how, "container") == 0 && !use->container)
                                use->container = container->id;
                }
        }
}

static void set_id(struct folder *folder, size_t i, int dir_fd, const char *name)
{
        struct stat status;

        if (fstatat(dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(status.st_mode))
                return;
        folder->ids[i].device = status.st_dev;
        folder->ids[i].inode = status.st_ino;
}

static int set_folders(struct look *look, struct ct_use *uses)
{
        const struct ct_use_search *search = look->search;

        look->folders = calloc(search->n, sizeof *look->folders);
        if (!look->folders)
                return -ENOMEM;
        for (size_t i = 0; i < search->n; i++) {
                char path[NAME_MAX * 2 + 2];

                uses[i] = (struct ct_use){ .how = NULL };
                look->folders[i].name = search->names[i];
                look->folders[i].use = &uses[i];
                set_id(&look->folders[i], 0, search->dir_fd, search->names[i]);
                (void)snprintf(path, sizeof path, "%s/%s", search->names[i], search->inner);
                set_id(&look->folders[i], 1, search->dir_fd, path);
        }
        return 0;
}

int ct_uses_find(const struct ct_use_search *search, struct ct_use *ret, contain_error_t **err)
{
        _cleanup_(look_done) struct look look = { .search = search };
        int r;

        if (search->n == 0)
                return 0;
        r = set_folders(&look, ret);
        if (r == 0)
                r = ct_mount_place_find(search->dir_fd, &look.place);
        if (r == 0)
                r = add_path(&look.own, look.place.path, "");
        if (r == 0) {
                check_containers(&look);
                r = ct_mount_processes(check_process, &look);
        }
        return r < 0 ? ct_mount_fail(r, "who uses a release", err) : 0;
}
