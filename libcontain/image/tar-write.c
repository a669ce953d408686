/* SPDX-License-Identifier: MIT */

/* The writer of archives: headers and data, through one buffer, to a descriptor. */

#include "image/tar-write.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "image/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define BLOCK       512
#define BUFFER_SIZE (256 * 1024)

/* What fits into the fields of a ustar header: octal digits, and a NUL or not behind a name. */
#define MAX_NAME 100
#define MAX_ID   07777777
#define MAX_SIZE 077777777777

/* POSIX.1, pax, "ustar Interchange Format". */
struct header {
        char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100];
        char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};

_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

struct ct_tar_writer {
        struct ct_output output;
        struct ct_digester *digester;
        uint64_t written;
        int64_t left;     /* data that the entry still has to get */
        unsigned padding; /* behind it, up to the next block */
        size_t used;
        char buffer[BUFFER_SIZE];
};

int ct_tar_writer_new(int fd, const struct ct_job *job, struct ct_tar_writer **ret, contain_error_t **err)
{
        _cleanup_(ct_tar_writer_freep) struct ct_tar_writer *writer = calloc(1, sizeof *writer);

        if (!writer)
                return ct_fail_memory(err);
        ct_output_init(&writer->output, fd, job);
        writer->digester = ct_digester_new(CT_DIGEST_SHA256);
        if (!writer->digester)
                return ct_fail_memory(err);
        *ret = ct_take(writer);
        return 0;
}

struct ct_tar_writer *ct_tar_writer_free(struct ct_tar_writer *writer)
{
        if (!writer)
                return NULL;
        ct_output_done(&writer->output);
        (void)ct_digester_free(writer->digester);
        free(writer);
        return NULL;
}

static int flush(struct ct_tar_writer *writer, contain_error_t **err)
{
        int r;

        if (writer->used == 0)
                return 0;
        r = ct_output_write(&writer->output, writer->buffer, writer->used);
        if (r == -EPIPE)
                return ct_fail(err, CONTAIN_E_UNPACK, EPIPE, NULL,
                               "whoever reads the archive has gone before its end");
        if (r == -ECANCELED)
                return ct_fail(err, CONTAIN_E_CANCELLED, ECANCELED, NULL,
                               "nobody waits for the archive any more");
        if (r < 0)
                return ct_fail(err, CONTAIN_E_UNPACK, -r, NULL, "cannot write the archive");
        ct_digester_add(writer->digester, writer->buffer, writer->used);
        writer->written += writer->used;
        writer->used = 0;
        return 0;
}

static int put(struct ct_tar_writer *writer, const void *bytes, size_t size, contain_error_t **err)
{
        const char *from = bytes;

        while (size > 0) {
                size_t part = BUFFER_SIZE - writer->used;
                int r;

                if (part > size)
                        part = size;
                memcpy(writer->buffer + writer->used, from, part);
                writer->used += part;
                from += part;
                size -= part;
                if (writer->used < BUFFER_SIZE)
                        continue;
                r = flush(writer, err);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int pad(struct ct_tar_writer *writer, unsigned size, contain_error_t **err)
{
        static const char zeros[BLOCK] = { 0 };

        return put(writer, zeros, size, err);
}

static unsigned padding_of(uint64_t size)
{
        return (unsigned)((BLOCK - size % BLOCK) % BLOCK);
}

/* Octal digits up to the NUL that ends the field; 0 for what a pax record says instead. */
static void set_number(char *field, size_t size, uint64_t value, uint64_t max)
{
        char text[32];

        (void)snprintf(text, sizeof text, "%0*" PRIo64, (int)size - 1, value <= max ? value : 0);
        memcpy(field, text, size - 1);
}

static void set_name(char *field, const char *name, size_t length)
{
        memcpy(field, name, length < MAX_NAME ? length : MAX_NAME);
}

static void set_checksum(struct header *header)
{
        const unsigned char *bytes = (const unsigned char *)header;
        unsigned sum = 0;
        char text[16];

        memset(header->checksum, ' ', sizeof header->checksum);
        for (size_t i = 0; i < sizeof *header; i++)
                sum += bytes[i];
        (void)snprintf(text, sizeof text, "%06o", sum);
        memcpy(header->checksum, text, 7);
}

static void set_common(struct header *header)
{
        memcpy(header->magic, "ustar", 6);
        memcpy(header->version, "00", 2);
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts itself. */
static void add_record(struct ct_buf *records, const char *prefix, const char *key, const void *value,
                       size_t size)
{
        size_t rest = strlen(prefix) + strlen(key) + size + 3, length = rest, before = 0;

        while (length != before) {
                before = length;
                length = rest + (size_t)snprintf(NULL, 0, "%zu", length);
        }
        (void)ct_buf_printf(records, "%zu %s%s=", length, prefix, key);
        (void)ct_buf_append(records, value, size);
        (void)ct_buf_puts(records, "\n");
}

static void add_text(struct ct_buf *records, const char *key, const char *text)
{
        add_record(records, "", key, text, strlen(text));
}

static void add_number(struct ct_buf *records, const char *key, int64_t value)
{
        char text[32];

        (void)snprintf(text, sizeof text, "%" PRId64, value);
        add_text(records, key, text);
}

/* A time before 1970 with a fraction is minus a number of seconds with a fraction. */
static void add_mtime(struct ct_buf *records, int64_t seconds, uint32_t nsec)
{
        bool negative = seconds < 0 && nsec > 0;
        char text[48];
        int length;

        if (nsec == 0) {
                add_number(records, "mtime", seconds);
                return;
        }
        if (negative) {
                seconds = -(seconds + 1);
                nsec = 1000000000 - nsec;
        }
        length = snprintf(text, sizeof text, "%s%" PRId64 ".%09" PRIu32, negative ? "-" : "", seconds, nsec);
        while (text[length - 1] == '0')
                text[--length] = '\0';
        add_text(records, "mtime", text);
}

static bool is_utf8(const char *text)
{
        size_t size = strlen(text);

        while (size > 0) {
                size_t length = ct_utf8_length(text, size);

                if (length == 0)
                        return false;
                text += length;
                size -= length;
        }
        return true;
}

/* What a ustar header cannot say of @entry. */
static void make_records(const struct ct_tar_entry *entry, int64_t stored_size, struct ct_buf *ret)
{
        bool long_path = strlen(entry->path) + S_ISDIR(entry->mode) > MAX_NAME;
        bool long_link = entry->link && strlen(entry->link) > MAX_NAME;

        /* The values of records are UTF-8 unless this one says that they are bytes. */
        if ((long_path || entry->extents ? !is_utf8(entry->path) : false) ||
            (long_link && !is_utf8(entry->link)))
                add_text(ret, "hdrcharset", "BINARY");
        if (long_path && !entry->extents)
                add_record(ret, "", "path", entry->path, strlen(entry->path));
        if (long_link)
                add_text(ret, "linkpath", entry->link);
        if (stored_size > MAX_SIZE)
                add_number(ret, "size", stored_size);
        if (entry->uid > MAX_ID)
                add_number(ret, "uid", entry->uid);
        if (entry->gid > MAX_ID)
                add_number(ret, "gid", entry->gid);
        if (entry->mtime < 0 || entry->mtime > MAX_SIZE || entry->mtime_nsec > 0)
                add_mtime(ret, entry->mtime, entry->mtime_nsec);
        for (size_t i = 0; i < entry->n_xattrs; i++)
                add_record(ret, "SCHILY.xattr.", entry->xattrs[i].name, entry->xattrs[i].value,
                           entry->xattrs[i].size);
        if (entry->extents) {
                add_number(ret, "GNU.sparse.major", 1);
                add_number(ret, "GNU.sparse.minor", 0);
                add_text(ret, "GNU.sparse.name", entry->path);
                add_number(ret, "GNU.sparse.realsize", entry->size);
        }
}

static int put_records(struct ct_tar_writer *writer, const char *path, const struct ct_buf *records,
                       contain_error_t **err)
{
        const char *slash = strrchr(path, '/');
        struct header header = { .type = 'x' };
        char name[MAX_NAME + 1];
        int r;

        (void)snprintf(name, sizeof name, "PaxHeaders/%s", slash ? slash + 1 : path);
        set_name(header.name, name, strlen(name));
        set_common(&header);
        set_number(header.mode, sizeof header.mode, 0644, MAX_ID);
        set_number(header.uid, sizeof header.uid, 0, MAX_ID);
        set_number(header.gid, sizeof header.gid, 0, MAX_ID);
        set_number(header.size, sizeof header.size, records->size, MAX_SIZE);
        set_number(header.mtime, sizeof header.mtime, 0, MAX_SIZE);
        set_checksum(&header);
        r = put(writer, &header, sizeof header, err);
        if (r < 0)
                return r;
        r = put(writer, records->data, records->size, err);
        if (r < 0)
                return r;
        return pad(writer, padding_of(records->size), err);
}

static char type_of(const struct ct_tar_entry *entry)
{
        if (entry->is_hardlink)
                return '1';
        if (S_ISDIR(entry->mode))
                return '5';
        if (S_ISLNK(entry->mode))
                return '2';
        if (S_ISCHR(entry->mode))
                return '3';
        if (S_ISBLK(entry->mode))
                return '4';
        return S_ISFIFO(entry->mode) ? '6' : '0';
}

static int put_header(struct ct_tar_writer *writer, const struct ct_tar_entry *entry, int64_t stored_size,
                      contain_error_t **err)
{
        struct header header = { .type = type_of(entry) };
        char path[MAX_NAME + 16];

        /* As GNU tar does, so that whoever does not know sparse files sees what it is. */
        (void)snprintf(path, sizeof path, "%s%s%s", entry->extents ? "GNUSparseFile.0/" : "", entry->path,
                       S_ISDIR(entry->mode) && !entry->is_hardlink ? "/" : "");
        set_name(header.name, path, strlen(path));
        if (entry->link)
                set_name(header.link, entry->link, strlen(entry->link));
        set_common(&header);
        set_number(header.mode, sizeof header.mode, entry->mode & 07777, MAX_ID);
        set_number(header.uid, sizeof header.uid, entry->uid, MAX_ID);
        set_number(header.gid, sizeof header.gid, entry->gid, MAX_ID);
        set_number(header.size, sizeof header.size, (uint64_t)stored_size, MAX_SIZE);
        set_number(header.mtime, sizeof header.mtime, entry->mtime > 0 ? (uint64_t)entry->mtime : 0,
                   MAX_SIZE);
        set_number(header.major, sizeof header.major, entry->device_major, MAX_ID);
        set_number(header.minor, sizeof header.minor, entry->device_minor, MAX_ID);
        set_checksum(&header);
        return put(writer, &header, sizeof header, err);
}

/* GNU tar's manual, "Storing Sparse Files", version 1.0: the map comes before the data, in whole blocks. */
static void make_map(const struct ct_tar_entry *entry, struct ct_buf *ret)
{
        static const char zeros[BLOCK] = { 0 };
        const struct ct_member_extent *last =
                entry->n_extents > 0 ? &entry->extents[entry->n_extents - 1] : NULL;
        bool ends_in_hole = !last || last->offset + last->size < entry->size;

        (void)ct_buf_printf(ret, "%zu\n", entry->n_extents + (ends_in_hole ? 1 : 0));
        for (size_t i = 0; i < entry->n_extents; i++)
                (void)ct_buf_printf(ret, "%" PRId64 "\n%" PRId64 "\n", entry->extents[i].offset,
                                    entry->extents[i].size);
        if (ends_in_hole)
                (void)ct_buf_printf(ret, "%" PRId64 "\n0\n", entry->size);
        (void)ct_buf_append(ret, zeros, padding_of(ret->size));
}

int ct_tar_writer_entry(struct ct_tar_writer *writer, const struct ct_tar_entry *entry, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf records = CT_BUF_INIT, map = CT_BUF_INIT;
        int64_t stored = 0;
        int r;

        if (S_ISREG(entry->mode) && !entry->is_hardlink)
                stored = entry->size;
        if (entry->extents) {
                make_map(entry, &map);
                stored = (int64_t)map.size;
                for (size_t i = 0; i < entry->n_extents; i++)
                        stored += entry->extents[i].size;
        }
        make_records(entry, stored, &records);
        if (map.failed || records.failed)
                return ct_fail_memory(err);
        if (records.size > 0) {
                r = put_records(writer, entry->path, &records, err);
                if (r < 0)
                        return r;
        }
        r = put_header(writer, entry, stored, err);
        if (r < 0)
                return r;
        writer->left = stored - (int64_t)map.size;
        writer->padding = padding_of((uint64_t)stored);
        return put(writer, map.data, map.size, err);
}

int ct_tar_writer_data(struct ct_tar_writer *writer, const void *bytes, size_t size, contain_error_t **err)
{
        if ((uint64_t)size > (uint64_t)writer->left)
                return ct_fail(err, CONTAIN_E_IMAGE, EBADMSG, NULL,
                               "a file of the image has grown between two looks at it");
        writer->left -= (int64_t)size;
        return put(writer, bytes, size, err);
}

int ct_tar_writer_end_entry(struct ct_tar_writer *writer, contain_error_t **err)
{
        if (writer->left != 0)
                return ct_fail(err, CONTAIN_E_IMAGE, EBADMSG, NULL,
                               "a file of the image has shrunk between two looks at it");
        return pad(writer, writer->padding, err);
}

int ct_tar_writer_finish(struct ct_tar_writer *writer, struct ct_digest *ret_digest, uint64_t *ret_size,
                         contain_error_t **err)
{
        int r;

        for (int i = 0; i < 2; i++) {
                r = pad(writer, BLOCK, err);
                if (r < 0)
                        return r;
        }
        r = flush(writer, err);
        if (r < 0)
                return r;
        ct_digester_end(writer->digester, ret_digest);
        *ret_size = writer->written;
        return 0;
}
