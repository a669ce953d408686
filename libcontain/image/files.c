/* SPDX-License-Identifier: MIT */

#include "image/files.h"

#include "base/fds.h"
#include "base/sys.h"
#include "image/tar-index.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct ct_files {
        char *name;
        int dir_fd;                 /* a folder, */
        struct ct_tar_index *index; /* or an archive */
};

struct ct_files *ct_files_free(struct ct_files *files)
{
        if (!files)
                return NULL;
        (void)ct_tar_index_free(files->index);
        (void)ct_close(files->dir_fd);
        free(files->name);
        free(files);
        return NULL;
}

static struct ct_files *files_new(const char *name)
{
        struct ct_files *files = calloc(1, sizeof *files);

        if (!files)
                return NULL;
        files->dir_fd = -EBADF;
        files->name = strdup(name);
        return files->name ? files : ct_files_free(files);
}

int ct_files_open_folder(int fd, const char *name, struct ct_files **ret, contain_error_t **err)
{
        struct ct_files *files = files_new(name);

        if (!files) {
                (void)ct_close(fd);
                return ct_fail_memory(err);
        }
        files->dir_fd = fd;
        *ret = files;
        return 0;
}

int ct_files_open_archive(int fd, const char *name, struct ct_files **ret, contain_error_t **err)
{
        _cleanup_(ct_files_freep) struct ct_files *files = files_new(name);
        int r;

        if (!files) {
                (void)ct_close(fd);
                return ct_fail_memory(err);
        }
        r = ct_tar_index_open(fd, name, &files->index, err);
        if (r < 0)
                return r;
        *ret = ct_take(files);
        return 0;
}

const char *ct_files_name(const struct ct_files *files)
{
        return files->name;
}

/* A regular file of the folder, or -errno. Not blocking: somebody may have put a pipe there. */
static int open_file(const struct ct_files *files, const char *path)
{
        _cleanup_close_ int fd =
                ct_open_in_root(files->dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        struct stat status;

        if (fd < 0)
                return fd;
        if (fstat(fd, &status) < 0)
                return -errno;
        if (!S_ISREG(status.st_mode))
                return S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
        return ct_take_fd(&fd);
}

bool ct_files_has(const struct ct_files *files, const char *path)
{
        _cleanup_close_ int fd = -EBADF;

        if (files->index)
                return ct_tar_index_has(files->index, path);
        fd = open_file(files, path);
        return fd >= 0;
}

int ct_files_stream(const struct ct_files *files, const char *path, struct ct_stream **ret,
                    contain_error_t **err)
{
        _cleanup_(ct_stream_freep) struct ct_stream *stream = NULL;
        int fd, r;

        if (files->index)
                return ct_tar_index_stream(files->index, path, ret, err);
        fd = open_file(files, path);
        if (fd == -ENOENT)
                return ct_fail(err, CONTAIN_E_SOURCE, ENOENT, NULL, "'%s' has no file '%s'", files->name,
                               path);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_SOURCE, -fd, NULL, "cannot open '%s' of '%s'", path,
                               files->name);
        r = ct_stream_from_fd(fd, 0, -1, &stream, err);
        if (r < 0)
                return r;
        if (ct_stream_set_name(stream, path) < 0)
                return ct_fail_memory(err);
        *ret = ct_take(stream);
        return 0;
}

int ct_files_read(const struct ct_files *files, struct ct_arena *arena, const char *path, size_t max,
                  const char **ret, size_t *ret_size, contain_error_t **err)
{
        _cleanup_(ct_stream_freep) struct ct_stream *stream = NULL;
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        const char *text;
        int r;

        r = ct_files_stream(files, path, &stream, err);
        if (r >= 0)
                r = ct_stream_read_all(stream, max, &buf, err);
        if (r < 0)
                return r;
        text = ct_arena_strndup(arena, buf.data ? buf.data : "", buf.size);
        if (!text)
                return ct_fail_memory(err);
        *ret = text;
        *ret_size = buf.size;
        return 0;
}
