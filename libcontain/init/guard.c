/* SPDX-License-Identifier: MIT */

/*
 * The guard of an ephemeral container: this program under another name. It sleeps until the host has closed
 * its end of a socket, also by dying, then ends the container and removes its cgroups. It is nobody's
 * child, has no descriptor but what it was given, and touches a few pages of memory.
 */

#include "init/init.h"

#define NAMES_SIZE  (PLAN_FDS_PER_MESSAGE * 256)
#define DEPTH_MAX   16
#define CHUNK       1024
#define PATIENCE_MS 5000
#define PAUSE_MS    10

#define RESCTRL_SUPER_MAGIC 0x07655821
#ifndef CGROUP2_SUPER_MAGIC
#define CGROUP2_SUPER_MAGIC 0x63677270
#endif

struct guard {
        int pidfd;
        uint32_t n; /* cgroup folders */
        int parents[PLAN_FDS_PER_MESSAGE];
        const char *names; /* one after the other */
};

static void pause_ms(unsigned ms)
{
        struct __kernel_timespec timeout = { .tv_nsec = (long long)ms * 1000000 };

        (void)sys_poll(NULL, 0, &timeout);
}

/* --- one cgroup ----------------------------------------------------------------------------- */

/* Opens the cgroup @name in @parent_fd. Nothing that is not one is ever touched. */
static int open_cgroup(int parent_fd, const char *name)
{
        int fd = sys_openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
        struct kernel_statfs fs;

        if (fd >= 0 && (sys_fstatfs(fd, &fs) < 0 ||
                        (fs.f_type != CGROUP_SUPER_MAGIC && fs.f_type != CGROUP2_SUPER_MAGIC &&
                         fs.f_type != RESCTRL_SUPER_MAGIC))) {
                init_close(&fd);
                return -EINVAL;
        }
        return fd;
}

/* Not every hierarchy has every file. */
static bool write_file(int dir_fd, const char *file, const char *value)
{
        int fd = sys_openat(dir_fd, file, O_WRONLY | O_CLOEXEC, 0);
        bool written;

        if (fd < 0)
                return false;
        written = sys_write(fd, value, text_length(value)) > 0;
        init_close(&fd);
        return written;
}

static void kill_listed(int dir_fd)
{
        int fd = sys_openat(dir_fd, "cgroup.procs", O_RDONLY | O_CLOEXEC, 0), pid = 0;
        char chunk[CHUNK];
        long n;

        if (fd < 0)
                return;
        while ((n = sys_read(fd, chunk, sizeof(chunk))) > 0) {
                for (long i = 0; i < n; i++) {
                        if (chunk[i] >= '0' && chunk[i] <= '9') {
                                pid = pid * 10 + (chunk[i] - '0');
                                continue;
                        }
                        /* 0: in a pid namespace that we do not see */
                        if (pid > 0)
                                (void)sys_kill(pid, SIGKILL);
                        pid = 0;
                }
        }
        init_close(&fd);
}

/* Frozen processes do not die on a v1 hierarchy. */
static void thaw_and_kill(int dir_fd)
{
        (void)write_file(dir_fd, "freezer.state", "THAWED");
        (void)write_file(dir_fd, "cgroup.freeze", "0");
        if (!write_file(dir_fd, "cgroup.kill", "1"))
                kill_listed(dir_fd);
}

static int end_cgroup(int parent_fd, const char *name, unsigned depth);

static void end_subfolders(int dir_fd, unsigned depth)
{
        enum { FOLDER = 4 }; /* DT_DIR */
        _Alignas(struct kernel_dirent) char entries[CHUNK];
        long size;

        while ((size = sys_getdents(dir_fd, entries, sizeof(entries))) > 0) {
                for (long i = 0; i < size;) {
                        const struct kernel_dirent *entry = (const struct kernel_dirent *)(entries + i);

                        if (entry->type == FOLDER && entry->name[0] != '.')
                                (void)end_cgroup(dir_fd, entry->name, depth);
                        i += entry->size;
                }
        }
}

/* Kills whatever is in it and removes it, from the bottom up. 0 when it is gone. */
static int end_cgroup(int parent_fd, const char *name, unsigned depth)
{
        int fd, r;

        if (depth > DEPTH_MAX)
                return -ELOOP;
        fd = open_cgroup(parent_fd, name);
        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;
        thaw_and_kill(fd);
        end_subfolders(fd, depth + 1);
        init_close(&fd);
        r = sys_unlinkat(parent_fd, name, AT_REMOVEDIR);
        return r == -ENOENT ? 0 : r;
}

/* --- the container -------------------------------------------------------------------------- */

static void end_container(const struct guard *guard)
{
        struct kernel_pollfd poll = { .fd = guard->pidfd, .events = POLLIN };
        struct __kernel_timespec timeout = { .tv_sec = PATIENCE_MS / 1000 };

        (void)sys_pidfd_kill(guard->pidfd, SIGKILL);
        for (unsigned waited = 0; waited <= PATIENCE_MS; waited += PAUSE_MS) {
                const char *name = guard->names;
                bool busy = false;

                for (uint32_t i = 0; i < guard->n; i++) {
                        busy |= end_cgroup(guard->parents[i], name, 0) == -EBUSY;
                        name += text_length(name) + 1;
                }
                if (waited == 0)
                        (void)sys_poll(&poll, 1, &timeout);
                else if (!busy)
                        return;
                else
                        pause_ms(PAUSE_MS);
        }
}

/* --- what it is told ------------------------------------------------------------------------ */

static bool receive_folders(struct guard *guard, char *names)
{
        struct kernel_iovec iov = { .base = names, .size = NAMES_SIZE };
        struct kernel_msghdr names_message = { .iov = &iov, .n_iov = 1 };
        struct plan_message message;
        int fds[PLAN_FDS_PER_MESSAGE];
        uint32_t n_fds = PLAN_FDS_PER_MESSAGE, n = 0;
        long size = 0;

        if (init_receive(PLAN_SOCKET_FD, &message, fds, &n_fds) != 1 || message.kind != PLAN_MESSAGE_GUARD ||
            n_fds == 0 || message.step != n_fds - 1)
                return false;
        guard->pidfd = fds[0];
        guard->n = message.step;
        guard->names = names;
        for (uint32_t i = 0; i < guard->n; i++)
                guard->parents[i] = fds[i + 1];
        if (guard->n == 0)
                return true;
        size = sys_recvmsg(PLAN_SOCKET_FD, &names_message, RECV_CLOEXEC);
        for (long i = 0; i < size; i++) {
                n += names[i] == '\0';
                if (names[i] == '/')
                        return false;
        }
        return n == guard->n;
}

/* Returns when the host is gone. A word from it means that the container has been seen to. */
static void wait_for_host(void)
{
        struct plan_message message;
        uint32_t no_fds = 0;

        if (init_receive(PLAN_SOCKET_FD, &message, NULL, &no_fds) != 0)
                sys_exit(INIT_EXIT_DONE);
}

void init_guard(void)
{
        const struct clone_args args = { .exit_signal = SIGCHLD };
        char names[NAMES_SIZE];
        struct guard guard;
        int r;

        /* The process that the host spawned ends at once, for the host to reap. */
        r = sys_fork(&args);
        if (r != 0)
                sys_exit(r < 0 ? INIT_EXIT_FAILED : INIT_EXIT_DONE);
        (void)sys_setsid();
        (void)sys_close_range(0, PLAN_SOCKET_FD - 1, 0);
        (void)sys_chdir("/");
        if (!receive_folders(&guard, names))
                sys_exit(INIT_EXIT_ALONE);
        wait_for_host();
        end_container(&guard);
        sys_exit(INIT_EXIT_DONE);
}
