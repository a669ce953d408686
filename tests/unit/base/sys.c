/* SPDX-License-Identifier: MIT */

#include "base/sys.h"

#include "base/cleanup.h"
#include "harness/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

/* A root with a few links that want out of it, and the file that they should find instead. */
static int make_root(char *path)
{
        int fd;

        if (!mkdtemp(path))
                return -1;
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 || mkdirat(fd, "etc", 0755) < 0 || symlinkat("/etc/inner", fd, "absolute") < 0 ||
            symlinkat("../../../../etc/inner", fd, "dots") < 0 || symlinkat("loop", fd, "loop") < 0)
                return -1;
        (void)close(openat(fd, "etc/inner", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
        return fd;
}

static void remove_root(int fd, const char *path)
{
        (void)unlinkat(fd, "etc/inner", 0);
        (void)unlinkat(fd, "etc", AT_REMOVEDIR);
        (void)unlinkat(fd, "absolute", 0);
        (void)unlinkat(fd, "dots", 0);
        (void)unlinkat(fd, "loop", 0);
        (void)close(fd);
        (void)rmdir(path);
}

/* Tools that run programs on a kernel of their own making, such as valgrind, may not have the call. */
static bool is_supported(void)
{
        _cleanup_close_ int fd = ct_sys_openat2(AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0, 0);

        return fd >= 0;
}

TEST(sys_open_in_root_stays_inside)
{
        static const char *const paths[] = { "etc/inner", "/etc/inner", "absolute", "dots",
                                             "/../../etc/inner" };
        char path[] = "/tmp/unit-base-XXXXXX";
        struct stat expected, found;
        int root_fd, fd;
        size_t i;

        if (!is_supported())
                SKIP("no openat2 here");
        root_fd = make_root(path);
        REQUIRE(root_fd >= 0);
        EXPECT_EQ(fstatat(root_fd, "etc/inner", &expected, 0), 0);
        for (i = 0; i < sizeof paths / sizeof paths[0]; i++) {
                fd = ct_open_in_root(root_fd, paths[i], O_PATH);
                EXPECT(fd >= 0);
                EXPECT_EQ(fstat(fd, &found), 0);
                EXPECT_EQ(found.st_ino, expected.st_ino);
                EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
                (void)close(fd);
        }
        EXPECT_EQ(ct_open_in_root(root_fd, "/etc/passwd", O_PATH), -ENOENT);
        EXPECT_EQ(ct_open_in_root(root_fd, "loop", O_PATH), -ELOOP);
        remove_root(root_fd, path);
}

TEST(sys_open_in_root_refuses_magic_links)
{
        _cleanup_close_ int proc_fd = -EBADF;

        if (!is_supported())
                SKIP("no openat2 here");
        proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        REQUIRE(proc_fd >= 0);
        EXPECT_EQ(ct_open_in_root(proc_fd, "self/root/etc", O_PATH), -ELOOP);
        EXPECT_EQ(ct_open_in_root(proc_fd, "self/exe", O_PATH), -ELOOP);
}

TEST(sys_wrappers_return_negative_errno)
{
        if (!is_supported())
                SKIP("no openat2 here");
        EXPECT_EQ(ct_sys_openat2(AT_FDCWD, "/", ~UINT64_C(0), 0, 0), -EINVAL);
        EXPECT(ct_sys_open_tree(-1, "x", 0) < 0);
        EXPECT(ct_sys_move_mount(-1, "", -1, "", 0) < 0);
        EXPECT(ct_sys_mount_setattr(-1, "x", 0, ~UINT64_C(0), 0, 0, -1) < 0);
        EXPECT(ct_sys_fsopen("no-such-fs", 0) < 0);
        EXPECT(ct_sys_fsconfig(-1, 0, NULL, NULL, 0) < 0);
        EXPECT(ct_sys_fsmount(-1, 0, 0) < 0);
        EXPECT(ct_sys_bpf(-1, NULL, 0) < 0);
        EXPECT_EQ(ct_sys_pidfd_open(-1, 0), -EINVAL);
        EXPECT_EQ(ct_sys_pidfd_send_signal(-1, 0, NULL, 0), -EBADF);
}
