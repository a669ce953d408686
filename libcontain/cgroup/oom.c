/* SPDX-License-Identifier: MIT */

/* Kills for memory: v1 tells an eventfd, v2 touches memory.events; both count. */

#include "cgroup/internal.h"

#include "base/fds.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

/* The hierarchy that counts memory, and the path of @v1_file or @v2_file in it. */
static int find_file(const struct ct_cgroup *cgroup, const char *v1_file, const char *v2_file,
                     char ret[static PATH_MAX])
{
        int i = ct_cgroup_find(cgroup, "memory", "memory"), r;

        if (i < 0)
                return -EOPNOTSUPP;
        r = ct_cgroup_format(ret, &cgroup->layout->items[i], cgroup->members[i].path,
                             cgroup->layout->items[i].v2 ? v2_file : v1_file);
        return r < 0 ? r : i;
}

static int watch_v1(const struct ct_cgroup *cgroup, int i, const char *file)
{
        _cleanup_close_ int event_fd = -EBADF, file_fd = -EBADF;
        char control[PATH_MAX], line[32];
        int r;

        r = ct_cgroup_format(control, &cgroup->layout->items[i], cgroup->members[i].path,
                             "cgroup.event_control");
        if (r < 0)
                return r;
        event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (event_fd < 0)
                return -errno;
        file_fd = open(file, O_RDONLY | O_CLOEXEC);
        if (file_fd < 0)
                return -errno;
        (void)snprintf(line, sizeof line, "%d %d", event_fd, file_fd);
        r = ct_write_file_at(AT_FDCWD, control, line);
        return r < 0 ? r : ct_take_fd(&event_fd);
}

static int watch_v2(const char *file)
{
        _cleanup_close_ int fd = -EBADF;

        fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        if (fd < 0)
                return -errno;
        if (inotify_add_watch(fd, file, IN_MODIFY) < 0)
                return -errno;
        return ct_take_fd(&fd);
}

int ct_cgroup_oom_fd(struct ct_cgroup *cgroup)
{
        char file[PATH_MAX];
        int i;

        i = find_file(cgroup, "memory.oom_control", "memory.events", file);
        if (i < 0)
                return i;
        /* The v2 root has the controller, but it may not have been handed down to the container's cgroup. */
        if (cgroup->layout->items[i].v2 && access(file, F_OK) < 0)
                return -EOPNOTSUPP;
        return cgroup->layout->items[i].v2 ? watch_v2(file) : watch_v1(cgroup, i, file);
}

bool ct_cgroup_oom_fd_is_early(const struct ct_cgroup *cgroup)
{
        int i = ct_cgroup_find(cgroup, "memory", "memory");

        return i >= 0 && !cgroup->layout->items[i].v2;
}

int ct_cgroup_oom_file(struct ct_cgroup *cgroup)
{
        char file[PATH_MAX];
        int r, fd;

        r = find_file(cgroup, "memory.oom_control", "memory.events", file);
        if (r < 0)
                return r;
        fd = open(file, O_RDONLY | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

int ct_cgroup_oom_kills(struct ct_cgroup *cgroup, uint64_t *ret)
{
        _cleanup_free_ char *text = NULL;
        char file[PATH_MAX];
        const char *line;
        int r;

        r = find_file(cgroup, "memory.oom_control", "memory.events", file);
        if (r < 0)
                return r;
        r = ct_read_file_at(AT_FDCWD, file, 65536, &text, NULL);
        if (r < 0)
                return r == -ENOENT ? -EOPNOTSUPP : r;
        /* "oom_kill_disable" is a line of v1's, "oom_group_kill" one of v2's. */
        line = text;
        while (strncmp(line, "oom_kill ", 9) != 0) {
                line = strchr(line, '\n');
                if (!line)
                        return -EOPNOTSUPP;
                line++;
        }
        *ret = strtoull(line + 9, NULL, 10);
        return 0;
}
