/* SPDX-License-Identifier: MIT */

/*
 * Log files that their keeper rotates: NAME becomes NAME.1, that one NAME.2 and so on, from the oldest on. So
 * whoever holds a file that is NAME.2 finds the next one at NAME.1, if it still is NAME.2 afterwards.
 */

#include "host/log-source.h"

#include "base/fds.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

static const char *file_name(const struct ct_log_files *files, unsigned number, char *name, size_t size)
{
        if (number == 0)
                return files->name;
        (void)snprintf(name, size, "%s.%u", files->name, number);
        return name;
}

/* Is file @number the one that is read? */
static bool is_ours(const struct ct_log_files *files, unsigned number)
{
        struct stat st;
        char name[300];

        return fstatat(files->folder_fd, file_name(files, number, name, sizeof(name)), &st,
                       AT_SYMLINK_NOFOLLOW) == 0 &&
               st.st_dev == files->device && st.st_ino == files->inode;
}

static int open_file(const struct ct_log_files *files, unsigned number, struct stat *st)
{
        _cleanup_close_ int fd = -EBADF;
        char name[300];

        fd = openat(files->folder_fd, file_name(files, number, name, sizeof(name)),
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0 || fstat(fd, st) < 0)
                return -errno;
        return S_ISREG(st->st_mode) ? ct_take_fd(&fd) : -EINVAL;
}

static void adopt(struct ct_log_files *files, int fd, const struct stat *st)
{
        ct_close(files->fd);
        files->fd = fd;
        files->device = st->st_dev;
        files->inode = st->st_ino;
}

/* 1 when there was one. */
static int open_oldest(struct ct_log_files *files)
{
        struct stat st;

        for (unsigned i = files->n; i > 0; i--) {
                int fd = open_file(files, i - 1, &st);

                if (fd == -ENOENT)
                        continue;
                if (fd < 0)
                        return fd;
                adopt(files, ct_high_fd(fd), &st);
                return 1;
        }
        return 0;
}

/* 1 when the next file is open; 0 when there is none yet; -ESTALE when nobody knows where it is. */
static int open_next(struct ct_log_files *files)
{
        struct stat st;

        for (unsigned i = 1; i < files->n; i++) {
                int fd;

                if (!is_ours(files, i))
                        continue;
                fd = open_file(files, i - 1, &st);
                if (fd == -ENOENT)
                        return is_ours(files, i) ? 0 : -EAGAIN;
                if (fd < 0)
                        return fd;
                if (!is_ours(files, i)) {
                        ct_close(fd);
                        return -EAGAIN;
                }
                adopt(files, ct_high_fd(fd), &st);
                return 1;
        }
        /* On its way from one name to the next it may have been passed by. */
        for (unsigned i = 0; i < files->n; i++)
                if (is_ours(files, i))
                        return i == 0 ? 0 : -EAGAIN;
        return -ESTALE;
}

static ssize_t read_on(int fd, char *bytes, size_t size)
{
        ssize_t n;

        do
                n = read(fd, bytes, size);
        while (n < 0 && errno == EINTR);
        return n < 0 ? -errno : n;
}

ssize_t ct_log_files_read(struct ct_log_files *files, char *bytes, size_t size, enum ct_log_break *ret)
{
        ssize_t n;
        int r;

        *ret = CT_LOG_ON;
        for (;;) {
                if (files->fd < 0) {
                        r = open_oldest(files);
                        if (r <= 0)
                                return r;
                }
                n = read_on(files->fd, bytes, size);
                if (n != 0 || is_ours(files, 0))
                        return n;
                /* It is complete now, but may not have been a moment ago. */
                n = read_on(files->fd, bytes, size);
                if (n != 0)
                        return n;
                do
                        r = open_next(files);
                while (r == -EAGAIN);
                if (r == 0)
                        return 0;
                if (r < 0 && r != -ESTALE)
                        return r;
                if (r == -ESTALE)
                        files->fd = ct_close(files->fd);
                *ret = r == -ESTALE || *ret == CT_LOG_GAP ? CT_LOG_GAP : CT_LOG_NEXT;
        }
}
