/* SPDX-License-Identifier: MIT */

#include "image/input.h"

#include "base/fds.h"
#include "image/codec.h"
#include "image/spool.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define STANDARD_INPUT "the standard input"

void ct_input_done(struct ct_input *input)
{
        input->fd = ct_close(input->fd);
}

/* Cuts @text after @size bytes, and tries. */
static int try_path(struct ct_arena *arena, const char *text, size_t size, struct ct_input *input)
{
        input->path = ct_arena_strndup(arena, text, size);
        if (!input->path)
                return -ENOMEM;
        /* Not blocking: for a pipe nobody may be writing to. */
        input->fd = open(input->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        return input->fd < 0 ? -errno : 0;
}

static bool is_absent(int r)
{
        return r == -ENOENT || r == -ENOTDIR || r == -ENAMETOOLONG;
}

static int find_path(struct ct_arena *arena, const char *text, struct ct_input *input)
{
        const char *digest = strstr(text, "@sha"), *colon;
        int r = try_path(arena, text, strlen(text), input);

        if (!is_absent(r))
                return r;
        if (digest) {
                input->tag = digest + 1;
                return try_path(arena, text, (size_t)(digest - text), input);
        }
        for (colon = strchr(text, ':'); colon; colon = strchr(colon + 1, ':')) {
                r = try_path(arena, text, (size_t)(colon - text), input);
                input->tag = colon + 1;
                if (!is_absent(r))
                        return r;
        }
        return -ENOENT;
}

static int spool_input(struct ct_input *input, const struct ct_source_options *options, contain_error_t **err)
{
        struct ct_stream *stream;
        int r;

        r = ct_stream_from_fd(ct_take_fd(&input->fd), -1, -1, &stream, err);
        if (r < 0)
                return r;
        if (ct_stream_set_name(stream, input->path) < 0) {
                (void)ct_stream_free(stream);
                return ct_fail_memory(err);
        }
        /* Whoever writes to a pipe may never do so. */
        ct_stream_set_job(stream, options->job);
        ct_stream_set_stall(stream, options->stall_ms);
        return ct_spool(stream, options, &input->fd, err);
}

/* "-", "-:TAG", "-@DIGEST" */
static bool is_stdin(const char *text)
{
        return text[0] == '-' && (text[1] == '\0' || text[1] == ':' || text[1] == '@');
}

/* The descriptor is somebody else's: it is read from where it stands. */
static int open_stdin(const struct ct_source_options *options, struct ct_input *input, contain_error_t **err)
{
        input->path = STANDARD_INPUT;
        if (options->stdin_fd < 0)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "there is no standard input to read");
        input->fd = ct_dup(options->stdin_fd);
        if (input->fd < 0)
                return ct_fail(err, CONTAIN_E_SOURCE, -input->fd, NULL, "cannot read " STANDARD_INPUT);
        return 0;
}

int ct_input_open(struct ct_arena *arena, const char *text, const struct ct_source_options *options,
                  struct ct_input *ret, contain_error_t **err)
{
        _cleanup_(ct_input_done) struct ct_input input = { .fd = -EBADF };
        struct stat status;
        int r;

        if (is_stdin(text)) {
                input.tag = text[1] ? text + 2 : NULL;
                r = open_stdin(options, &input, err);
                if (r < 0)
                        return r;
        } else {
                r = find_path(arena, text, &input);
                if (r == -ENOMEM)
                        return ct_fail_memory(err);
                if (r < 0 && is_absent(r))
                        return ct_fail(err, CONTAIN_E_SOURCE, ENOENT, NULL, "there is no file or folder '%s'",
                                       text);
                if (r < 0)
                        return ct_fail(err, CONTAIN_E_SOURCE, -r, NULL, "cannot open '%s'", input.path);
        }
        if (fstat(input.fd, &status) < 0)
                return ct_fail(err, CONTAIN_E_SOURCE, errno, NULL, "cannot open '%s'", input.path);
        input.is_folder = S_ISDIR(status.st_mode);
        if (!input.is_folder && (!S_ISREG(status.st_mode) || lseek(input.fd, 0, SEEK_CUR) != 0)) {
                r = spool_input(&input, options, err);
                if (r < 0)
                        return r;
        }
        *ret = input;
        input.fd = -EBADF;
        return 0;
}

int ct_input_stream(const struct ct_input *input, struct ct_stream **ret, contain_error_t **err)
{
        _cleanup_(ct_stream_freep) struct ct_stream *stream = NULL;
        int fd = ct_dup(input->fd), r;

        if (fd < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, -fd, NULL, "cannot duplicate a descriptor");
        r = ct_stream_from_fd(fd, 0, -1, &stream, err);
        if (r < 0)
                return r;
        if (ct_stream_set_name(stream, input->path) < 0)
                return ct_fail_memory(err);
        *ret = ct_take(stream);
        return 0;
}

int ct_input_decompress(struct ct_input *input, const struct ct_source_options *options,
                        contain_error_t **err)
{
        uint8_t magic[CT_CODEC_MAGIC_SIZE];
        struct ct_stream *stream = NULL;
        ssize_t n;
        int fd, r;

        n = pread(input->fd, magic, sizeof magic, 0);
        if (n < 0)
                return ct_fail(err, CONTAIN_E_SOURCE, errno, NULL, "cannot read '%s'", input->path);
        if (!ct_codec_find(magic, (size_t)n))
                return 0;
        r = ct_input_stream(input, &stream, err);
        if (r >= 0)
                r = ct_stream_decompress(stream, &stream, err);
        if (r >= 0)
                r = ct_spool(stream, options, &fd, err);
        if (r < 0)
                return r;
        (void)ct_close(input->fd);
        input->fd = fd;
        return 0;
}
