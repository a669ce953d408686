/* SPDX-License-Identifier: MIT */

/*
 * Only where each file's header is gets remembered; whoever reads a file begins there with a reader of his
 * own. Links are followed by name, as docker's archives have one layer under several.
 */

#include "image/tar-index.h"

#include "image/tar-reader.h"

#include <archive_entry.h>
#include <string.h>

/* Archives of images have a few hundred members. */
#define MEMBERS_MAX    100000
#define PATH_BYTES_MAX 4096
#define LINKS_MAX      8

struct member {
        char *path;   /* without "." and empty parts */
        char *target; /* of a link, likewise; NULL for a file */
        int64_t position;
};

struct ct_tar_index {
        int fd;
        char *name;
        struct member *members;
        size_t n, capacity;
};

/*
 * Brings @path, read from the folder of @from (NULL: from the top), into its shortest form: 0, or -EINVAL for
 * one that is too long or leads out of the archive.
 */
static int shorten(const char *from, const char *path, char ret[PATH_BYTES_MAX])
{
        const char *slash = from ? strrchr(from, '/') : NULL;
        size_t length = slash ? (size_t)(slash - from) : 0;

        if (path[0] == '/')
                length = 0;
        memcpy(ret, from ? from : "", length);
        while (*path) {
                size_t size = strcspn(path, "/");

                if (size == 2 && path[0] == '.' && path[1] == '.') {
                        if (length == 0)
                                return -EINVAL;
                        while (length > 0 && ret[--length] != '/')
                                continue;
                } else if (size > 0 && !(size == 1 && path[0] == '.')) {
                        if (length + 1 + size >= PATH_BYTES_MAX)
                                return -EINVAL;
                        if (length > 0)
                                ret[length++] = '/';
                        memcpy(ret + length, path, size);
                        length += size;
                }
                path += size;
                path += *path == '/';
        }
        ret[length] = '\0';
        return length > 0 ? 0 : -EINVAL;
}

struct ct_tar_index *ct_tar_index_free(struct ct_tar_index *index)
{
        size_t i;

        if (!index)
                return NULL;
        for (i = 0; i < index->n; i++) {
                free(index->members[i].path);
                free(index->members[i].target);
        }
        free(index->members);
        free(index->name);
        (void)ct_close(index->fd);
        free(index);
        return NULL;
}

static int grow(struct ct_tar_index *index, contain_error_t **err)
{
        size_t capacity = index->capacity ? index->capacity * 2 : 64;
        struct member *members;

        if (index->n < index->capacity)
                return 0;
        if (index->n >= MEMBERS_MAX)
                return ct_fail(err, CONTAIN_E_IMAGE, EFBIG, NULL, "the archive '%s' has more than %d files",
                               index->name, MEMBERS_MAX);
        members = reallocarray(index->members, capacity, sizeof *members);
        if (!members)
                return ct_fail_memory(err);
        index->members = members;
        index->capacity = capacity;
        return 0;
}

static int add(struct ct_tar_index *index, const char *path, const char *target, int64_t position,
               contain_error_t **err)
{
        struct member *member;
        int r = grow(index, err);

        if (r < 0)
                return r;
        member = &index->members[index->n];
        *member = (struct member){ .path = strdup(path), .position = position };
        if (target)
                member->target = strdup(target);
        index->n++;
        return member->path && (member->target || !target) ? 0 : ct_fail_memory(err);
}

/* What cannot be an image's file is left out: nobody can ask for it. */
static int add_entry(struct ct_tar_index *index, struct archive_entry *entry, int64_t position,
                     contain_error_t **err)
{
        const char *name = archive_entry_pathname(entry), *link = archive_entry_hardlink(entry);
        char path[PATH_BYTES_MAX], target[PATH_BYTES_MAX];

        if (!name || shorten(NULL, name, path) < 0)
                return 0;
        if (link)
                return shorten(NULL, link, target) < 0 ? 0 : add(index, path, target, position, err);
        if (archive_entry_filetype(entry) == AE_IFLNK) {
                link = archive_entry_symlink(entry);
                if (!link || shorten(path, link, target) < 0)
                        return 0;
                return add(index, path, target, position, err);
        }
        return archive_entry_filetype(entry) == AE_IFREG ? add(index, path, NULL, position, err) : 0;
}

int ct_tar_index_open(int fd, const char *name, struct ct_tar_index **ret, contain_error_t **err)
{
        _cleanup_(ct_tar_index_freep) struct ct_tar_index *index = calloc(1, sizeof *index);
        _cleanup_(ct_tar_reader_freep) struct ct_tar_reader *reader = NULL;
        struct archive_entry *entry;
        int r;

        if (!index) {
                (void)ct_close(fd);
                return ct_fail_memory(err);
        }
        index->fd = fd;
        index->name = strdup(name);
        if (!index->name)
                return ct_fail_memory(err);
        r = ct_tar_reader_open(fd, 0, name, &reader, err);
        if (r < 0)
                return r;
        while ((r = ct_tar_reader_next(reader, &entry, err)) > 0) {
                r = add_entry(index, entry, ct_tar_reader_position(reader), err);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;
        *ret = ct_take(index);
        return 0;
}

/* Of several with one name the last, as it would be after unpacking. */
static const struct member *find(const struct ct_tar_index *index, const char *path)
{
        char wanted[PATH_BYTES_MAX];
        int links;

        if (shorten(NULL, path, wanted) < 0)
                return NULL;
        path = wanted;
        for (links = 0; links <= LINKS_MAX; links++) {
                size_t i = index->n;

                while (i > 0 && strcmp(index->members[i - 1].path, path) != 0)
                        i--;
                if (i == 0)
                        return NULL;
                if (!index->members[i - 1].target)
                        return &index->members[i - 1];
                path = index->members[i - 1].target;
        }
        return NULL;
}

bool ct_tar_index_has(const struct ct_tar_index *index, const char *path)
{
        return find(index, path) != NULL;
}

static ssize_t read_member(void *userdata, void *to, size_t size, contain_error_t **err)
{
        return ct_tar_reader_data(userdata, to, size, err);
}

static void close_member(void *userdata)
{
        (void)ct_tar_reader_free(userdata);
}

int ct_tar_index_stream(const struct ct_tar_index *index, const char *path, struct ct_stream **ret,
                        contain_error_t **err)
{
        _cleanup_(ct_tar_reader_freep) struct ct_tar_reader *reader = NULL;
        _cleanup_(ct_stream_freep) struct ct_stream *stream = NULL;
        const struct member *member = find(index, path);
        struct archive_entry *entry;
        int r;

        if (!member)
                return ct_fail(err, CONTAIN_E_SOURCE, ENOENT, NULL, "'%s' has no file '%s'", index->name,
                               path);
        r = ct_tar_reader_open(index->fd, member->position, index->name, &reader, err);
        if (r >= 0)
                r = ct_tar_reader_next(reader, &entry, err);
        if (r < 0)
                return r;
        if (r == 0)
                return ct_fail(err, CONTAIN_E_SOURCE, EBADMSG, NULL, "'%s' has changed while it was read",
                               index->name);
        stream = ct_stream_new(read_member, close_member, ct_take(reader));
        if (!stream || ct_stream_set_name(stream, path) < 0)
                return ct_fail_memory(err);
        *ret = ct_take(stream);
        return 0;
}

int ct_tar_first_name(struct ct_stream *from, char **ret, contain_error_t **err)
{
        _cleanup_(ct_tar_reader_freep) struct ct_tar_reader *reader = NULL;
        char path[PATH_BYTES_MAX] = "", *name;
        struct archive_entry *entry;
        int r;

        r = ct_tar_reader_open_stream(from, &reader, err);
        if (r < 0)
                return r;
        /* "./" has no name of its own. */
        while ((r = ct_tar_reader_next(reader, &entry, err)) > 0) {
                name = (char *)(uintptr_t)archive_entry_pathname(entry);
                if (name && shorten(NULL, name, path) == 0)
                        break;
        }
        if (r < 0)
                return r;
        name = strdup(path);
        if (!name)
                return ct_fail_memory(err);
        *ret = name;
        return 0;
}
