/* SPDX-License-Identifier: MIT */

/* Opens a container's namespaces and its root: see host/entry.h. */

#include "host/entry.h"

#include "base/fds.h"
#include "base/pidfd.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

/* In the order of ct_namespace_types. */
static const char *const files[CT_NAMESPACES] = {
        "pid", "net", "mnt", "ipc", "uts", "user", "cgroup", "time"
};

void ct_entry_done(struct ct_entry *entry)
{
        for (size_t i = 0; i < CT_NAMESPACES; i++)
                entry->namespace_fds[i] = ct_close(entry->namespace_fds[i]);
        entry->root_fd = ct_close(entry->root_fd);
        entry->types = 0;
}

/* A child is cloned by this very thread, whose namespaces need not be those of the others. */
static bool is_own(const char *file, const struct stat *there)
{
        struct stat here;
        char path[64];

        (void)snprintf(path, sizeof(path), "/proc/thread-self/ns/%s", file);
        return stat(path, &here) == 0 && here.st_dev == there->st_dev && here.st_ino == there->st_ino;
}

static int open_namespace(int process_fd, size_t i, struct ct_entry *entry, contain_error_t **err)
{
        struct stat there;
        char path[32];
        int fd = -EBADF;

        (void)snprintf(path, sizeof(path), "ns/%s", files[i]);
        if (fstatat(process_fd, path, &there, 0) == 0) {
                if (is_own(files[i], &there))
                        return 0;
                fd = openat(process_fd, path, O_RDONLY | O_CLOEXEC);
        }
        if (fd < 0 && errno == ENOENT) /* this kernel has no such namespaces, or the process has ended */
                return 0;
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_NAMESPACE, errno, NULL,
                               "cannot open the %s namespace of the container",
                               ct_namespace_name(ct_namespace_types[i]));
        entry->namespace_fds[i] = ct_high_fd(fd);
        entry->types |= ct_namespace_types[i];
        return 0;
}

static int open_all(int process_fd, struct ct_entry *entry, contain_error_t **err)
{
        for (size_t i = 0; i < CT_NAMESPACES; i++) {
                int r = open_namespace(process_fd, i, entry, err);

                if (r < 0)
                        return r;
        }
        entry->root_fd = ct_high_fd(openat(process_fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (entry->root_fd < 0)
                return ct_fail(err, CONTAIN_E_ROOTFS, errno, NULL, "cannot open the root of the container");
        return 0;
}

int ct_entry_open(const struct ct_child *process, struct ct_entry *ret, contain_error_t **err)
{
        _cleanup_(ct_entry_done) struct ct_entry entry = CT_ENTRY_INIT;
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_close_ int process_fd = -EBADF;
        int r;

        process_fd = ct_pidfd_open_folder(process->pidfd, process->pid);
        if (process_fd < 0)
                return -ESRCH;
        r = open_all(process_fd, &entry, &error);
        /* Having ended, it is in no namespace any more, as if it had none. */
        if (ct_pidfd_poll(process->pidfd, 0) != 0)
                return -ESRCH;
        if (r < 0) {
                if (err)
                        *err = ct_take(error);
                return r;
        }
        *ret = entry;
        entry = (struct ct_entry)CT_ENTRY_INIT;
        return 0;
}
