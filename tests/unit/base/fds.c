/* SPDX-License-Identifier: MIT */

#include "base/fds.h"

#include "harness/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#ifndef F_GET_SEALS
#include <linux/fcntl.h>
#endif

/* An own folder that is removed with all of its files. */
struct folder {
        char path[64];
        int fd;
};

static void folder_make(struct folder *folder)
{
        (void)snprintf(folder->path, sizeof folder->path, "/tmp/unit-base-XXXXXX");
        folder->fd = mkdtemp(folder->path) ? open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
}

static void folder_done(struct folder *folder)
{
        static const char *const names[] = { "a", "a.new", "pipe", "x/y/z", "x/y", "x" };
        size_t i;

        for (i = 0; i < sizeof names / sizeof names[0]; i++)
                if (unlinkat(folder->fd, names[i], 0) < 0)
                        (void)unlinkat(folder->fd, names[i], AT_REMOVEDIR);
        (void)close(folder->fd);
        (void)rmdir(folder->path);
}

TEST(fds_replace_and_read_a_file)
{
        _cleanup_(folder_done) struct folder folder;
        _cleanup_free_ char *text = NULL;
        struct stat status;
        size_t size = 0;

        folder_make(&folder);
        REQUIRE(folder.fd >= 0);
        EXPECT_EQ(ct_replace_file_at(folder.fd, "a", "one", 3), 0);
        EXPECT_EQ(ct_replace_file_at(folder.fd, "a", "a\0b\n", 4), 0);
        EXPECT_EQ(ct_read_file_at(folder.fd, "a", 4, &text, &size), 0);
        EXPECT_EQ(size, 4);
        EXPECT_EQ(memcmp(text, "a\0b\n", 5), 0);
        REQUIRE_EQ(fstatat(folder.fd, "a", &status, 0), 0);
        EXPECT_EQ(status.st_mode & 07777, 0600);
        EXPECT_EQ(faccessat(folder.fd, "a.new", F_OK, 0), -1);
}

TEST(fds_replace_survives_what_a_crash_left)
{
        _cleanup_(folder_done) struct folder folder;
        _cleanup_free_ char *text = NULL;

        folder_make(&folder);
        REQUIRE(folder.fd >= 0);
        REQUIRE_EQ(symlinkat("/dev/null", folder.fd, "a.new"), 0);
        EXPECT_EQ(ct_replace_file_at(folder.fd, "a", "new", 3), 0);
        EXPECT_EQ(ct_read_file_at(folder.fd, "a", 100, &text, NULL), 0);
        EXPECT_STR(text, "new");
}

TEST(fds_read_has_a_limit)
{
        _cleanup_(folder_done) struct folder folder;
        _cleanup_free_ char *text = NULL;
        char big[10000];

        folder_make(&folder);
        REQUIRE(folder.fd >= 0);
        memset(big, 'x', sizeof big);
        EXPECT_EQ(ct_replace_file_at(folder.fd, "a", big, sizeof big), 0);
        EXPECT_EQ(ct_read_file_at(folder.fd, "a", sizeof big - 1, &text, NULL), -EFBIG);
        EXPECT(text == NULL);
        EXPECT_EQ(ct_read_file_at(folder.fd, "a", sizeof big, &text, NULL), 0);
        EXPECT_EQ(strlen(text), sizeof big);
        EXPECT_EQ(ct_read_file_at(folder.fd, "none", 10, &text, NULL), -ENOENT);
        EXPECT_EQ(ct_read_file_at(folder.fd, ".", 10, &text, NULL), -EISDIR);
}

TEST(fds_read_does_not_wait_for_a_pipe)
{
        _cleanup_(folder_done) struct folder folder;
        _cleanup_free_ char *text = NULL;

        folder_make(&folder);
        REQUIRE(folder.fd >= 0);
        REQUIRE_EQ(mkfifoat(folder.fd, "pipe", 0600), 0);
        EXPECT_EQ(ct_read_file_at(folder.fd, "pipe", 10, &text, NULL), 0);
        EXPECT_STR(text, "");
}

TEST(fds_write_needs_an_existing_file)
{
        _cleanup_(folder_done) struct folder folder;
        _cleanup_free_ char *text = NULL;

        folder_make(&folder);
        REQUIRE(folder.fd >= 0);
        EXPECT_EQ(ct_write_file_at(folder.fd, "a", "x"), -ENOENT);
        EXPECT_EQ(ct_replace_file_at(folder.fd, "a", "", 0), 0);
        EXPECT_EQ(ct_write_file_at(folder.fd, "a", "text"), 0);
        EXPECT_EQ(ct_read_file_at(folder.fd, "a", 10, &text, NULL), 0);
        EXPECT_STR(text, "text");
        EXPECT_EQ(ct_write_file_at(AT_FDCWD, "/dev/full", "x"), -ENOSPC);
}

TEST(fds_dup_is_close_on_exec_and_no_standard_stream)
{
        _cleanup_close_ int copy = -EBADF;
        int saved;

        saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
        (void)close(STDIN_FILENO);
        copy = ct_dup(STDOUT_FILENO);
        EXPECT(copy >= 3);
        EXPECT_EQ(fcntl(copy, F_GETFD), FD_CLOEXEC);
        if (saved >= 0) {
                (void)dup2(saved, STDIN_FILENO);
                (void)close(saved);
        }
        EXPECT_EQ(ct_dup(-1), -EBADF);
        EXPECT_EQ(ct_dup(9999), -EBADF);
}

TEST(fds_memfd_is_sealed_at_offset_0)
{
        _cleanup_close_ int open_fd = -EBADF, sealed_fd = -EBADF;
        char text[8] = "";

        sealed_fd = ct_memfd("unit", "abc", 3, true);
        REQUIRE(sealed_fd >= 0);
        EXPECT_EQ(read(sealed_fd, text, sizeof text), 3);
        EXPECT_STR(text, "abc");
        EXPECT_EQ(write(sealed_fd, "x", 1), -1);
        EXPECT_EQ(ftruncate(sealed_fd, 0), -1);
        EXPECT_EQ(fcntl(sealed_fd, F_GETFD), FD_CLOEXEC);
        EXPECT_EQ(fcntl(sealed_fd, F_GET_SEALS) & (F_SEAL_SEAL | F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK),
                  F_SEAL_SEAL | F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK);

        open_fd = ct_memfd("unit", "", 0, false);
        REQUIRE(open_fd >= 0);
        EXPECT_EQ(write(open_fd, "x", 1), 1);
}

TEST(fds_mkdir_parents)
{
        _cleanup_(folder_done) struct folder folder;
        char path[128];

        folder_make(&folder);
        REQUIRE(folder.fd >= 0);
        (void)snprintf(path, sizeof path, "%s/x/y//z", folder.path);
        EXPECT_EQ(ct_mkdir_parents(path, 0700), 0);
        EXPECT_EQ(ct_mkdir_parents(path, 0700), 0);
        EXPECT_EQ(ct_mkdir_parents("/", 0700), 0);
        EXPECT_EQ(ct_replace_file_at(folder.fd, "a", "", 0), 0);
        (void)snprintf(path, sizeof path, "%s/a", folder.path);
        EXPECT_EQ(ct_mkdir_parents(path, 0700), -ENOTDIR);
        (void)snprintf(path, sizeof path, "%s/a/b", folder.path);
        EXPECT_EQ(ct_mkdir_parents(path, 0700), -ENOTDIR);
        EXPECT_EQ(ct_mkdir_parents("", 0700), -ENOENT);
}
