/* SPDX-License-Identifier: MIT */

/*
 * Copies what the image has at a target into the tree that is about to cover it: owners, modes, times, hard
 * links, attributes. The image is hostile: nothing is opened by more than one name at a time, and no link is
 * followed.
 */

#include "init/init.h"

#define DEPTH_MAX    64 /* of folders; each takes a few KiB of stack */
#define ENTRIES_SIZE 2048
#define VALUE_SIZE   65536 /* of an extended attribute, and of a list of their names, at most */
#define COPY_SIZE    (1u << 30)

/* A file with more names than one, and the first of those in the copy. */
struct linked {
        struct linked *next;
        uint64_t inode;
        uint32_t major, minor;
        char path[];
};

struct copy {
        struct init *in;
        struct linked *linked;
        char *names, *value;  /* of extended attributes: VALUE_SIZE each, and a NUL */
        char path[PATH_SIZE]; /* of what is copied, from the top; begins with '/' unless empty */
        size_t path_size;
};

/* --- what all kinds of files have ----------------------------------------------------------- */

static int set_owner(int fd, const char *name, const struct statx *is, int flags)
{
        int r = sys_fchownat(fd, name, is->stx_uid, is->stx_gid, flags);

        /* An id that the user namespace does not have: it stays ours. */
        return r == -EINVAL ? 0 : r;
}

static void set_times(int fd, const char *name, const struct statx *is)
{
        const struct __kernel_timespec times[2] = {
                { .tv_sec = is->stx_atime.tv_sec, .tv_nsec = is->stx_atime.tv_nsec },
                { .tv_sec = is->stx_mtime.tv_sec, .tv_nsec = is->stx_mtime.tv_nsec },
        };

        (void)sys_utimensat(fd, name, times, name ? AT_SYMLINK_NOFOLLOW : 0);
}

/* Capabilities, access lists, and what users set; the rest is between the kernel and the file system. */
static bool is_copied(const char *name)
{
        static const char user[] = "user.";

        for (size_t i = 0; user[i] == name[i] || user[i] == '\0'; i++)
                if (user[i] == '\0')
                        return true;
        return text_equal(name, "security.capability") || text_equal(name, "system.posix_acl_access") ||
               text_equal(name, "system.posix_acl_default");
}

static int copy_attribute(const struct copy *copy, int from_fd, int to_fd, const char *name)
{
        long size = sys_fgetxattr(from_fd, name, copy->value, VALUE_SIZE);
        int r;

        if (size < 0)
                return size == -ENODATA ? 0 : (int)size;
        r = sys_fsetxattr(to_fd, name, copy->value, (size_t)size);
        /* A tmpfs has those of users since Linux 6.6 only. */
        return r == -EOPNOTSUPP ? 0 : r;
}

static int copy_attributes(const struct copy *copy, int from_fd, int to_fd)
{
        char *names = copy->names;
        long size = sys_flistxattr(from_fd, names, VALUE_SIZE);
        int r = 0;

        if (size < 0)
                return size == -EOPNOTSUPP ? 0 : (int)size;
        names[size] = '\0';
        for (long i = 0; i < size && r == 0; i += (long)text_length(names + i) + 1)
                if (is_copied(names + i))
                        r = copy_attribute(copy, from_fd, to_fd, names + i);
        return r;
}

/* In this order: a new owner takes set-user-id bits and capabilities away, new attributes change the time. */
static int finish(const struct copy *copy, int from_fd, int to_fd, const struct statx *is)
{
        int r = set_owner(to_fd, "", is, AT_EMPTY_PATH);

        if (r == 0)
                r = sys_fchmod(to_fd, is->stx_mode & MODE_ACCESS);
        if (r == 0)
                r = copy_attributes(copy, from_fd, to_fd);
        if (r == 0)
                set_times(to_fd, NULL, is);
        return r;
}

/* --- files ---------------------------------------------------------------------------------- */

static int copy_content(int from_fd, int to_fd)
{
        long n;

        do
                n = sys_sendfile(to_fd, from_fd, COPY_SIZE);
        while (n > 0);
        return (int)n;
}

static const struct linked *find_linked(const struct copy *copy, const struct statx *is)
{
        const struct linked *linked = copy->linked;

        while (linked && (linked->inode != is->stx_ino || linked->major != is->stx_dev_major ||
                          linked->minor != is->stx_dev_minor))
                linked = linked->next;
        return linked;
}

static int remember_linked(struct copy *copy, const struct statx *is)
{
        struct linked *linked = init_alloc(copy->in, sizeof(*linked) + copy->path_size);

        if (!linked)
                return -ENOMEM;
        linked->next = copy->linked;
        linked->inode = is->stx_ino;
        linked->major = is->stx_dev_major;
        linked->minor = is->stx_dev_minor;
        /* Without the slash that it begins with: from the top of the tree. */
        *text_copy(linked->path, copy->path + 1, copy->path_size - 1) = '\0';
        copy->linked = linked;
        return 0;
}

static int copy_file(struct copy *copy, int from_dir, int to_dir, const char *name, const struct statx *is)
{
        const struct linked *linked = is->stx_nlink > 1 ? find_linked(copy, is) : NULL;
        int from_fd, to_fd, r;

        if (linked)
                return sys_linkat(copy->in->tree_fd, linked->path, to_dir, name);
        /* It may have become a FIFO meanwhile, which must not block. */
        from_fd = sys_openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
        if (from_fd < 0)
                return from_fd;
        to_fd = sys_openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                           is->stx_mode & MODE_ACCESS);
        r = to_fd;
        if (r >= 0)
                r = copy_content(from_fd, to_fd);
        if (r >= 0)
                r = finish(copy, from_fd, to_fd, is);
        if (r >= 0 && is->stx_nlink > 1)
                r = remember_linked(copy, is);
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
        if (r == 0)
                r = set_owner(to_dir, name, is, AT_SYMLINK_NOFOLLOW);
        if (r == 0)
                set_times(to_dir, name, is);
        return r;
}

/* The mode is exact: contain-init has no umask. */
static int copy_fifo(int to_dir, const char *name, const struct statx *is)
{
        int r = sys_mknodat(to_dir, name, (unsigned)S_IFIFO | (is->stx_mode & MODE_ACCESS), 0);

        if (r == 0)
                r = set_owner(to_dir, name, is, AT_SYMLINK_NOFOLLOW);
        if (r == 0)
                set_times(to_dir, name, is);
        return r;
}

/* --- folders -------------------------------------------------------------------------------- */

static int copy_folder(struct copy *copy, int from_fd, int to_fd, unsigned depth);

static int copy_subfolder(struct copy *copy, int from_dir, int to_dir, const char *name,
                          const struct statx *is, unsigned depth)
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
                r = copy_folder(copy, from_fd, to_fd, depth + 1);
        if (r >= 0)
                r = finish(copy, from_fd, to_fd, is);
        init_close(&from_fd);
        init_close(&to_fd);
        return r;
}

/* Devices are left out: which ones there are is not the image's to say. So are sockets, as nobody listens. */
static int copy_node(struct copy *copy, int from_dir, int to_dir, const char *name, unsigned depth)
{
        struct statx is;
        int r;

        r = sys_statx(from_dir, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &is);
        if (r < 0)
                return r;
        switch (is.stx_mode & S_IFMT) {
        case S_IFDIR:
                return copy_subfolder(copy, from_dir, to_dir, name, &is, depth);
        case S_IFREG:
                return copy_file(copy, from_dir, to_dir, name, &is);
        case S_IFLNK:
                return copy_link(from_dir, to_dir, name, &is);
        case S_IFIFO:
                return copy_fifo(to_dir, name, &is);
        default:
                return 0;
        }
}

static int copy_entry(struct copy *copy, int from_dir, int to_dir, const char *name, unsigned depth)
{
        size_t size = copy->path_size, more = text_length(name) + 1;
        int r;

        if (text_equal(name, ".") || text_equal(name, ".."))
                return 0;
        if (size + more >= sizeof(copy->path))
                return -ENAMETOOLONG;
        copy->path[size] = '/';
        (void)text_copy(copy->path + size + 1, name, more - 1);
        copy->path_size = size + more;
        r = copy_node(copy, from_dir, to_dir, name, depth);
        copy->path_size = size;
        return r;
}

static int copy_folder(struct copy *copy, int from_fd, int to_fd, unsigned depth)
{
        _Alignas(struct kernel_dirent) char entries[ENTRIES_SIZE];
        long size;
        int r = 0;

        if (depth > DEPTH_MAX)
                return -ELOOP;
        while ((size = sys_getdents(from_fd, entries, sizeof(entries))) > 0 && r >= 0) {
                for (long i = 0; i < size && r >= 0;) {
                        const struct kernel_dirent *entry = (const struct kernel_dirent *)(entries + i);

                        r = copy_entry(copy, from_fd, to_fd, entry->name, depth);
                        i += entry->size;
                }
        }
        return r < 0 ? r : (int)size;
}

/* Of the topmost folder: what the options of the new file system have not said otherwise. */
static int copy_top(int from_fd, int tree_fd, bool owner, bool mode)
{
        struct statx is;
        int to_fd, r;

        if (!owner && !mode)
                return 0;
        r = sys_statx(from_fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &is);
        if (r == 0 && owner)
                r = set_owner(tree_fd, "", &is, AT_EMPTY_PATH);
        if (r < 0 || !mode)
                return r;
        /* The tree's own descriptor is none to change modes by. */
        to_fd = sys_openat(tree_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        if (to_fd < 0)
                return to_fd;
        r = sys_fchmod(to_fd, is.stx_mode & MODE_ACCESS);
        init_close(&to_fd);
        return r;
}

static int copy_tree(struct init *in, int from_fd, const struct plan_step *step)
{
        struct copy copy = { .in = in,
                             .names = init_alloc(in, VALUE_SIZE + 1),
                             .value = init_alloc(in, VALUE_SIZE + 1) };
        int r;

        if (!copy.names || !copy.value)
                return -ENOMEM;
        r = copy_folder(&copy, from_fd, in->tree_fd, 0);
        return r < 0 ? r : copy_top(from_fd, in->tree_fd, step->n[0] != 0, step->n[1] != 0);
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
        r = copy_tree(in, fd, step);
        init_close(&fd);
        return r < 0 ? init_fail(in, PLAN_DETAIL_COPY, r) : 0;
}
