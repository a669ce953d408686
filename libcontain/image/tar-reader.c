/* SPDX-License-Identifier: MIT */

#include "image/tar-reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)128 * 1024)

/*
 * A header with all its extensions: libarchive keeps what it reads of those in memory, so this is how much
 * may be read until something comes out of it.
 */
#define HEADER_MAX ((uint64_t)4 * 1024 * 1024)

struct ct_tar_reader {
        struct archive *archive;
        struct ct_stream *from; /* NULL: @fd */
        int fd;
        int64_t offset;
        char *name;
        uint64_t n_read, n_read_before; /* now, and when something came out the last time */
        contain_error_t *error;         /* of ours, more than libarchive can be told */
        char block[BLOCK_SIZE];
};

static ssize_t read_source(struct ct_tar_reader *reader)
{
        ssize_t n;

        if (reader->from)
                return ct_stream_read(reader->from, reader->block, BLOCK_SIZE, &reader->error);
        do
                n = pread(reader->fd, reader->block, BLOCK_SIZE, reader->offset);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return ct_fail(&reader->error, CONTAIN_E_SOURCE, errno, NULL, "cannot read '%s'",
                               reader->name);
        reader->offset += n;
        return n;
}

static la_ssize_t read_block(struct archive *archive, void *userdata, const void **ret)
{
        struct ct_tar_reader *reader = userdata;
        ssize_t n;

        (void)archive;
        if (reader->n_read - reader->n_read_before > HEADER_MAX) {
                ct_fail(&reader->error, CONTAIN_E_IMAGE, EFBIG, NULL,
                        "the archive '%s' has a header of more than %u bytes", reader->name,
                        (unsigned)HEADER_MAX);
                return -1;
        }
        n = read_source(reader);
        if (n < 0)
                return -1;
        reader->n_read += (uint64_t)n;
        *ret = reader->block;
        return n;
}

static la_int64_t skip_bytes(struct archive *archive, void *userdata, la_int64_t size)
{
        struct ct_tar_reader *reader = userdata;

        (void)archive;
        if (reader->from)
                return 0;
        /* Behind the end the next read says that the archive was cut off. */
        if (size > INT64_MAX - reader->offset)
                return 0;
        reader->offset += size;
        return size;
}

static int fail(struct ct_tar_reader *reader, contain_error_t **err)
{
        const char *why = archive_error_string(reader->archive);
        int r;

        if (reader->error) {
                r = -contain_error_errno(reader->error);
                if (err)
                        *err = ct_take(reader->error);
                return r;
        }
        if (archive_errno(reader->archive) == ENOMEM)
                return ct_fail_memory(err);
        return ct_fail(err, CONTAIN_E_IMAGE, EBADMSG, NULL, "the archive '%s' is damaged: %s", reader->name,
                       why ? why : "it is no tar");
}

struct ct_tar_reader *ct_tar_reader_free(struct ct_tar_reader *reader)
{
        if (!reader)
                return NULL;
        if (reader->archive)
                (void)archive_read_free(reader->archive);
        (void)ct_stream_free(reader->from);
        (void)contain_error_free(reader->error);
        free(reader->name);
        free(reader);
        return NULL;
}

static int open_reader(struct ct_stream *from, int fd, int64_t offset, const char *name,
                       struct ct_tar_reader **ret, contain_error_t **err)
{
        _cleanup_(ct_tar_reader_freep) struct ct_tar_reader *reader = malloc(sizeof *reader);

        if (!reader) {
                (void)ct_stream_free(from);
                return ct_fail_memory(err);
        }
        *reader = (struct ct_tar_reader){ .from = from, .fd = fd, .offset = offset };
        reader->name = strdup(name);
        reader->archive = archive_read_new();
        if (!reader->name || !reader->archive)
                return ct_fail_memory(err);
        if (archive_read_support_format_tar(reader->archive) != ARCHIVE_OK ||
            archive_read_support_format_empty(reader->archive) != ARCHIVE_OK ||
            archive_read_set_skip_callback(reader->archive, skip_bytes) != ARCHIVE_OK ||
            archive_read_open(reader->archive, reader, NULL, read_block, NULL) != ARCHIVE_OK)
                return fail(reader, err);
        *ret = ct_take(reader);
        return 0;
}

int ct_tar_reader_open(int fd, int64_t offset, const char *name, struct ct_tar_reader **ret,
                       contain_error_t **err)
{
        return open_reader(NULL, fd, offset, name, ret, err);
}

int ct_tar_reader_open_stream(struct ct_stream *from, struct ct_tar_reader **ret, contain_error_t **err)
{
        return open_reader(from, -EBADF, 0, ct_stream_name(from), ret, err);
}

int ct_tar_reader_next(struct ct_tar_reader *reader, struct archive_entry **ret, contain_error_t **err)
{
        int r = archive_read_next_header(reader->archive, ret);

        reader->n_read_before = reader->n_read;
        if (r == ARCHIVE_EOF && !reader->error)
                return 0;
        /* It warns of names that are no text in this locale, and keeps them as they are. */
        if ((r != ARCHIVE_OK && r != ARCHIVE_WARN) || reader->error)
                return fail(reader, err);
        return 1;
}

int64_t ct_tar_reader_position(const struct ct_tar_reader *reader)
{
        return archive_read_header_position(reader->archive);
}

ssize_t ct_tar_reader_data(struct ct_tar_reader *reader, void *to, size_t size, contain_error_t **err)
{
        la_ssize_t n = archive_read_data(reader->archive, to, size);

        reader->n_read_before = reader->n_read;
        return n < 0 || reader->error ? fail(reader, err) : n;
}
