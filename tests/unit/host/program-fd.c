/* SPDX-License-Identifier: MIT */

/* contain-init as a descriptor: sealed, or read-only where a memfd may not be executed. */

#include "harness/test.h"

#include "base/cleanup.h"
#include "base/fds.h"
#include "base/pidfd.h"
#include "host/converse.h"
#include "host/spawn.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#define POLICY "/proc/sys/vm/memfd_noexec"

/* Starts it without a plan: it finds its socket at its end, and ends. */
static bool can_be_executed(int program_fd)
{
        struct ct_exit ended = { 0 };
        struct ct_child child;
        int ends[2];
        bool ok;

        if (ct_converse_pair(ends) < 0)
                return false;
        struct ct_spawn_init what = {
                .program_fd = program_fd, .socket_fd = ends[1], .name = "contain-init", .cgroup_fd = -1
        };
        ok = ct_spawn_init(&what, &child, NULL) == 0;
        ct_close(ends[0]);
        ct_close(ends[1]);
        if (!ok)
                return false;
        ok = ct_pidfd_poll(child.pidfd, 10000) == 1 && ct_pidfd_exit(child.pidfd, &ended) == 0 &&
             ended.signo == 0;
        ct_close(child.pidfd);
        return ok;
}

static int open_for_writing(int fd)
{
        char path[32];
        int r;

        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        r = open(path, O_WRONLY | O_CLOEXEC);
        if (r >= 0)
                close(r);
        return r < 0 ? -errno : 0;
}

TEST(helper_is_sealed)
{
        _cleanup_close_ int fd = ct_spawn_program_fd(NULL);

        REQUIRE(fd >= 0);
        EXPECT_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
        EXPECT(write(fd, "x", 1) < 0);
        EXPECT(can_be_executed(fd));
}

/* The first process of a pid namespace in which no memfd may be executed. Returns the number of the check
 * that failed. */
static int check_under_policy(const char *installed)
{
        struct statvfs fs;
        int fd;

        if (ct_write_file_at(AT_FDCWD, POLICY, "2") < 0)
                return 77;
        if (ct_spawn_program_fd(NULL) != -EACCES)
                return 1;
        if (ct_spawn_program_fd("/nonexistent/contain-init") != -ENOENT)
                return 2;
        if (ct_spawn_program_fd("/tmp") >= 0)
                return 3;
        fd = ct_spawn_program_fd(installed);
        if (fd < 0)
                return 4;
        if (fstatvfs(fd, &fs) < 0 || !(fs.f_flag & ST_RDONLY) || open_for_writing(fd) != -EROFS)
                return 5;
        return can_be_executed(fd) ? 0 : 6;
}

TEST(installed_copy_where_policy_forbids_memfds)
{
        const char *installed = getenv("CONTAIN_INIT");
        int status = 0;
        pid_t pid;

        if (!installed || geteuid() != 0 || access(POLICY, F_OK) < 0)
                SKIP("needs root, Linux 6.3, and contain-init's path in CONTAIN_INIT");
        pid = fork();
        REQUIRE(pid >= 0);
        if (pid == 0) {
                if (unshare(CLONE_NEWPID) < 0)
                        _exit(77);
                pid = fork();
                if (pid == 0)
                        _exit(check_under_policy(installed));
                _exit(pid < 0 || waitpid(pid, &status, 0) < 0 ? 77 : WEXITSTATUS(status));
        }
        REQUIRE(waitpid(pid, &status, 0) == pid);
        if (WEXITSTATUS(status) == 77)
                SKIP("the policy of a pid namespace cannot be set here");
        EXPECT_EQ(WEXITSTATUS(status), 0);
}
