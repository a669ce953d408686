/* SPDX-License-Identifier: MIT */

/* Which files of a cgroup a user gets, in a temporary folder that plays the cgroup. */

#include "support.h"

#include "cgroup/cgroup.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define USER 4321

static uid_t owner(const char *dir, const char *name)
{
        char path[128];
        struct stat st;

        (void)snprintf(path, sizeof path, "%s/%s", dir, name);
        return stat(path, &st) < 0 ? (uid_t)-1 : st.st_uid;
}

/* Hands over a folder that has no cgroup.threads, and looks at who owns what. */
static void hand_over(const char *dir)
{
        int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        REQUIRE(fd >= 0);
        EXPECT(file_put(dir, "cgroup.procs", ""));
        EXPECT(file_put(dir, "cgroup.subtree_control", ""));
        EXPECT(file_put(dir, "memory.max", ""));
        EXPECT_EQ(ct_cgroup_hand_over(fd, USER, NULL), 0);
        EXPECT_EQ(owner(dir, "."), USER);
        EXPECT_EQ(owner(dir, "cgroup.procs"), USER);
        EXPECT_EQ(owner(dir, "cgroup.subtree_control"), USER);
        EXPECT_EQ(owner(dir, "memory.max"), 0);
        (void)close(fd);
}

TEST(delegation_of_the_files_that_are_there)
{
        char dir[64];

        if (geteuid() != 0)
                SKIP("needs root");
        REQUIRE(folder_make(dir));
        hand_over(dir);
        folder_remove(dir);
}

/* Exits with 0 when a user still got the three files that are always handed over. */
static int without_the_list(const char *dir)
{
        int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("none", "/sys/kernel", "tmpfs", 0, NULL) < 0)
                return 77;
        if (access("/sys/kernel/cgroup/delegate", F_OK) == 0 || ct_cgroup_hand_over(fd, USER, NULL) < 0)
                return 1;
        return owner(dir, "cgroup.threads") == USER && owner(dir, "cgroup.procs") == USER &&
                               owner(dir, "memory.max") == 0
                       ? 0
                       : 2;
}

TEST(delegation_without_the_kernels_list)
{
        char dir[64];
        int status = 0;
        pid_t child;

        if (geteuid() != 0)
                SKIP("needs root");
        REQUIRE(folder_make(dir));
        EXPECT(file_put(dir, "cgroup.procs", ""));
        EXPECT(file_put(dir, "cgroup.threads", ""));
        EXPECT(file_put(dir, "memory.max", ""));
        child = fork();
        if (child == 0)
                _exit(without_the_list(dir));
        EXPECT_EQ(waitpid(child, &status, 0), child);
        folder_remove(dir);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
                SKIP("needs a mount namespace");
        EXPECT_EQ(status, 0);
}
