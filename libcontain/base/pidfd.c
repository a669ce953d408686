/* SPDX-License-Identifier: MIT */

/* Processes by descriptor: the identity that a recycled pid cannot take over. */

#include "base/pidfd.h"

#include "base/clock.h"
#include "base/fds.h"
#include "base/sys.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

/* Linux 6.13 and, for the exit, 6.15: newer than the oldest headers that we build with. */
struct pidfd_info_v0 {
        uint64_t mask;
        uint64_t cgroup_id;
        uint32_t pid, tgid, ppid;
        uint32_t ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
        int32_t exit_code; /* a wait status */
};

#define CT_PIDFD_INFO_EXIT (UINT64_C(1) << 3)
#define CT_PIDFD_GET_INFO  _IOWR(0xff, 11, struct pidfd_info_v0)
#define CT_P_PIDFD         3 /* P_PIDFD; glibc has it since 2.36 */

int ct_pidfd_open(pid_t pid)
{
        int fd = ct_sys_pidfd_open(pid, 0);

        /* Before Linux 6.9, also for the number of a process that is gone while its session goes on. */
        return fd == -EINVAL && pid > 0 ? -ESRCH : fd;
}

int ct_pidfd_signal(int pidfd, int signo)
{
        return ct_sys_pidfd_send_signal(pidfd, signo, NULL, 0);
}

int ct_pidfd_poll(int pidfd, int timeout_ms)
{
        int64_t deadline = ct_clock_deadline(timeout_ms);
        struct pollfd item = { .fd = pidfd, .events = POLLIN };

        for (;;) {
                int r = poll(&item, 1, ct_clock_left(deadline));

                if (r > 0)
                        return item.revents & POLLNVAL ? -EBADF : 1;
                if (r == 0)
                        return 0;
                if (errno != EINTR)
                        return -errno;
        }
}

static void set_from_status(int status, struct ct_exit *ret)
{
        *ret = (struct ct_exit){ .known = true, .code = -1 };
        if (WIFEXITED(status)) {
                ret->code = WEXITSTATUS(status);
        } else {
                ret->signo = WTERMSIG(status);
                ret->core = WCOREDUMP(status);
        }
}

/* Answers for a process that its parent has reaped already, whoever that is. */
static bool read_info(int pidfd, struct ct_exit *ret)
{
        struct pidfd_info_v0 info = { .mask = CT_PIDFD_INFO_EXIT };

        if (ioctl(pidfd, CT_PIDFD_GET_INFO, &info) < 0 || !(info.mask & CT_PIDFD_INFO_EXIT))
                return false;
        set_from_status(info.exit_code, ret);
        return true;
}

static int wait_now(int pidfd, int flags, struct ct_exit *ret)
{
        siginfo_t info = { 0 };
        int r;

        /* __WALL: before its first execve a clone child may have another exit signal than SIGCHLD. */
        do
                r = waitid((idtype_t)CT_P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG | __WALL | flags);
        while (r < 0 && errno == EINTR);
        if (r < 0 && errno != ECHILD)
                return -errno;

        if (r == 0 && info.si_pid != 0) {
                bool exited = info.si_code == CLD_EXITED;

                *ret = (struct ct_exit){ .known = true,
                                         .code = exited ? info.si_status : -1,
                                         .signo = exited ? 0 : info.si_status,
                                         .core = info.si_code == CLD_DUMPED };
                return 0;
        }
        if (!read_info(pidfd, ret))
                *ret = (struct ct_exit){ .code = -1 };
        return 0;
}

int ct_pidfd_exit(int pidfd, struct ct_exit *ret)
{
        return wait_now(pidfd, 0, ret);
}

int ct_pidfd_exit_peek(int pidfd, struct ct_exit *ret)
{
        return wait_now(pidfd, WNOWAIT, ret);
}

int ct_process_start_time(pid_t pid, uint64_t *ret)
{
        _cleanup_free_ char *text = NULL;
        char path[32];
        char *field, *end;
        unsigned long long value;
        int r, i;

        (void)snprintf(path, sizeof path, "/proc/%d/stat", pid);
        r = ct_read_file_at(AT_FDCWD, path, 4096, &text, NULL);
        if (r == -ENOENT)
                return -ESRCH;
        if (r < 0)
                return r;
        /* Field 2 is the name in parentheses, which may itself hold spaces and parentheses. */
        field = strrchr(text, ')');
        for (i = 2; field && i < 22; i++) {
                field = strchr(field, ' ');
                if (field)
                        field++;
        }
        if (!field)
                return -EBADMSG;
        errno = 0;
        value = strtoull(field, &end, 10);
        if (end == field || errno != 0)
                return -EBADMSG;
        *ret = value;
        return 0;
}

int ct_pidfd_open_checked(pid_t pid, uint64_t start_time)
{
        _cleanup_close_ int pidfd = -EBADF;
        uint64_t found;
        int r;

        /* In this order: once we hold the process, its pid cannot come to mean an older one. */
        pidfd = ct_pidfd_open(pid);
        if (pidfd < 0)
                return pidfd;
        r = ct_process_start_time(pid, &found);
        if (r < 0)
                return r;
        if (found != start_time)
                return -ESRCH;
        return ct_take_fd(&pidfd);
}

int ct_pidfd_open_folder(int pidfd, pid_t pid)
{
        _cleanup_close_ int fd = -EBADF;
        char path[32];
        int r;

        (void)snprintf(path, sizeof path, "/proc/%d", pid);
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT ? -ESRCH : -errno;
        /* In this order: while the process is there, its pid and so the folder cannot be another's. */
        r = ct_pidfd_signal(pidfd, 0);
        return r < 0 && r != -EPERM ? r : ct_take_fd(&fd);
}
