/* SPDX-License-Identifier: MIT */
#ifndef CT_INIT_SYS_H
#define CT_INIT_SYS_H

/* System calls, typed. Each returns what the kernel does: a result, or -errno. Only those here are made. */

#include "init/sys-call.h"

#define CURRENT_DIR (-100) /* AT_FDCWD */

/* --- descriptors and files ------------------------------------------------------------------ */

static inline int sys_close(int fd)
{
        return (int)SYS1(__NR_close, fd);
}

static inline int sys_close_range(unsigned first, unsigned last, unsigned flags)
{
        return (int)SYS3(__NR_close_range, first, last, flags);
}

static inline int sys_openat(int dir_fd, const char *path, int flags, unsigned mode)
{
        return (int)SYS4(__NR_openat, dir_fd, path, flags, mode);
}

static inline int sys_openat2(int dir_fd, const char *path, const struct open_how *how)
{
        return (int)SYS4(__NR_openat2, dir_fd, path, how, sizeof(*how));
}

static inline long sys_read(int fd, void *bytes, size_t size)
{
        return SYS3(__NR_read, fd, bytes, size);
}

static inline long sys_write(int fd, const void *bytes, size_t size)
{
        return SYS3(__NR_write, fd, bytes, size);
}

static inline long sys_seek(int fd, long offset, int from)
{
        return SYS3(__NR_lseek, fd, offset, from);
}

/* 32 bits are enough on CPUs that have no more: logs are limited. */
static inline int sys_ftruncate(int fd, long size)
{
        return (int)SYS2(__NR_ftruncate, fd, size);
}

static inline int sys_fsync(int fd)
{
        return (int)SYS1(__NR_fsync, fd);
}

static inline int sys_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
        return (int)SYS5(__NR_renameat2, from_dir, from, to_dir, to, 0);
}

static inline long sys_sendfile(int to_fd, int from_fd, size_t size)
{
        return SYS4(__NR_sendfile, to_fd, from_fd, 0, size);
}

static inline long sys_getdents(int fd, void *bytes, size_t size)
{
        return SYS3(__NR_getdents64, fd, bytes, size);
}

static inline int sys_statx(int dir_fd, const char *path, int flags, unsigned mask, struct statx *ret)
{
        return (int)SYS5(__NR_statx, dir_fd, path, flags, mask, ret);
}

static inline int sys_fstatfs(int fd, struct kernel_statfs *ret)
{
#ifdef __NR_fstatfs64
        return (int)SYS3(__NR_fstatfs64, fd, sizeof(*ret), ret);
#else
        return (int)SYS2(__NR_fstatfs, fd, ret);
#endif
}

static inline int sys_dup3(int from_fd, int to_fd, int flags)
{
        return (int)SYS3(__NR_dup3, from_fd, to_fd, flags);
}

static inline int sys_fcntl(int fd, int command, long argument)
{
        return (int)SYS3(__NR_fcntl, fd, command, argument);
}

static inline int sys_ioctl(int fd, unsigned long request, const void *argument)
{
        return (int)SYS3(__NR_ioctl, fd, request, argument);
}

static inline int sys_pipe(int ret[2], int flags)
{
        return (int)SYS2(__NR_pipe2, ret, flags);
}

static inline int sys_memfd_create(const char *name, unsigned flags)
{
        return (int)SYS2(__NR_memfd_create, name, flags);
}

static inline int sys_mkdirat(int dir_fd, const char *path, unsigned mode)
{
        return (int)SYS3(__NR_mkdirat, dir_fd, path, mode);
}

static inline int sys_mknodat(int dir_fd, const char *path, unsigned mode, uint32_t device)
{
        return (int)SYS4(__NR_mknodat, dir_fd, path, mode, device);
}

static inline int sys_linkat(int from_dir, const char *from, int to_dir, const char *to)
{
        return (int)SYS5(__NR_linkat, from_dir, from, to_dir, to, 0);
}

static inline int sys_symlinkat(const char *target, int dir_fd, const char *path)
{
        return (int)SYS3(__NR_symlinkat, target, dir_fd, path);
}

static inline long sys_readlinkat(int dir_fd, const char *path, char *ret, size_t size)
{
        return SYS4(__NR_readlinkat, dir_fd, path, ret, size);
}

static inline int sys_unlinkat(int dir_fd, const char *path, int flags)
{
        return (int)SYS3(__NR_unlinkat, dir_fd, path, flags);
}

static inline int sys_fchownat(int dir_fd, const char *path, uint32_t uid, uint32_t gid, int flags)
{
        return (int)SYS5(__NR_fchownat, dir_fd, path, uid, gid, flags);
}

/* @path NULL: of what @dir_fd is. */
static inline int sys_utimensat(int dir_fd, const char *path, const struct __kernel_timespec times[2],
                                int flags)
{
        return (int)SYS4(NR_utimensat, dir_fd, path, times, flags);
}

static inline long sys_flistxattr(int fd, char *ret, size_t size)
{
        return SYS3(__NR_flistxattr, fd, ret, size);
}

static inline long sys_fgetxattr(int fd, const char *name, void *ret, size_t size)
{
        return SYS4(__NR_fgetxattr, fd, name, ret, size);
}

static inline int sys_fsetxattr(int fd, const char *name, const void *value, size_t size)
{
        return (int)SYS5(__NR_fsetxattr, fd, name, value, size, 0);
}

static inline int sys_fchmod(int fd, unsigned mode)
{
        return (int)SYS2(__NR_fchmod, fd, mode);
}

static inline unsigned sys_umask(unsigned mask)
{
        return (unsigned)SYS1(__NR_umask, mask);
}

/* @timeout: afterwards, what was left of it. */
static inline int sys_poll(struct kernel_pollfd *fds, unsigned n, struct __kernel_timespec *timeout)
{
        return (int)SYS5(NR_ppoll, fds, n, timeout, 0, SIGSET_SIZE);
}

/* The time of day. */
static inline int sys_now(struct __kernel_timespec *ret)
{
        return (int)SYS2(NR_clock_gettime, 0 /* CLOCK_REALTIME */, ret);
}

/* --- folders ------------------------------------------------------------------------------- */

static inline int sys_chdir(const char *path)
{
        return (int)SYS1(__NR_chdir, path);
}

static inline int sys_fchdir(int fd)
{
        return (int)SYS1(__NR_fchdir, fd);
}

static inline int sys_chroot(const char *path)
{
        return (int)SYS1(__NR_chroot, path);
}

static inline long sys_getcwd(char *ret, size_t size)
{
        return SYS2(__NR_getcwd, ret, size);
}

/* --- mounts --------------------------------------------------------------------------------- */

static inline int sys_mount(const char *target, unsigned long flags)
{
        return (int)SYS5(__NR_mount, 0, target, 0, flags, 0);
}

static inline int sys_mount_new(const char *source, const char *target, const char *type, unsigned long flags,
                                const char *data)
{
        return (int)SYS5(__NR_mount, source, target, type, flags, data);
}

static inline int sys_umount(const char *target, int flags)
{
        return (int)SYS2(__NR_umount2, target, flags);
}

static inline int sys_pivot_root(const char *new_root, const char *put_old)
{
        return (int)SYS2(__NR_pivot_root, new_root, put_old);
}

static inline int sys_open_tree(int dir_fd, const char *path, unsigned flags)
{
        return (int)SYS3(__NR_open_tree, dir_fd, path, flags);
}

static inline int sys_move_mount(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
        return (int)SYS5(__NR_move_mount, from_fd, from, to_fd, to, flags);
}

static inline int sys_fsopen(const char *type, unsigned flags)
{
        return (int)SYS2(__NR_fsopen, type, flags);
}

static inline int sys_fspick(int dir_fd, const char *path, unsigned flags)
{
        return (int)SYS3(__NR_fspick, dir_fd, path, flags);
}

static inline int sys_fsconfig(int fd, unsigned command, const char *key, const char *value)
{
        return (int)SYS5(__NR_fsconfig, fd, command, key, value, 0);
}

static inline int sys_fsmount(int fd, unsigned flags, unsigned attributes)
{
        return (int)SYS3(__NR_fsmount, fd, flags, attributes);
}

static inline int sys_mount_setattr(int fd, unsigned flags, const struct mount_attr *attributes)
{
        return (int)SYS5(__NR_mount_setattr, fd, "", flags, attributes, sizeof(*attributes));
}

/* --- sockets -------------------------------------------------------------------------------- */

static inline int sys_socket(int family, int type)
{
        return (int)SYS3(__NR_socket, family, type, 0);
}

static inline int sys_accept(int fd, int flags)
{
        return (int)SYS4(__NR_accept4, fd, 0, 0, flags);
}

static inline int sys_getsockopt(int fd, int level, int name, int *ret, uint32_t *size)
{
        return (int)SYS5(__NR_getsockopt, fd, level, name, ret, size);
}

static inline long sys_sendmsg(int fd, const struct kernel_msghdr *message, int flags)
{
        return SYS3(__NR_sendmsg, fd, message, flags);
}

static inline long sys_recvmsg(int fd, struct kernel_msghdr *message, int flags)
{
        return SYS3(__NR_recvmsg, fd, message, flags);
}

/* --- processes ------------------------------------------------------------------------------ */

static inline _Noreturn void sys_exit(int status)
{
        for (;;)
                (void)SYS1(__NR_exit_group, status);
}

static inline int sys_getpid(void)
{
        return (int)SYS0(__NR_getpid);
}

/* Like fork(2) with the flags in @args. */
static inline int sys_fork(const struct clone_args *args)
{
        return (int)SYS2(__NR_clone3, args, sizeof(*args));
}

static inline int sys_execve(const char *path, char *const *argv, char *const *envp)
{
        return (int)SYS3(__NR_execve, path, argv, envp);
}

static inline int sys_wait(int pid, int *ret_status)
{
        return (int)SYS4(__NR_wait4, pid, ret_status, 0, 0);
}

/* The same, at once: 0 while it runs. Whatever signal tells of its end. */
static inline int sys_wait_now(int pid, int *ret_status)
{
        return (int)SYS4(__NR_wait4, pid, ret_status, WNOHANG | __WALL, 0);
}

static inline int sys_execveat(int fd, char *const *argv, char *const *envp)
{
        return (int)SYS5(__NR_execveat, fd, "", argv, envp, AT_EMPTY_PATH);
}

static inline int sys_kill(int pid, int signo)
{
        return (int)SYS2(__NR_kill, pid, signo);
}

static inline int sys_pidfd_kill(int pidfd, int signo)
{
        return (int)SYS4(__NR_pidfd_send_signal, pidfd, signo, 0, 0);
}

static inline int sys_setsid(void)
{
        return (int)SYS0(__NR_setsid);
}

static inline int sys_yield(void)
{
        return (int)SYS0(__NR_sched_yield);
}

static inline int sys_sigaction(int signo, const struct kernel_sigaction *action)
{
        return (int)SYS4(__NR_rt_sigaction, signo, action, 0, SIGSET_SIZE);
}

static inline int sys_sigmask(int how, const void *set)
{
        return (int)SYS4(__NR_rt_sigprocmask, how, set, 0, SIGSET_SIZE);
}

static inline long sys_mmap(size_t size, int protection, int flags, int fd)
{
        return SYS6(NR_mmap, 0, size, protection, flags, fd, 0);
}

static inline int sys_unshare(unsigned long flags)
{
        return (int)SYS1(__NR_unshare, flags);
}

static inline int sys_setns(int fd, unsigned long type)
{
        return (int)SYS2(__NR_setns, fd, type);
}

static inline int sys_sethostname(const char *name, size_t size)
{
        return (int)SYS2(__NR_sethostname, name, size);
}

static inline int sys_setdomainname(const char *name, size_t size)
{
        return (int)SYS2(__NR_setdomainname, name, size);
}

/* --- privileges and limits ------------------------------------------------------------------ */

static inline int sys_prctl(int option, unsigned long a, unsigned long b)
{
        return (int)SYS5(__NR_prctl, option, a, b, 0, 0);
}

static inline int sys_capget(struct __user_cap_header_struct *header, struct __user_cap_data_struct *ret)
{
        return (int)SYS2(__NR_capget, header, ret);
}

static inline int sys_capset(struct __user_cap_header_struct *header,
                             const struct __user_cap_data_struct *data)
{
        return (int)SYS2(__NR_capset, header, data);
}

static inline int sys_setgroups(size_t n, const uint32_t *gids)
{
        return (int)SYS2(NR_setgroups, n, gids);
}

static inline int sys_setresgid(uint32_t real, uint32_t effective, uint32_t saved)
{
        return (int)SYS3(NR_setresgid, real, effective, saved);
}

static inline int sys_setresuid(uint32_t real, uint32_t effective, uint32_t saved)
{
        return (int)SYS3(NR_setresuid, real, effective, saved);
}

static inline int sys_seccomp(unsigned operation, unsigned flags, const void *argument)
{
        return (int)SYS3(__NR_seccomp, operation, flags, argument);
}

static inline long sys_keyctl(int operation, unsigned long a, unsigned long b)
{
        return SYS3(__NR_keyctl, operation, a, b);
}

static inline int sys_personality(unsigned long persona)
{
        return (int)SYS1(__NR_personality, persona);
}

static inline int sys_sched_setaffinity(size_t size, const void *mask)
{
        return (int)SYS3(__NR_sched_setaffinity, 0, size, mask);
}

static inline int sys_sched_setattr(const struct sched_attr *attributes)
{
        return (int)SYS3(__NR_sched_setattr, 0, attributes, 0);
}

static inline int sys_ioprio_set(int which, int who, int priority)
{
        return (int)SYS3(__NR_ioprio_set, which, who, priority);
}

static inline int sys_set_mempolicy(int mode, const void *nodes, unsigned long n)
{
        return (int)SYS3(__NR_set_mempolicy, mode, nodes, n);
}

static inline int sys_set_rlimit(int resource, const struct kernel_rlimit *limit)
{
        return (int)SYS4(__NR_prlimit64, 0, resource, limit, 0);
}

static inline int sys_get_rlimit(int resource, struct kernel_rlimit *ret)
{
        return (int)SYS4(__NR_prlimit64, 0, resource, 0, ret);
}

#endif
