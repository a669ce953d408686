/* SPDX-License-Identifier: MIT */

/* Whole files in and out, and the few ways to make a descriptor. */

#include "base/fds.h"

#include "base/buf.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

int ct_read_fd(int fd, size_t max, char **ret, size_t *ret_size)
{
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        char chunk[4096];
        size_t size;
        char *text;

        /* The size that fstat() gives is 0 for procfs, sysfs and pipes: read until the end. */
        for (;;) {
                ssize_t n = read(fd, chunk, sizeof chunk);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                if ((size_t)n > max - buf.size)
                        return -EFBIG;
                if (ct_buf_append(&buf, chunk, (size_t)n) < 0)
                        return -ENOMEM;
        }
        size = buf.size;
        text = ct_buf_steal(&buf);
        if (!text)
                return -ENOMEM;
        *ret = text;
        if (ret_size)
                *ret_size = size;
        return 0;
}

int ct_read_file_at(int dir_fd, const char *path, size_t max, char **ret, size_t *ret_size)
{
        _cleanup_close_ int fd = -EBADF;

        /* Not blocking: a pipe in place of the file must not hold the host up. */
        fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (fd < 0)
                return -errno;
        return ct_read_fd(fd, max, ret, ret_size);
}

int ct_write_all(int fd, const void *bytes, size_t size)
{
        const char *next = bytes;

        while (size > 0) {
                ssize_t n = write(fd, next, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                next += n;
                size -= (size_t)n;
        }
        return 0;
}

int ct_write_file_at(int dir_fd, const char *path, const char *text)
{
        _cleanup_close_ int fd = -EBADF;
        size_t size = strlen(text);
        ssize_t n;

        fd = openat(dir_fd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
                return -errno;
        do
                n = write(fd, text, size);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return -errno;
        return (size_t)n == size ? 0 : -EIO;
}

int ct_replace_file_at(int dir_fd, const char *path, const void *bytes, size_t size)
{
        _cleanup_close_ int fd = -EBADF;
        char temporary[PATH_MAX];
        int r, length;

        length = snprintf(temporary, sizeof temporary, "%s.new", path);
        if (length < 0 || (size_t)length >= sizeof temporary)
                return -ENAMETOOLONG;
        fd = openat(dir_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        /* Left by a crash, whatever it is. */
        if (fd < 0 && errno == EEXIST && unlinkat(dir_fd, temporary, 0) == 0)
                fd = openat(dir_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        r = ct_write_all(fd, bytes, size);
        if (r == 0 && renameat(dir_fd, temporary, dir_fd, path) < 0)
                r = -errno;
        if (r < 0)
                (void)unlinkat(dir_fd, temporary, 0);
        return r;
}

int ct_dup(int fd)
{
        int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

        return copy < 0 ? -errno : copy;
}

int ct_high_fd(int fd)
{
        int high;

        if (fd < 0 || fd > 2)
                return fd;
        high = ct_dup(fd);
        if (high < 0)
                return fd;
        ct_close(fd);
        return high;
}

/*
 * Since Linux 6.3 a memfd should say whether it may be executed, and vm.memfd_noexec may forbid
 * that it is (EACCES). Older kernels know neither flag (EINVAL).
 */
static int create_memfd(const char *name, unsigned flags)
{
        int fd;

        fd = memfd_create(name, flags | MFD_EXEC);
        if (fd < 0 && errno == EINVAL)
                fd = memfd_create(name, flags);
        else if (fd < 0 && errno == EACCES)
                fd = memfd_create(name, flags | MFD_NOEXEC_SEAL);
        return fd < 0 ? -errno : fd;
}

int ct_memfd(const char *name, const void *bytes, size_t size, bool seal)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = create_memfd(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (fd < 0)
                return fd;
        r = ct_write_all(fd, bytes, size);
        if (r < 0)
                return r;
        if (lseek(fd, 0, SEEK_SET) < 0)
                return -errno;
        if (seal && fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
                return -errno;
        return ct_take_fd(&fd);
}

int ct_mkdirat(int dir_fd, const char *path, unsigned mode)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat status;
        char name[64];

        if (mkdirat(dir_fd, path, mode) < 0)
                return -errno;
        /* What is there now may be somebody else's, where others can write to the parent. */
        fd = openat(dir_fd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &status) < 0 || status.st_uid != geteuid())
                return 0;
        if ((status.st_mode & mode & 0700) == (mode & 0700))
                return 0;
        (void)snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
        return chmod(name, (status.st_mode & 07777) | (mode & 0700)) < 0 ? -errno : 0;
}

int ct_mkdir_parents(const char *path, unsigned mode)
{
        _cleanup_free_ char *copy = NULL;
        struct stat status;
        char *slash;
        int r;

        copy = strdup(path);
        if (!copy)
                return -ENOMEM;
        for (slash = copy; *slash == '/'; slash++)
                ;
        for (slash = strchr(slash, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                r = ct_mkdirat(AT_FDCWD, copy, mode);
                if (r < 0 && r != -EEXIST)
                        return r;
                *slash = '/';
        }
        r = ct_mkdirat(AT_FDCWD, copy, mode);
        if (r != -EEXIST)
                return r;
        if (stat(copy, &status) < 0)
                return -errno;
        return S_ISDIR(status.st_mode) ? 0 : -ENOTDIR;
}
