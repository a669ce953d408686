/* SPDX-License-Identifier: MIT */

/*
 * Children without a copy of the host: see host/spawn.h. The functions marked CT_RAW run in the child, in the
 * host's memory, while the host's other threads go on; they use their arguments and nothing else.
 */

#include "host/spawn.h"

#include "base/cleanup.h"
#include "base/fds.h"
#include "base/pidfd.h"
#include "host/raw.h"
#include "plan/format.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif
#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif
#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif
#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

#define CHILD_STACK (16 * 1024)
#define SIGNALS     64
/* Above everything that a child renumbers: 0 to 2, and more from 3 on. */
#define LOW_FDS     (3 + CT_SPAWN_EXTRA_FDS)

/* What the child is told, and where it leaves the reason of a failed execve. */
struct child_start {
        int program_fd; /* or -1: path */
        int socket_fd;
        bool ambient;
        const char *path;
        char *const *argv;
        char *const *envp;
        const char *folder;
        int stdio[3];
        int extra_fds[CT_SPAWN_EXTRA_FDS];
        int n_extra_fds;
        int tree_fd;
        const char *tree_target;
        int error;
};

CT_RAW static long child_call(long nr, long a, long b, long c, long d, long e)
{
        return ct_raw(nr, a, b, c, d, e);
}

/* Raises every permitted capability into the ambient set: execve under unmapped ids drops the others. */
CT_RAW static long child_raise_ambient(void)
{
        struct __user_cap_header_struct header;
        struct __user_cap_data_struct data[2];
        long r;

        header.version = _LINUX_CAPABILITY_VERSION_3;
        header.pid = 0;
        r = child_call(SYS_capget, (long)&header, (long)data, 0, 0, 0);
        if (r < 0)
                return r;
        data[0].inheritable = data[0].permitted;
        data[1].inheritable = data[1].permitted;
        r = child_call(SYS_capset, (long)&header, (long)data, 0, 0, 0);
        if (r < 0)
                return r;
        for (unsigned cap = 0; cap < 64; cap++) {
                if (!(data[cap / 32].permitted & (1u << (cap % 32))))
                        continue;
                r = child_call(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Makes @from number @to, kept across execve. */
CT_RAW static long child_place(int from, int to)
{
        if (from == to)
                return child_call(SYS_fcntl, to, F_SETFD, 0, 0, 0);
        return child_call(SYS_dup3, from, to, 0, 0, 0);
}

CT_RAW static void child_exit(struct child_start *start, long error)
{
        start->error = (int)-error;
        for (;;)
                child_call(SYS_exit_group, 127, 0, 0, 0, 0);
}

/* Executes contain-init. It sees to signals and to descriptors itself. */
CT_RAW static void child_init(void *arg)
{
        struct child_start *start = arg;
        long r;

        r = child_place(start->socket_fd, PLAN_SOCKET_FD);
        if (r >= 0 && start->ambient)
                r = child_raise_ambient();
        if (r >= 0)
                r = child_call(SYS_execveat, start->program_fd, (long)"", (long)start->argv,
                               (long)start->envp, AT_EMPTY_PATH);
        child_exit(start, r);
}

/* Default handlers first, as the host's must not run here, then an empty mask, for a program of anybody's. */
CT_RAW static void child_reset_signals(void)
{
        /* struct sigaction of the kernel: at most four words; all zero is SIG_DFL. */
        unsigned long action[4];
        uint64_t mask = 0;

        for (int i = 0; i < 4; i++)
                ((volatile unsigned long *)action)[i] = 0;
        for (int signo = 1; signo <= SIGNALS; signo++)
                child_call(SYS_rt_sigaction, signo, (long)action, 0, sizeof(mask), 0);
        child_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, 0, sizeof(mask), 0);
}

/* The mount namespace is new, and nothing that is mounted in it may get out. */
CT_RAW static long child_attach_tree(struct child_start *start)
{
        long r = child_call(SYS_mount, 0, (long)"/", 0, MS_REC | MS_SLAVE, 0);

        if (r < 0)
                return r;
        return child_call(SYS_move_mount, start->tree_fd, (long)"", AT_FDCWD, (long)start->tree_target,
                          4 /* MOVE_MOUNT_F_EMPTY_PATH */);
}

CT_RAW static void child_program(void *arg)
{
        struct child_start *start = arg;
        long r = 0;

        if (start->tree_target)
                r = child_attach_tree(start);
        for (int i = 0; i < 3 && r >= 0; i++)
                r = child_place(start->stdio[i], i);
        for (int i = 0; i < start->n_extra_fds && r >= 0; i++)
                r = child_place(start->extra_fds[i], 3 + i);
        if (start->folder && child_call(SYS_chdir, (long)start->folder, 0, 0, 0, 0) < 0)
                child_call(SYS_chdir, (long)"/", 0, 0, 0, 0);
        /* What the host forgot to mark must not leak into a hook. Linux before 5.11 has no such flag: closed,
         * then. */
        if (r >= 0 && child_call(SYS_close_range, 3 + start->n_extra_fds, ~0U,
                                 1 << 2 /* CLOSE_RANGE_CLOEXEC */, 0, 0) < 0)
                r = child_call(SYS_close_range, 3 + start->n_extra_fds, ~0U, 0, 0, 0);
        if (r >= 0) {
                child_reset_signals();
                r = start->path ? child_call(SYS_execve, (long)start->path, (long)start->argv,
                                             (long)start->envp, 0, 0)
                                : child_call(SYS_execveat, start->program_fd, (long)"", (long)start->argv,
                                             (long)start->envp, AT_EMPTY_PATH);
        }
        child_exit(start, r);
}

/* Clones with memory shared and the caller waiting, by whichever call this machine has. */
static long clone_child(uint64_t flags, int cgroup_fd, int *ret_pidfd, bool *ret_in_cgroup,
                        void (*fn)(void *), void *arg)
{
        char stack[CHILD_STACK] __attribute__((aligned(16)));
        struct ct_clone_args args = {
                .flags = flags | CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
                .pidfd = (uint64_t)(uintptr_t)ret_pidfd,
                .exit_signal = SIGCHLD,
                .stack = (uint64_t)(uintptr_t)stack,
                .stack_size = sizeof(stack),
        };
        long r = -ENOSYS;

        if (cgroup_fd >= 0) {
                struct ct_clone_args in_cgroup = args;

                in_cgroup.flags |= CLONE_INTO_CGROUP;
                in_cgroup.cgroup = (uint64_t)(unsigned)cgroup_fd;
                r = ct_clone3(&in_cgroup, sizeof(in_cgroup), fn, arg);
                *ret_in_cgroup = r > 0;
        }
        /* Whatever kept it out of the cgroup: it can be moved afterwards, and that says why if it cannot. */
        if (r < 0)
                r = ct_clone3(&args, sizeof(args), fn, arg);
        if (r == -ENOSYS)
                r = ct_clone((args.flags & 0xffffffffULL) | SIGCHLD, stack + sizeof(stack), ret_pidfd, fn,
                             arg);
        return r;
}

/* Spawns, and reaps the child again if it could not execute. */
static int spawn(uint64_t flags, int cgroup_fd, void (*fn)(void *), struct child_start *start,
                 struct ct_child *ret, bool *ret_in_cgroup)
{
        uint64_t all = ~UINT64_C(0), before = 0;
        bool in_cgroup = false;
        int pidfd = -EBADF;
        long pid;

        /* Raw, and of every signal: the C library keeps two for itself, whose handlers must not run in the
         * child either. */
        (void)ct_raw(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&before, sizeof(all), 0);
        pid = clone_child(flags, cgroup_fd, &pidfd, &in_cgroup, fn, start);
        (void)ct_raw(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0, sizeof(before), 0);
        if (pid < 0)
                return (int)pid;

        if (start->error != 0) {
                struct ct_exit exit;

                (void)ct_pidfd_poll(pidfd, -1);
                (void)ct_pidfd_exit(pidfd, &exit);
                ct_close(pidfd);
                return -start->error;
        }
        *ret = (struct ct_child){ .pid = (pid_t)pid, .pidfd = pidfd };
        if (ret_in_cgroup)
                *ret_in_cgroup = in_cgroup;
        return 0;
}

int ct_spawn_init(const struct ct_spawn_init *what, struct ct_child *ret, int *ret_in_cgroup)
{
        char *argv[] = { (char *)(uintptr_t)what->name, NULL };
        char *envp[] = { NULL };
        struct child_start start = {
                .program_fd = what->program_fd,
                .socket_fd = what->socket_fd,
                .ambient = what->ambient != 0,
                .argv = argv,
                .envp = envp,
        };
        bool in_cgroup = false;
        int r;

        r = spawn(what->clone_flags, what->cgroup_fd, child_init, &start, ret, &in_cgroup);
        if (r < 0)
                return r;
        if (ret_in_cgroup)
                *ret_in_cgroup = in_cgroup;
        return 0;
}

/* A copy that is out of the way of those that are placed: placing one must not overwrite another. */
static int move_up(int fd)
{
        int moved = fcntl(fd, F_DUPFD_CLOEXEC, LOW_FDS);

        return moved < 0 ? -errno : moved;
}

static int open_null(void)
{
        int fd = open("/dev/null", O_RDWR | O_CLOEXEC), moved;

        if (fd < 0)
                return -errno;
        if (fd >= LOW_FDS)
                return fd;
        moved = move_up(fd);
        ct_close(fd);
        return moved;
}

int ct_spawn_program(const struct ct_spawn_program *what, struct ct_child *ret)
{
        struct child_start start = {
                .program_fd = -1,
                .path = what->path,
                .argv = what->argv,
                .envp = what->envp,
                .folder = what->folder,
                .tree_fd = what->tree_fd,
                .tree_target = what->tree_target,
        };
        int r = what->n_extra_fds > CT_SPAWN_EXTRA_FDS ? -E2BIG : 0;

        for (int i = 0; i < 3; i++)
                start.stdio[i] = -EBADF;
        if (!what->path && r >= 0)
                r = start.program_fd = move_up(what->program_fd);
        for (int i = 0; i < 3 && r >= 0; i++)
                r = start.stdio[i] = what->stdio[i] >= 0 ? move_up(what->stdio[i]) : open_null();
        for (; r >= 0 && (size_t)start.n_extra_fds < what->n_extra_fds; start.n_extra_fds++) {
                r = move_up(what->extra_fds[start.n_extra_fds]);
                start.extra_fds[start.n_extra_fds] = r;
        }
        if (r >= 0)
                r = spawn(what->tree_target ? CLONE_NEWNS : 0, -1, child_program, &start, ret, NULL);
        ct_close(start.program_fd);
        for (int i = 0; i < 3; i++)
                ct_close(start.stdio[i]);
        for (int i = 0; i < start.n_extra_fds; i++)
                ct_close(start.extra_fds[i]);
        return r < 0 ? r : 0;
}

int ct_spawn_become(int program_fd, int socket_fd)
{
        char *argv[] = { (char *)(uintptr_t) "contain-init", NULL };
        char *envp[] = { NULL };
        _cleanup_close_ int saved = fcntl(PLAN_SOCKET_FD, F_DUPFD_CLOEXEC, LOW_FDS);
        int flags = fcntl(PLAN_SOCKET_FD, F_GETFD);
        long r;

        r = child_place(socket_fd, PLAN_SOCKET_FD);
        if (r < 0)
                return (int)r;
        r = ct_raw(SYS_execveat, program_fd, (long)"", (long)argv, (long)envp, AT_EMPTY_PATH);

        /* Still here: give the caller its descriptor back. */
        if (saved >= 0)
                (void)dup3(saved, PLAN_SOCKET_FD, flags & FD_CLOEXEC ? O_CLOEXEC : 0);
        else
                (void)close(PLAN_SOCKET_FD);
        return (int)r;
}
