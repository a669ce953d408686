/* SPDX-License-Identifier: MIT */
#ifndef CT_BASE_SYS_H
#define CT_BASE_SYS_H

/*
 * System calls and constants that the C library or the kernel headers of the oldest supported
 * distribution lack. Wrappers return the result or -errno, and are for the host side only:
 * init/ has its own.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct open_how;
struct mount_attr;

int ct_sys_openat2(int dir_fd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
int ct_sys_open_tree(int dir_fd, const char *path, unsigned flags);
int ct_sys_move_mount(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int ct_sys_mount_setattr(int dir_fd, const char *path, unsigned flags, uint64_t set, uint64_t clear,
                         uint64_t propagation, int userns_fd);
int ct_sys_fsopen(const char *type, unsigned flags);
int ct_sys_fsconfig(int fd, unsigned command, const char *key, const void *value, int aux);
int ct_sys_fsmount(int fd, unsigned flags, unsigned attributes);
int ct_sys_pidfd_open(pid_t pid, unsigned flags);
int ct_sys_pidfd_send_signal(int pidfd, int signo, void *info, unsigned flags);
int ct_sys_bpf(int command, void *attributes, size_t size);

/* Opens @path below @root_fd as if that were "/": symbolic links cannot leave it, magic links are refused. */
int ct_open_in_root(int root_fd, const char *path, uint64_t flags);

#endif
