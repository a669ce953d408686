/* SPDX-License-Identifier: MIT */

/*
 * A hard link to what only a layer below has, in a layer that is written for overlayfs. The two names are to
 * be one file, as they would be in one tree; so the file is copied to its place in this layer first, as
 * overlayfs does when a file of a lower layer gets another name.
 */

#include "image/unpack-limits.h"
#include "image/writer.h"

#include "base/arena.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

enum { LIST_MAX = 65536, PROC_PATH = 64, BUFFER = 256 * 1024 };

/* What is copied: by the name in /proc of a descriptor of it, which is not opened otherwise. */
struct original {
        char path[PROC_PATH];
        struct ct_arena *arena;
        struct ct_member member;
};

static int read_xattr(struct original *original, const char *name, struct ct_member_xattr *ret)
{
        ssize_t size = getxattr(original->path, name, NULL, 0);
        void *value;

        if (size < 0)
                return -errno;
        value = ct_arena_alloc(original->arena, (size_t)size);
        if (!value)
                return -ENOMEM;
        size = getxattr(original->path, name, value, (size_t)size);
        if (size < 0)
                return -errno;
        *ret = (struct ct_member_xattr){ .name = name, .value = value, .size = (size_t)size };
        return 0;
}

static int read_xattrs(struct original *original)
{
        struct ct_member *member = &original->member;
        char *list = ct_arena_alloc(original->arena, LIST_MAX);
        ssize_t size;
        int r = 0;

        member->xattrs = ct_arena_array(original->arena, CT_MEMBER_XATTRS, sizeof(*member->xattrs));
        if (!list || !member->xattrs)
                return -ENOMEM;
        size = listxattr(original->path, list, LIST_MAX);
        if (size < 0)
                return errno == EOPNOTSUPP ? 0 : -errno;
        for (const char *name = list; r == 0 && name < list + size; name += strlen(name) + 1) {
                if (!ct_member_xattr_is_wanted(name))
                        continue;
                if (member->n_xattrs == CT_MEMBER_XATTRS)
                        return -E2BIG;
                r = read_xattr(original, name, &member->xattrs[member->n_xattrs]);
                member->n_xattrs += r == 0;
        }
        return r;
}

static int read_original(struct original *original, int fd, const struct stat *status)
{
        struct ct_member *member = &original->member;
        char *symlink;
        ssize_t length;

        member->kind = CT_MEMBER_NODE;
        member->mode = status->st_mode;
        member->uid = status->st_uid;
        member->gid = status->st_gid;
        member->size = S_ISREG(status->st_mode) ? (uint64_t)status->st_size : 0;
        member->rdev = status->st_rdev;
        member->times[0].tv_nsec = UTIME_OMIT;
        member->times[1] = status->st_mtim;
        if (S_ISLNK(status->st_mode)) {
                symlink = ct_arena_alloc(original->arena, PATH_MAX);
                length = symlink ? readlinkat(fd, "", symlink, PATH_MAX - 1) : -1;
                if (length < 0)
                        return symlink ? -errno : -ENOMEM;
                member->symlink = symlink;
        }
        return read_xattrs(original);
}

static int copy_part(const struct ct_job *job, int from_fd, int to_fd, off_t offset, off_t end, char *buffer)
{
        while (offset < end) {
                size_t part = end - offset < BUFFER ? (size_t)(end - offset) : BUFFER;
                ssize_t n = pread(from_fd, buffer, part, offset);

                if (job && ct_job_is_cancelled(job))
                        return -ECANCELED;
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 ? -errno : -EIO;
                for (ssize_t done = 0; done < n;) {
                        ssize_t written = pwrite(to_fd, buffer + done, (size_t)(n - done), offset + done);

                        if (written < 0 && errno != EINTR)
                                return -errno;
                        done += written > 0 ? written : 0;
                }
                offset += n;
        }
        return 0;
}

/* Holes stay holes. *ret is where the last data ends. */
static int copy_content(const struct original *original, const struct ct_job *job, int to_fd, uint64_t *ret)
{
        _cleanup_close_ int from_fd = open(original->path, O_RDONLY | O_CLOEXEC);
        _cleanup_free_ char *buffer = malloc(BUFFER);
        off_t size = (off_t)original->member.size, end = 0;
        int r;

        if (from_fd < 0 || !buffer)
                return buffer ? -errno : -ENOMEM;
        for (;;) {
                off_t begin = lseek(from_fd, end, SEEK_DATA);

                if (begin < 0 && errno == ENXIO)
                        break;
                end = begin < 0 ? -1 : lseek(from_fd, begin, SEEK_HOLE);
                if (end < 0)
                        return -errno;
                end = end < size ? end : size;
                r = copy_part(job, from_fd, to_fd, begin, end, buffer);
                if (r < 0)
                        return r;
                *ret = (uint64_t)end;
        }
        return 0;
}

static int copy(struct ct_tree *tree, struct original *original, contain_error_t **err)
{
        const struct ct_member *member = &original->member;
        _cleanup_close_ int fd = -EBADF;
        uint64_t end = 0;
        int r;

        r = ct_limits_count_entry(&tree->how->limits, tree->counts, err);
        if (r == 0)
                r = ct_limits_count_bytes(&tree->how->limits, tree->counts, member->size, err);
        if (r == 0)
                r = ct_tree_add_copy(tree, member, &fd, err);
        if (r < 0 || fd < 0)
                return r;
        r = copy_content(original, tree->job, fd, &end);
        if (r == -ECANCELED)
                return ct_fail(err, CONTAIN_E_CANCELLED, ECANCELED, NULL, "cancelled");
        if (r < 0)
                return ct_fail(err, CONTAIN_E_UNPACK, -r, NULL, "cannot copy '/%s' of the layers below",
                               member->path.text);
        return ct_tree_end_file(tree, member, fd, end, err);
}

int ct_tree_copy_up(struct ct_tree *tree, const struct ct_member_path *path, contain_error_t **err)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        struct original original = { .arena = arena, .member = { .path = *path } };
        _cleanup_close_ int fd = -EBADF;
        struct stat status;
        int r;

        if (!arena)
                return ct_fail_memory(err);
        r = ct_lower_open(tree, path->text, path->length, &fd);
        if (r == 0)
                return -ENOENT;
        if (r > 0 && fstat(fd, &status) < 0)
                r = -errno;
        if (r > 0 && S_ISDIR(status.st_mode))
                return -EPERM;
        (void)snprintf(original.path, sizeof(original.path), "/proc/self/fd/%d", fd);
        if (r > 0)
                r = read_original(&original, fd, &status);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_UNPACK, -r, NULL, "cannot look at '/%s' of the layers below",
                               path->text);
        return copy(tree, &original, err);
}
