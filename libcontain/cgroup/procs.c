/* SPDX-License-Identifier: MIT */

/* The processes of a cgroup, and signals to them. */

#include "cgroup/internal.h"

#include "base/fds.h"
#include "base/pidfd.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

enum { DEPTH_MAX = 65536, BATCH = 64 };

#define PROCS_MAX ((size_t)64 * 1024 * 1024)

void ct_pid_list_done(struct ct_pid_list *list)
{
        free(list->items);
        *list = (struct ct_pid_list){ 0 };
}

static int add_pid(struct ct_pid_list *list, pid_t pid)
{
        if (list->n == list->capacity) {
                size_t capacity = list->capacity == 0 ? 64 : 2 * list->capacity;
                pid_t *more = realloc(list->items, capacity * sizeof *more);

                if (!more)
                        return -ENOMEM;
                list->items = more;
                list->capacity = capacity;
        }
        list->items[list->n++] = pid;
        return 0;
}

/* Adds what @folder_fd's cgroup.procs lists. */
static int read_procs(int folder_fd, struct ct_pid_list *list)
{
        _cleanup_free_ char *text = NULL;
        int r;

        r = ct_read_file_at(folder_fd, "cgroup.procs", PROCS_MAX, &text, NULL);
        /* Gone; or a threaded cgroup, whose processes the one above lists. */
        if (r == -ENOENT || r == -ENODEV || r == -EOPNOTSUPP)
                return 0;
        if (r < 0)
                return r;
        for (char *p = text, *end; *p != '\0'; p = end + strspn(end, "\n")) {
                long pid = strtol(p, &end, 10);

                if (end == p)
                        break;
                /* 0 stands for a process that is not in our pid namespace; to kill(2) it would be our own
                 * group. */
                if (pid > 0 && pid <= INT_MAX && add_pid(list, (pid_t)pid) < 0)
                        return -ENOMEM;
        }
        return 0;
}

/*
 * A walk through a folder and all below, with one descriptor at a time: containers may nest
 * cgroups as deep as they like. On the way up a folder is read on from where it was left.
 */
struct walk {
        int fd;
        off_t *positions; /* in the folders above */
        size_t depth, capacity;
};

static void walk_done(struct walk *walk)
{
        walk->fd = ct_close(walk->fd);
        free(walk->positions);
}

/* Reads on to the next folder in @fd. 1 and its name and the position after it, 0 at the end. */
static int next_folder(int fd, char ret_name[static NAME_MAX + 1], off_t *ret_position)
{
        _Alignas(struct dirent64) char buffer[4096];

        for (;;) {
                ssize_t n = getdents64(fd, buffer, sizeof buffer);

                if (n < 0)
                        return -errno;
                if (n == 0)
                        return 0;
                for (ssize_t at = 0; at < n;) {
                        const struct dirent64 *entry = (const void *)(buffer + at);

                        at += entry->d_reclen;
                        if (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 ||
                            strcmp(entry->d_name, "..") == 0 || strlen(entry->d_name) > NAME_MAX)
                                continue;
                        memcpy(ret_name, entry->d_name, strlen(entry->d_name) + 1);
                        *ret_position = (off_t)entry->d_off;
                        return 1;
                }
        }
}

static int walk_down(struct walk *walk, int child_fd, off_t position)
{
        if (walk->depth == walk->capacity) {
                size_t capacity = walk->capacity == 0 ? 16 : 2 * walk->capacity;
                off_t *more = realloc(walk->positions, capacity * sizeof *more);

                if (!more || capacity > DEPTH_MAX) {
                        (void)ct_close(child_fd);
                        walk->positions = more ? more : walk->positions;
                        return more ? -ELOOP : -ENOMEM;
                }
                walk->positions = more;
                walk->capacity = capacity;
        }
        walk->positions[walk->depth++] = position;
        (void)ct_close(walk->fd);
        walk->fd = child_fd;
        return 0;
}

static int walk_up(struct walk *walk)
{
        int fd = openat(walk->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        (void)ct_close(walk->fd);
        walk->fd = fd;
        return lseek(fd, walk->positions[--walk->depth], SEEK_SET) < 0 ? -errno : 0;
}

/* Goes to the next folder, each before those in it. 1 there it is, 0 no more. */
static int walk_next(struct walk *walk)
{
        char name[NAME_MAX + 1];
        off_t position;
        int r, fd;

        for (;;) {
                r = next_folder(walk->fd, name, &position);
                if (r < 0 && r != -ENOENT)
                        return r;
                if (r <= 0) { /* read to its end; or removed while we were in it */
                        if (walk->depth == 0)
                                return 0;
                        r = walk_up(walk);
                        if (r < 0)
                                return r;
                        continue;
                }
                fd = openat(walk->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                if (fd >= 0) {
                        r = walk_down(walk, fd, position);
                        return r < 0 ? r : 1;
                }
                if (lseek(walk->fd, position, SEEK_SET) < 0)
                        return -errno;
        }
}

int ct_procs_read_below(int folder_fd, struct ct_pid_list *list)
{
        _cleanup_(walk_done) struct walk walk = { .fd = -EBADF };
        int r;

        walk.fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (walk.fd < 0)
                return errno == ENOENT ? 0 : -errno;
        do {
                r = read_procs(walk.fd, list);
                if (r < 0)
                        return r;
                r = walk_next(&walk);
        } while (r > 0);
        return r;
}

static int compare(const void *a, const void *b)
{
        const pid_t *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

static int read_sorted(int folder_fd, bool below, struct ct_pid_list *list)
{
        int r;

        list->n = 0;
        r = below ? ct_procs_read_below(folder_fd, list) : read_procs(folder_fd, list);
        if (r >= 0 && list->n > 1)
                qsort(list->items, list->n, sizeof *list->items, compare);
        return r;
}

/*
 * A pid that was read may belong to somebody else by now. A pidfd is opened for it, and used only if the
 * pid is in the cgroup still: then it was opened for a process of the cgroup, or for one that has ended.
 */
static int signal_batch(int folder_fd, int signo, bool below, const pid_t *pids, size_t n)
{
        _cleanup_pids_ struct ct_pid_list now = { 0 };
        int pidfds[BATCH], result = 0, r;

        for (size_t i = 0; i < n; i++)
                pidfds[i] = ct_pidfd_open(pids[i]);
        result = read_sorted(folder_fd, below, &now);
        for (size_t i = 0; i < n; i++) {
                if (pidfds[i] < 0) {
                        result = pidfds[i] == -ESRCH || result < 0 ? result : pidfds[i];
                        continue;
                }
                if (now.n > 0 && bsearch(&pids[i], now.items, now.n, sizeof *now.items, compare)) {
                        r = ct_pidfd_signal(pidfds[i], signo);
                        result = r == -ESRCH || r >= 0 || result < 0 ? result : r;
                }
                (void)ct_close(pidfds[i]);
        }
        return result;
}

int ct_procs_signal(int folder_fd, int signo, bool below)
{
        _cleanup_pids_ struct ct_pid_list list = { 0 };
        int result, r;

        result = read_sorted(folder_fd, below, &list);
        for (size_t i = 0; i < list.n; i += BATCH) {
                size_t n = list.n - i < BATCH ? list.n - i : BATCH;

                r = signal_batch(folder_fd, signo, below, list.items + i, n);
                result = result < 0 ? result : r;
        }
        return result < 0 ? result : 0;
}

int ct_cgroup_open_any(const struct ct_cgroup *cgroup)
{
        int v2 = ct_cgroup_find_v2(cgroup);
        char full[PATH_MAX];

        for (size_t step = 0; step <= cgroup->layout->n; step++) {
                size_t i = step == 0 ? (size_t)v2 : step - 1;
                int fd;

                if ((step == 0 && v2 < 0) || !cgroup->members[i].path ||
                    ct_cgroup_format(full, &cgroup->layout->items[i], cgroup->members[i].path, NULL) < 0)
                        continue;
                fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                if (fd >= 0 || (errno != ENOENT && errno != ENODEV))
                        return fd < 0 ? -errno : fd;
        }
        return -ENOENT;
}

int ct_cgroup_pids(struct ct_cgroup *cgroup, pid_t **ret, size_t *ret_n)
{
        _cleanup_pids_ struct ct_pid_list list = { 0 };
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = ct_cgroup_open_any(cgroup);
        if (fd < 0 && fd != -ENOENT)
                return fd;
        if (fd >= 0) {
                r = read_sorted(fd, true, &list);
                if (r < 0)
                        return r;
        }
        if (!list.items) {
                list.items = calloc(1, sizeof *list.items);
                if (!list.items)
                        return -ENOMEM;
        }
        *ret = ct_take(list.items);
        *ret_n = list.n;
        return 0;
}

int ct_cgroup_signal(struct ct_cgroup *cgroup, int signo)
{
        _cleanup_close_ int fd = ct_cgroup_open_any(cgroup);

        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;
        return ct_cgroup_signal_in(cgroup, fd, signo);
}

/* v1 keeps even SIGKILL from a frozen process, and a container may have frozen a part of itself. */
static void thaw_below(const struct ct_cgroup *cgroup)
{
        _cleanup_(walk_done) struct walk walk = { .fd = -EBADF };
        int i = ct_cgroup_find(cgroup, "freezer", NULL);

        if (i >= 0)
                walk.fd = ct_cgroup_open(cgroup, (size_t)i);
        if (walk.fd < 0)
                return;
        do
                (void)ct_write_file_at(walk.fd, "freezer.state", "THAWED");
        while (walk_next(&walk) > 0);
}

int ct_cgroup_signal_in(struct ct_cgroup *cgroup, int folder_fd, int signo)
{
        int r;

        if (signo != SIGKILL)
                return ct_procs_signal(folder_fd, signo, true);
        /* Linux 5.14, v2: all of them at once, whatever they do meanwhile. */
        if (ct_write_file_at(folder_fd, "cgroup.kill", "1") >= 0) {
                ct_cgroup_thaw(cgroup);
                thaw_below(cgroup);
                return 0;
        }
        /* Frozen, they can't have children faster than these are killed. */
        ct_cgroup_freeze(cgroup);
        r = ct_procs_signal(folder_fd, SIGKILL, true);
        ct_cgroup_thaw(cgroup);
        thaw_below(cgroup);
        return r;
}
