/* SPDX-License-Identifier: MIT */

/*
 * Made piece by piece: whenever what was made has been read, the walk goes one step on, and libarchive writes
 * what it found. The folder is somebody's root file system, so nothing in it is trusted to stay what it was:
 * every name is opened below the folder it was seen in, without following links, and looked at once more.
 */

#include "image/folder-tar.h"

#include "base/fds.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/stat.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x2000
#endif

#define DEPTH_MAX      256
#define PATH_BYTES_MAX (64 * 1024)
#define CHUNK_SIZE     ((size_t)128 * 1024)

/* A folder on the way down. */
struct level {
        int fd;
        char **names; /* in order */
        size_t n, next;
        size_t path_size; /* of the path up to and with this folder */
};

struct folder_tar {
        char *name; /* for errors */
        struct archive *writer;
        struct archive_entry_linkresolver *links;
        struct ct_buf out; /* written and not read yet, */
        size_t n_read;     /* but for so many bytes */
        struct ct_buf path;
        struct level levels[DEPTH_MAX];
        size_t depth;
        int file_fd; /* whose content is being passed on */
        int64_t left;
        bool is_ended;
        char chunk[CHUNK_SIZE];
};

static int fail(struct folder_tar *tar, int errnum, contain_error_t **err)
{
        if (errnum == ENOMEM)
                return ct_fail_memory(err);
        return ct_fail(err, CONTAIN_E_SOURCE, errnum, NULL, "cannot read '%s' of '%s'",
                       tar->path.data ? tar->path.data : "/", tar->name);
}

static void leave(struct folder_tar *tar)
{
        struct level *level = &tar->levels[--tar->depth];
        size_t i;

        for (i = 0; i < level->n; i++)
                free(level->names[i]);
        free(level->names);
        level->fd = ct_close(level->fd);
}

static void close_tar(void *userdata)
{
        struct folder_tar *tar = userdata;

        while (tar->depth > 0)
                leave(tar);
        (void)ct_close(tar->file_fd);
        if (tar->links)
                archive_entry_linkresolver_free(tar->links);
        if (tar->writer) {
                /* Without this it would write the end of the archive. */
                (void)archive_write_fail(tar->writer);
                (void)archive_write_free(tar->writer);
        }
        ct_buf_done(&tar->out);
        ct_buf_done(&tar->path);
        free(tar->name);
        free(tar);
}

static la_ssize_t write_out(struct archive *writer, void *userdata, const void *bytes, size_t size)
{
        struct folder_tar *tar = userdata;

        if (ct_buf_append(&tar->out, bytes, size) == 0)
                return (la_ssize_t)size;
        archive_set_error(writer, ENOMEM, "out of memory");
        return -1;
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(struct level *level, size_t *capacity, const char *name)
{
        if (level->n == *capacity) {
                size_t more = *capacity ? *capacity * 2 : 32;
                char **names = reallocarray(level->names, more, sizeof *names);

                if (!names)
                        return -ENOMEM;
                level->names = names;
                *capacity = more;
        }
        level->names[level->n] = strdup(name);
        return level->names[level->n++] ? 0 : -ENOMEM;
}

static void closedirp(DIR **dir)
{
        if (*dir)
                (void)closedir(*dir);
}

/* Takes @fd over, and goes down into it. */
static int enter(struct folder_tar *tar, int fd)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        struct level *level = &tar->levels[tar->depth];
        struct dirent *item;
        size_t capacity = 0;
        int list_fd, r;

        if (tar->depth == DEPTH_MAX) {
                (void)ct_close(fd);
                return -ELOOP;
        }
        *level = (struct level){ .fd = fd, .path_size = tar->path.size };
        tar->depth++;
        list_fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        dir = list_fd < 0 ? NULL : fdopendir(list_fd);
        if (!dir) {
                r = -errno;
                (void)ct_close(list_fd);
                return r;
        }
        for (;;) {
                errno = 0;
                item = readdir(dir);
                if (!item)
                        break;
                if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0)
                        continue;
                if (add_name(level, &capacity, item->d_name) < 0)
                        return -ENOMEM;
        }
        if (errno != 0)
                return -errno;
        if (level->n > 1)
                qsort(level->names, level->n, sizeof *level->names, compare_names);
        return 0;
}

/* Of a file by descriptor, or of what has none (a link, a device) below its folder's. */
static int add_xattrs(struct archive_entry *entry, int fd, int dir_fd, const char *name)
{
        _cleanup_free_ char *list = malloc(XATTR_LIST_MAX), *value = malloc(XATTR_SIZE_MAX);
        char path[64 + NAME_MAX];
        const char *next;
        ssize_t size;

        if (!list || !value)
                return -ENOMEM;
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d/%s", dir_fd, name);
        size = fd >= 0 ? flistxattr(fd, list, XATTR_LIST_MAX) : llistxattr(path, list, XATTR_LIST_MAX);
        if (size < 0)
                return errno == ENOTSUP || errno == ENOENT ? 0 : -errno;
        for (next = list; next < list + size; next += strlen(next) + 1) {
                ssize_t n = fd >= 0 ? fgetxattr(fd, next, value, XATTR_SIZE_MAX)
                                    : lgetxattr(path, next, value, XATTR_SIZE_MAX);

                if (n >= 0)
                        archive_entry_xattr_add_entry(entry, next, value, (size_t)n);
                else if (errno != ENODATA)
                        return -errno;
        }
        return 0;
}

static int describe(struct folder_tar *tar, struct archive_entry *entry, const struct stat *status, int fd,
                    int dir_fd, const char *name)
{
        archive_entry_copy_stat(entry, status);
        archive_entry_copy_pathname(entry, tar->path.size > 0 ? tar->path.data : ".");
        archive_entry_unset_atime(entry);
        archive_entry_unset_ctime(entry);
        if (!S_ISREG(status->st_mode))
                archive_entry_set_size(entry, 0);
        if (S_ISLNK(status->st_mode)) {
                ssize_t n = readlinkat(dir_fd, name, tar->chunk, CHUNK_SIZE - 1);

                if (n < 0)
                        return -errno;
                tar->chunk[n] = '\0';
                archive_entry_copy_symlink(entry, tar->chunk);
        }
        return add_xattrs(entry, fd, dir_fd, name);
}

static void entry_freep(struct archive_entry **entry)
{
        archive_entry_free(*entry);
}

/* Writes the header; takes *fd over when its content is to follow. */
static int write_header(struct folder_tar *tar, const struct stat *status, int *fd, int dir_fd,
                        const char *name)
{
        _cleanup_(entry_freep) struct archive_entry *entry = archive_entry_new();
        struct archive_entry *same = entry, *spare = NULL;
        int r;

        if (!entry)
                return -ENOMEM;
        r = describe(tar, entry, status, *fd, dir_fd, name);
        if (r < 0)
                return r;
        /* Turns the second name of a file into a link to the first. */
        archive_entry_linkify(tar->links, &same, &spare);
        r = archive_write_header(tar->writer, entry);
        if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
                return archive_errno(tar->writer) > 0 ? -archive_errno(tar->writer) : -EIO;
        if (S_ISREG(status->st_mode) && archive_entry_size(entry) > 0 && !archive_entry_hardlink(entry)) {
                tar->left = archive_entry_size(entry);
                tar->file_fd = ct_take_fd(fd);
        }
        return 0;
}

static bool is_mount_point(int dir_fd, const char *name)
{
        struct statx status;

        return statx(dir_fd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, &status) == 0 &&
               (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/* One name of the folder that the walk is in. */
static int add_node(struct folder_tar *tar, const char *name)
{
        int dir_fd = tar->levels[tar->depth - 1].fd, r;
        _cleanup_close_ int fd = -EBADF;
        struct stat status;
        bool is_folder;

        if (fstatat(dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (S_ISSOCK(status.st_mode))
                return 0;
        if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) {
                mode_t type = status.st_mode & S_IFMT;

                fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
                if (fd < 0)
                        return errno == ENOENT ? 0 : -errno;
                if (fstat(fd, &status) < 0)
                        return -errno;
                if ((status.st_mode & S_IFMT) != type)
                        return -EBUSY;
        }
        is_folder = S_ISDIR(status.st_mode) && !is_mount_point(dir_fd, name);
        r = write_header(tar, &status, &fd, dir_fd, name);
        if (r < 0)
                return r;
        return is_folder ? enter(tar, ct_take_fd(&fd)) : 0;
}

/* Sets the path to the folder's own, and @name behind it. */
static int set_path(struct folder_tar *tar, size_t folder_size, const char *name)
{
        tar->path.size = folder_size;
        if (tar->path.data)
                tar->path.data[folder_size] = '\0';
        if (!name)
                return 0;
        if (folder_size > 0 && ct_buf_puts(&tar->path, "/") < 0)
                return -ENOMEM;
        return ct_buf_puts(&tar->path, name) < 0 ? -ENOMEM
               : tar->path.size > PATH_BYTES_MAX ? -ENAMETOOLONG
                                                 : 0;
}

/* A part of the file that is open. It may have shrunk since: then the rest is zeros, as its header was
 * written. */
static int pass_content(struct folder_tar *tar)
{
        size_t size = tar->left < (int64_t)CHUNK_SIZE ? (size_t)tar->left : CHUNK_SIZE;
        ssize_t n;

        do
                n = read(tar->file_fd, tar->chunk, size);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return -errno;
        if (n == 0) {
                memset(tar->chunk, 0, size);
                n = (ssize_t)size;
        }
        if (archive_write_data(tar->writer, tar->chunk, (size_t)n) != n)
                return -EIO;
        tar->left -= n;
        if (tar->left == 0)
                tar->file_fd = ct_close(tar->file_fd);
        return 0;
}

static int step(struct folder_tar *tar)
{
        struct level *level = &tar->levels[tar->depth - (tar->depth > 0)];
        const char *name;
        int r;

        if (tar->left > 0)
                return pass_content(tar);
        if (tar->depth == 0) {
                tar->is_ended = true;
                return archive_write_close(tar->writer) == ARCHIVE_OK ? 0 : -EIO;
        }
        if (level->next == level->n) {
                leave(tar);
                return 0;
        }
        name = level->names[level->next++];
        r = set_path(tar, level->path_size, name);
        return r < 0 ? r : add_node(tar, name);
}

static ssize_t read_tar(void *userdata, void *to, size_t size, contain_error_t **err)
{
        struct folder_tar *tar = userdata;
        int r;

        while (tar->n_read == tar->out.size && !tar->is_ended) {
                tar->n_read = tar->out.size = 0;
                r = step(tar);
                if (r < 0)
                        return fail(tar, -r, err);
        }
        if (size > tar->out.size - tar->n_read)
                size = tar->out.size - tar->n_read;
        if (size > 0)
                memcpy(to, tar->out.data + tar->n_read, size);
        tar->n_read += size;
        return (ssize_t)size;
}

/* The writer, and the folder itself as the first entry. */
static int begin(struct folder_tar *tar, int fd, contain_error_t **err)
{
        _cleanup_close_ int top_fd = -EBADF;
        struct stat status;
        int r;

        if (archive_write_set_format_pax_restricted(tar->writer) != ARCHIVE_OK ||
            archive_write_set_options(tar->writer, "hdrcharset=BINARY,xattrheader=SCHILY") < ARCHIVE_WARN ||
            archive_write_set_bytes_per_block(tar->writer, 0) != ARCHIVE_OK ||
            archive_write_open(tar->writer, tar, NULL, write_out, NULL) != ARCHIVE_OK)
                return ct_fail(err, CONTAIN_E_SYSTEM, EINVAL, NULL, "cannot write an archive: %s",
                               archive_error_string(tar->writer));
        archive_entry_linkresolver_set_strategy(tar->links, archive_format(tar->writer));
        top_fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (top_fd < 0 || fstat(top_fd, &status) < 0)
                return fail(tar, errno, err);
        r = write_header(tar, &status, &top_fd, top_fd, ".");
        if (r >= 0)
                r = enter(tar, ct_take_fd(&top_fd));
        return r < 0 ? fail(tar, -r, err) : 0;
}

int ct_folder_tar(int fd, const char *name, struct ct_stream **ret, contain_error_t **err)
{
        _cleanup_(ct_stream_freep) struct ct_stream *stream = NULL;
        struct folder_tar *tar = calloc(1, sizeof *tar);
        int r;

        if (!tar)
                return ct_fail_memory(err);
        tar->file_fd = -EBADF;
        tar->name = strdup(name);
        tar->writer = archive_write_new();
        tar->links = archive_entry_linkresolver_new();
        stream = ct_stream_new(read_tar, close_tar, tar);
        if (!stream || !tar->name || !tar->writer || !tar->links)
                return ct_fail_memory(err);
        r = begin(tar, fd, err);
        if (r < 0)
                return r;
        *ret = ct_take(stream);
        return 0;
}
