/* SPDX-License-Identifier: MIT */

/* What all streams have in common, and those that begin somewhere: at a descriptor, in memory. */

#include "image/stream.h"

#include "base/clock.h"
#include "base/fds.h"
#include "image/job.h"

#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

#define BLOCK_SIZE ((size_t)128 * 1024)

/* How long a read may wait for a writer before it looks whether somebody has stopped it. */
#define STOP_POLL_MSEC 100

struct ct_stream {
        ct_stream_read_fn read;
        ct_stream_next_fn next; /* NULL */
        ct_stream_close_fn close;
        void *userdata;
        struct ct_stream *from;   /* NULL, or what it stands over */
        char *name;               /* NULL */
        char *block;              /* NULL, or what was read last for somebody who wants it where it is */
        int failed;               /* errno of the first failure */
        const struct ct_job *job; /* NULL, or stopped when that is cancelled */
        uint64_t stall_ms;        /* 0: none */
        atomic_bool is_stopped;
};

struct ct_stream *ct_stream_over(struct ct_stream *from, ct_stream_read_fn read, ct_stream_close_fn close,
                                 void *userdata)
{
        struct ct_stream *stream = calloc(1, sizeof *stream);

        if (!stream) {
                close(userdata);
                (void)ct_stream_free(from);
                return NULL;
        }
        stream->read = read;
        stream->close = close;
        stream->userdata = userdata;
        stream->from = from;
        return stream;
}

struct ct_stream *ct_stream_new(ct_stream_read_fn read, ct_stream_close_fn close, void *userdata)
{
        return ct_stream_over(NULL, read, close, userdata);
}

struct ct_stream *ct_stream_free(struct ct_stream *stream)
{
        while (stream) {
                struct ct_stream *from = stream->from;

                stream->close(stream->userdata);
                free(stream->name);
                free(stream->block);
                free(stream);
                stream = from;
        }
        return NULL;
}

static int fail_again(const struct ct_stream *stream, contain_error_t **err)
{
        return ct_fail(err, CONTAIN_E_SYSTEM, stream->failed, NULL, "reading has failed before");
}

ssize_t ct_stream_read(struct ct_stream *stream, void *to, size_t size, contain_error_t **err)
{
        ssize_t n;

        if (stream->failed)
                return fail_again(stream, err);
        n = stream->read(stream->userdata, to, size, err);
        if (n < 0)
                stream->failed = (int)-n;
        return n;
}

void ct_stream_set_next(struct ct_stream *stream, ct_stream_next_fn next)
{
        stream->next = next;
}

/* For a stream that has nothing in memory by itself. */
static ssize_t read_block(struct ct_stream *stream, const void **ret, contain_error_t **err)
{
        ssize_t n;

        if (!stream->block)
                stream->block = malloc(BLOCK_SIZE);
        if (!stream->block)
                return ct_fail_memory(err);
        n = ct_stream_read(stream, stream->block, BLOCK_SIZE, err);
        if (n > 0)
                *ret = stream->block;
        return n;
}

ssize_t ct_stream_next(struct ct_stream *stream, const void **ret, contain_error_t **err)
{
        ssize_t n;

        if (stream->failed)
                return fail_again(stream, err);
        if (!stream->next)
                return read_block(stream, ret, err);
        n = stream->next(stream->userdata, ret, err);
        if (n < 0)
                stream->failed = (int)-n;
        return n;
}

int ct_stream_read_all(struct ct_stream *stream, size_t max, struct ct_buf *buf, contain_error_t **err)
{
        size_t begin = buf->size;

        for (;;) {
                char chunk[8192];
                ssize_t n = ct_stream_read(stream, chunk, sizeof chunk, err);

                if (n < 0)
                        return (int)n;
                if (n == 0)
                        return 0;
                if ((size_t)n > max - (buf->size - begin))
                        return ct_fail(err, CONTAIN_E_IMAGE, EFBIG, NULL,
                                       "'%s' has more than the %zu bytes that are read of it",
                                       ct_stream_name(stream), max);
                if (ct_buf_append(buf, chunk, (size_t)n) < 0)
                        return ct_fail_memory(err);
        }
}

int ct_stream_drain(struct ct_stream *stream, contain_error_t **err)
{
        const void *bytes;
        ssize_t n;

        do
                n = ct_stream_next(stream, &bytes, err);
        while (n > 0);
        return (int)n;
}

const char *ct_stream_name(const struct ct_stream *stream)
{
        for (; stream; stream = stream->from)
                if (stream->name)
                        return stream->name;
        return "";
}

int ct_stream_set_name(struct ct_stream *stream, const char *name)
{
        char *copy = strdup(name);

        if (!copy)
                return -ENOMEM;
        free(stream->name);
        stream->name = copy;
        return 0;
}

void ct_stream_stop(struct ct_stream *stream)
{
        for (; stream; stream = stream->from)
                atomic_store_explicit(&stream->is_stopped, true, memory_order_relaxed);
}

void ct_stream_set_job(struct ct_stream *stream, const struct ct_job *job)
{
        stream->job = job;
}

void ct_stream_set_stall(struct ct_stream *stream, uint64_t stall_ms)
{
        stream->stall_ms = stall_ms;
}

bool ct_stream_is_stopped(const struct ct_stream *stream)
{
        return atomic_load_explicit(&stream->is_stopped, memory_order_relaxed) ||
               (stream->job && ct_job_is_cancelled(stream->job));
}

/* ---- A descriptor ---- */

struct source_fd {
        const struct ct_stream *stream;
        int fd;
        bool can_wait;  /* a pipe, a socket, a terminal */
        int64_t offset; /* negative: what comes */
        int64_t left;   /* negative: up to the end */
};

static void close_fd(void *userdata)
{
        struct source_fd *source = userdata;

        (void)ct_close(source->fd);
        free(source);
}

/* 0 once there is something to read, or nobody left to write. */
static int wait_for_bytes(const struct source_fd *source)
{
        uint64_t stall_ms = source->stream->stall_ms;
        int64_t deadline = ct_clock_deadline(stall_ms > 0 && stall_ms < INT64_MAX ? (int64_t)stall_ms : -1);

        for (;;) {
                struct pollfd poll_fd = { .fd = source->fd, .events = POLLIN };
                int r;

                if (ct_stream_is_stopped(source->stream))
                        return -ECANCELED;
                r = poll(&poll_fd, 1, STOP_POLL_MSEC);
                if (r < 0 && errno != EINTR)
                        return -errno;
                if (r > 0)
                        return 0;
                if (ct_clock_ms() >= deadline)
                        return -ETIMEDOUT;
        }
}

static int fail_wait(const struct source_fd *source, int r, contain_error_t **err)
{
        if (r == -ETIMEDOUT)
                return ct_fail(err, CONTAIN_E_TIMEOUT, ETIMEDOUT, NULL,
                               "nothing has come from '%s' for %llu ms", ct_stream_name(source->stream),
                               (unsigned long long)source->stream->stall_ms);
        return ct_fail(err, CONTAIN_E_SOURCE, -r, NULL, "cannot wait for '%s'",
                       ct_stream_name(source->stream));
}

static ssize_t read_fd(void *userdata, void *to, size_t size, contain_error_t **err)
{
        struct source_fd *source = userdata;
        ssize_t n;
        int r;

        if (source->left >= 0 && (uint64_t)source->left < size)
                size = (size_t)source->left;
        if (size == 0)
                return 0;
        do {
                r = source->can_wait ? wait_for_bytes(source) : 0;
                if (r < 0)
                        return fail_wait(source, r, err);
                n = source->offset < 0 ? read(source->fd, to, size)
                                       : pread(source->fd, to, size, source->offset);
        } while (n < 0 && (errno == EINTR || (errno == EAGAIN && source->can_wait)));
        if (n < 0)
                return ct_fail(err, CONTAIN_E_SOURCE, errno, NULL, "cannot read '%s'",
                               ct_stream_name(source->stream));
        if (source->offset >= 0)
                source->offset += n;
        if (source->left >= 0)
                source->left -= n;
        return n;
}

int ct_stream_from_fd(int fd, int64_t offset, int64_t size, struct ct_stream **ret, contain_error_t **err)
{
        struct source_fd *source = malloc(sizeof *source);
        struct ct_stream *stream;
        struct stat status;

        if (!source) {
                (void)ct_close(fd);
                return ct_fail_memory(err);
        }
        *source = (struct source_fd){ .fd = fd, .offset = offset, .left = size };
        source->can_wait = offset < 0 && (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode));
        stream = ct_stream_new(read_fd, close_fd, source);
        if (!stream)
                return ct_fail_memory(err);
        source->stream = stream;
        *ret = stream;
        return 0;
}

/* ---- Memory ---- */

struct source_memory {
        const char *next;
        size_t left;
};

static ssize_t read_memory(void *userdata, void *to, size_t size, contain_error_t **err)
{
        struct source_memory *source = userdata;

        (void)err;
        if (size > source->left)
                size = source->left;
        if (size == 0)
                return 0;
        memcpy(to, source->next, size);
        source->next += size;
        source->left -= size;
        return (ssize_t)size;
}

int ct_stream_from_memory(const void *bytes, size_t size, struct ct_stream **ret, contain_error_t **err)
{
        struct source_memory *source = malloc(sizeof *source);
        struct ct_stream *stream;

        if (!source)
                return ct_fail_memory(err);
        *source = (struct source_memory){ .next = bytes, .left = size };
        stream = ct_stream_new(read_memory, free, source);
        if (!stream)
                return ct_fail_memory(err);
        *ret = stream;
        return 0;
}
