/* SPDX-License-Identifier: MIT */

/* Who is in a pid namespace: /proc has a link for each process, and each namespace knows the one above. */

#include "host/members.h"

#include "base/cleanup.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

/* The kernel nests no deeper. */
enum { LEVELS = 32 };

struct pids {
        pid_t *items;
        size_t n, capacity;
};

static int add(struct pids *pids, pid_t pid)
{
        if (pids->n == pids->capacity) {
                size_t capacity = pids->capacity == 0 ? 64 : 2 * pids->capacity;
                pid_t *more = realloc(pids->items, capacity * sizeof *more);

                if (!more)
                        return -ENOMEM;
                pids->items = more;
                pids->capacity = capacity;
        }
        pids->items[pids->n++] = pid;
        return 0;
}

static bool same(const struct stat *a, const struct stat *b)
{
        return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Is @process, a folder's name in /proc, in @wanted or in a namespace below? Climbs no further than to @own.
 */
static bool is_member(int proc_fd, const char *process, const struct stat *wanted, const struct stat *own)
{
        _cleanup_close_ int fd = -EBADF;
        char path[64];
        struct stat st;

        (void)snprintf(path, sizeof path, "%s/ns/pid", process);
        if (fstatat(proc_fd, path, &st, 0) < 0 || same(&st, own))
                return false;
        if (same(&st, wanted))
                return true;
        fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
        for (int level = 0; level < LEVELS && fd >= 0; level++) {
                int above = ioctl(fd, NS_GET_PARENT);

                (void)ct_close(fd);
                fd = above;
                if (fd < 0 || fstat(fd, &st) < 0 || same(&st, own))
                        return false;
                if (same(&st, wanted))
                        return true;
        }
        return false;
}

static int compare(const void *a, const void *b)
{
        const pid_t *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

static void closedirp(DIR **dir)
{
        if (*dir)
                (void)closedir(*dir);
}

int ct_pid_namespace_members(int folder_fd, pid_t **ret, size_t *ret_n)
{
        _cleanup_(closedirp) DIR *proc = NULL;
        _cleanup_free_ pid_t *items = NULL;
        struct pids pids = { 0 };
        const struct dirent *entry;
        struct stat wanted, own;

        if (fstatat(folder_fd, "ns/pid", &wanted, 0) < 0 || stat("/proc/thread-self/ns/pid", &own) < 0 ||
            same(&wanted, &own))
                return -ENOENT;
        proc = opendir("/proc");
        if (!proc)
                return -errno;
        while ((entry = readdir(proc))) {
                if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || strlen(entry->d_name) > 10 ||
                    !is_member(dirfd(proc), entry->d_name, &wanted, &own))
                        continue;
                if (add(&pids, (pid_t)atoi(entry->d_name)) < 0) {
                        free(pids.items);
                        return -ENOMEM;
                }
        }
        items = pids.items;
        if (!items)
                return -ENOENT; /* it has ended meanwhile */
        qsort(items, pids.n, sizeof *items, compare);
        *ret = ct_take(items);
        *ret_n = pids.n;
        return 0;
}
