/* SPDX-License-Identifier: MIT */

/* Copies what the image has at a target into the tree that is about to cover it. */

#include "init/init.h"

#define DEPTH_MAX    64 /* of folders; each takes a few KiB of stack */
#define ENTRIES_SIZE 2048
#define COPY_SIZE    (1u << 30)

static int copy_folder(int from_fd, int to_fd, unsigned depth);

static int set_owner(int fd, const struct statx *is)
{
        int r = sys_fchownat(fd, "", is->stx_uid, is->stx_gid, AT_EMPTY_PATH);

        /* Changing the owner may have taken set-user-id bits away. */
        return r < 0 ? r : sys_fchmod(fd, is->stx_mode & MODE_ACCESS);
}

static int copy_content(int from_fd, int to_fd)
{
        long n;

        do
                n = sys_sendfile(to_fd, from_fd, COPY_SIZE);
        while (n > 0);
        return (int)n;
}

static int copy_file(int from_dir, int to_dir, const char *name, const struct statx *is)
{
        /* It may have become a FIFO meanwhile, which must not block. */
        int from_fd = sys_openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0), to_fd, r;

        if (from_fd < 0)
                return from_fd;
        to_fd = sys_openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                           is->stx_mode & MODE_ACCESS);
        r = to_fd;
        if (r >= 0)
                r = copy_content(from_fd, to_fd);
        if (r >= 0)
                r = set_owner(to_fd, is);
        init_close(&from_fd);
        init_close(&to_fd);
        return r;
}

static int copy_subfolder(int from_dir, int to_dir, const char *name, const struct statx *is, unsigned depth)
{
        int from_fd, to_fd, r;

        r = sys_mkdirat(to_dir, name, is->stx_mode & MODE_ACCESS);
        if (r < 0)
                return r;
        from_fd = sys_openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
        if (from_fd < 0)
                return from_fd;
        to_fd = sys_openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
        r = to_fd;
        if (r >= 0)
                r = copy_folder(from_fd, to_fd, depth + 1);
        if (r >= 0)
                r = set_owner(to_fd, is);
        init_close(&from_fd);
        init_close(&to_fd);
        return r;
}

static int copy_link(int from_dir, int to_dir, const char *name, const struct statx *is)
{
        char target[PATH_SIZE];
        long n = sys_readlinkat(from_dir, name, target, sizeof(target) - 1);
        int r;

        if (n < 0)
                return (int)n;
        target[n] = '\0';
        r = sys_symlinkat(target, to_dir, name);
        return r < 0 ? r : sys_fchownat(to_dir, name, is->stx_uid, is->stx_gid, AT_SYMLINK_NOFOLLOW);
}

/* Devices are left out: which ones there are is not the image's to say. */
static int copy_entry(int from_dir, int to_dir, const char *name, unsigned depth)
{
        struct statx is;
        int r;

        if (text_equal(name, ".") || text_equal(name, ".."))
                return 0;
        r = sys_statx(from_dir, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &is);
        if (r < 0)
                return r;
        switch (is.stx_mode & S_IFMT) {
        case S_IFDIR:
                return copy_subfolder(from_dir, to_dir, name, &is, depth);
        case S_IFREG:
                return copy_file(from_dir, to_dir, name, &is);
        case S_IFLNK:
                return copy_link(from_dir, to_dir, name, &is);
        default:
                return 0;
        }
}

static int copy_folder(int from_fd, int to_fd, unsigned depth)
{
        _Alignas(struct kernel_dirent) char entries[ENTRIES_SIZE];
        long size;
        int r = 0;

        if (depth > DEPTH_MAX)
                return -ELOOP;
        while ((size = sys_getdents(from_fd, entries, sizeof(entries))) > 0 && r >= 0) {
                for (long i = 0; i < size && r >= 0;) {
                        const struct kernel_dirent *entry = (const struct kernel_dirent *)(entries + i);

                        r = copy_entry(from_fd, to_fd, entry->name, depth);
                        i += entry->size;
                }
        }
        return r < 0 ? r : (int)size;
}

int init_step_copy_up(struct init *in, const struct plan_step *step)
{
        const char *target = init_text(in, step->s[0]);
        int fd, r;

        if (in->tree_fd < 0 || !target)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        fd = init_resolve(in, target, O_RDONLY | O_DIRECTORY, 0);
        if (fd == -ENOENT)
                return 0;
        if (fd < 0)
                return init_fail(in, PLAN_DETAIL_TARGET, fd);
        r = copy_folder(fd, in->tree_fd, 0);
        init_close(&fd);
        return r < 0 ? init_fail(in, PLAN_DETAIL_COPY, r) : 0;
}
