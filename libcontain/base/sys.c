/* SPDX-License-Identifier: MIT */

/* Raw system calls. Nothing here has a policy but ct_open_in_root(). */

#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Since Linux 5.0 a new call has the same number on every architecture but alpha. */
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_open_tree
#define SYS_open_tree  428
#define SYS_move_mount 429
#define SYS_fsopen     430
#define SYS_fsconfig   431
#define SYS_fsmount    432
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

/* Lookups below a moving directory fail with EAGAIN rather than lie; a retry settles nearly all. */
#define OPEN_ATTEMPTS 64

static int result(long r)
{
        return r < 0 ? -errno : (int)r;
}

int ct_sys_openat2(int dir_fd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
        struct open_how how = { .flags = flags, .mode = mode, .resolve = resolve };

        return result(syscall(SYS_openat2, dir_fd, path, &how, sizeof how));
}

int ct_sys_open_tree(int dir_fd, const char *path, unsigned flags)
{
        return result(syscall(SYS_open_tree, dir_fd, path, flags));
}

int ct_sys_move_mount(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
        return result(syscall(SYS_move_mount, from_fd, from, to_fd, to, flags));
}

int ct_sys_mount_setattr(int dir_fd, const char *path, unsigned flags, uint64_t set, uint64_t clear,
                         uint64_t propagation, int userns_fd)
{
        struct mount_attr attr = {
                .attr_set = set,
                .attr_clr = clear,
                .propagation = propagation,
                .userns_fd = userns_fd >= 0 ? (__u64)userns_fd : 0,
        };

        return result(syscall(SYS_mount_setattr, dir_fd, path, flags, &attr, sizeof attr));
}

int ct_sys_fsopen(const char *type, unsigned flags)
{
        return result(syscall(SYS_fsopen, type, flags));
}

int ct_sys_fsconfig(int fd, unsigned command, const char *key, const void *value, int aux)
{
        return result(syscall(SYS_fsconfig, fd, command, key, value, aux));
}

int ct_sys_fsmount(int fd, unsigned flags, unsigned attributes)
{
        return result(syscall(SYS_fsmount, fd, flags, attributes));
}

int ct_sys_pidfd_open(pid_t pid, unsigned flags)
{
        return result(syscall(SYS_pidfd_open, pid, flags));
}

int ct_sys_pidfd_send_signal(int pidfd, int signo, void *info, unsigned flags)
{
        return result(syscall(SYS_pidfd_send_signal, pidfd, signo, info, flags));
}

int ct_sys_bpf(int command, void *attributes, size_t size)
{
        return result(syscall(SYS_bpf, command, attributes, (unsigned)size));
}

int ct_open_in_root(int root_fd, const char *path, uint64_t flags)
{
        int attempt, r = -EAGAIN;

        for (attempt = 0; attempt < OPEN_ATTEMPTS && r == -EAGAIN; attempt++)
                r = ct_sys_openat2(root_fd, path, flags | O_CLOEXEC, 0,
                                   RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
        return r;
}
