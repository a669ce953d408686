/* SPDX-License-Identifier: MIT */

/* Members of a tar: what libarchive reads, checked. */

#include "image/layer-reader.h"

#include "image/tar-acl.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>
#include <sys/sysmacros.h>

/*
 * A header with all its extensions, or a map of holes: libarchive keeps what it reads of those in memory, so
 * this is how much may be read until something comes out of it.
 */
#define LONGEST_HEADER (4 * 1024 * 1024)

struct ct_layer_reader {
        struct archive *archive;
        struct archive_entry *entry; /* of the member */
        struct ct_member_extent *extents;
        struct ct_stream *stream;
        const struct ct_job *job;
        uint64_t position;
        uint64_t came_out_at;     /* position when libarchive last returned something */
        contain_error_t *failure; /* of the stream, more than libarchive can be told */
        struct ct_member member;
        struct ct_member_xattr xattrs[CT_MEMBER_XATTRS];
        unsigned char access_acl[CT_ACL_SIZE], default_acl[CT_ACL_SIZE];
};

static la_ssize_t read_block(struct archive *archive, void *userdata, const void **ret)
{
        struct ct_layer_reader *reader = userdata;
        ssize_t n;

        (void)archive;
        if (reader->job && ct_job_is_cancelled(reader->job)) {
                ct_fail(&reader->failure, CONTAIN_E_CANCELLED, ECANCELED, NULL, "nobody waits for the image");
                return -1;
        }
        if (reader->position - reader->came_out_at > LONGEST_HEADER) {
                ct_fail(&reader->failure, CONTAIN_E_SIZE, EFBIG, NULL,
                        "the layer has a header of more than %d bytes", LONGEST_HEADER);
                return -1;
        }
        n = ct_stream_next(reader->stream, ret, &reader->failure);
        if (n < 0)
                return -1;
        reader->position += (uint64_t)n;
        return n;
}

struct ct_layer_reader *ct_layer_reader_free(struct ct_layer_reader *reader)
{
        if (!reader)
                return NULL;
        if (reader->archive)
                (void)archive_read_free(reader->archive);
        contain_error_free(reader->failure);
        free(reader->extents);
        free(reader);
        return NULL;
}

/* What libarchive could not do; of the stream, in the stream's words. */
static int fail(struct ct_layer_reader *reader, contain_error_t **err)
{
        const char *why = archive_error_string(reader->archive);
        int r;

        if (reader->failure) {
                r = -contain_error_errno(reader->failure);
                if (err && !*err)
                        *err = ct_take(reader->failure);
                return r;
        }
        if (archive_errno(reader->archive) == ENOMEM)
                return ct_fail_memory(err);
        return ct_fail(err, CONTAIN_E_IMAGE, EBADMSG, NULL, "the layer's archive is damaged: %s",
                       why ? why : "not a tar");
}

int ct_layer_reader_open(struct ct_stream *stream, const struct ct_job *job, struct ct_layer_reader **ret,
                         contain_error_t **err)
{
        _cleanup_(ct_layer_reader_freep) struct ct_layer_reader *reader = NULL;

        reader = calloc(1, sizeof *reader);
        if (!reader)
                return ct_fail_memory(err);
        reader->stream = stream;
        reader->job = job;
        reader->archive = archive_read_new();
        if (!reader->archive)
                return ct_fail_memory(err);
        /* A stream of no bytes at all is a layer without members. */
        if (archive_read_support_format_tar(reader->archive) != ARCHIVE_OK ||
            archive_read_support_format_empty(reader->archive) != ARCHIVE_OK ||
            archive_read_open(reader->archive, reader, NULL, read_block, NULL) != ARCHIVE_OK)
                return fail(reader, err);
        *ret = ct_take(reader);
        return 0;
}

static int fail_name(contain_error_t **err, int r, const char *what, const char *name)
{
        if (r == -ENAMETOOLONG)
                return ct_fail(err, CONTAIN_E_IMAGE, ENAMETOOLONG, NULL,
                               "the layer has a %s of %zu bytes, '%.64s…'", what, strlen(name), name);
        return ct_fail(err, CONTAIN_E_IMAGE, EINVAL, NULL,
                       "the layer has the %s '%s', which is not below its root", what, name);
}

static int read_ids(struct archive_entry *entry, struct ct_member *member, contain_error_t **err)
{
        int64_t uid = archive_entry_uid(entry), gid = archive_entry_gid(entry);

        /* The last one stands for no id at all. */
        if (uid < 0 || gid < 0 || uid >= UINT32_MAX || gid >= UINT32_MAX)
                return ct_fail(err, CONTAIN_E_IMAGE, EINVAL, NULL,
                               "'/%s' is of user %lld and group %lld, which are no ids", member->path.text,
                               (long long)uid, (long long)gid);
        member->uid = (uint32_t)uid;
        member->gid = (uint32_t)gid;
        return 0;
}

static struct timespec time_of(time_t seconds, long nanoseconds)
{
        struct timespec time = { .tv_sec = seconds };

        if (nanoseconds > 0 && nanoseconds < 1000000000)
                time.tv_nsec = nanoseconds;
        return time;
}

static void read_times(struct archive_entry *entry, struct ct_member *member)
{
        member->times[1] = time_of(archive_entry_mtime(entry), archive_entry_mtime_nsec(entry));
        member->times[0] = member->times[1];
        if (archive_entry_atime_is_set(entry))
                member->times[0] = time_of(archive_entry_atime(entry), archive_entry_atime_nsec(entry));
}

static int add_xattr(struct ct_layer_reader *reader, const char *name, const void *value, size_t size,
                     contain_error_t **err)
{
        struct ct_member *member = &reader->member;

        if (!ct_member_xattr_is_wanted(name))
                return 0;
        if (member->n_xattrs == CT_MEMBER_XATTRS)
                return ct_fail(err, CONTAIN_E_SIZE, EFBIG, NULL, "'/%s' has more than %d attributes",
                               member->path.text, CT_MEMBER_XATTRS);
        reader->xattrs[member->n_xattrs++] =
                (struct ct_member_xattr){ .name = name, .value = value, .size = size };
        return 0;
}

static int read_acl(struct ct_layer_reader *reader, struct archive_entry *entry, int type, const char *name,
                    unsigned char list[CT_ACL_SIZE], contain_error_t **err)
{
        int size = ct_tar_acl(entry, type, list);

        if (size < 0)
                return ct_fail(err, CONTAIN_E_IMAGE, -size, NULL,
                               size == -ENOTUNIQ ? "the access list of '/%s' names somebody without a number"
                                                 : "the access list of '/%s' is too long",
                               reader->member.path.text);
        return size > 0 ? add_xattr(reader, name, list, (size_t)size, err) : 0;
}

static int read_xattrs(struct ct_layer_reader *reader, struct archive_entry *entry, contain_error_t **err)
{
        const char *name;
        const void *value;
        size_t size;
        int r = 0;

        (void)archive_entry_xattr_reset(entry);
        while (r == 0 && archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
                r = add_xattr(reader, name, value, size, err);
        if (r == 0)
                r = read_acl(reader, entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, "system.posix_acl_access",
                             reader->access_acl, err);
        if (r == 0 && archive_entry_filetype(entry) == AE_IFDIR)
                r = read_acl(reader, entry, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, "system.posix_acl_default",
                             reader->default_acl, err);
        return r;
}

static int read_link(struct archive_entry *entry, struct ct_member *member, contain_error_t **err)
{
        const char *target = archive_entry_hardlink(entry);
        int r;

        if (!target)
                return 0;
        member->kind = CT_MEMBER_LINK;
        r = ct_member_path_set(&member->target, target);
        if (r == 0 && member->target.length == 0)
                r = -EINVAL;
        return r < 0 ? fail_name(err, r, "link target", target) : 0;
}

static int read_type(struct archive_entry *entry, struct ct_member *member, contain_error_t **err)
{
        member->mode = (mode_t)(archive_entry_filetype(entry) | (archive_entry_perm(entry) & 07777));
        member->rdev =
                makedev((unsigned)archive_entry_rdevmajor(entry), (unsigned)archive_entry_rdevminor(entry));
        member->symlink = archive_entry_symlink(entry);
        member->size = 0;
        if (S_ISREG(member->mode)) {
                int64_t size = archive_entry_size(entry);

                if (size < 0)
                        return ct_fail(err, CONTAIN_E_IMAGE, EINVAL, NULL, "'/%s' has a negative size",
                                       member->path.text);
                member->size = (uint64_t)size;
        }
        if (S_ISLNK(member->mode) && !member->symlink)
                return ct_fail(err, CONTAIN_E_IMAGE, EINVAL, NULL, "'/%s' is a symbolic link to nothing",
                               member->path.text);
        if (S_ISREG(member->mode) || S_ISDIR(member->mode) || S_ISLNK(member->mode) ||
            S_ISCHR(member->mode) || S_ISBLK(member->mode) || S_ISFIFO(member->mode))
                return 0;
        return ct_fail(err, CONTAIN_E_IMAGE, EINVAL, NULL, "'/%s' is of a type that is not known",
                       member->path.text);
}

static int read_member(struct ct_layer_reader *reader, struct archive_entry *entry, contain_error_t **err)
{
        struct ct_member *member = &reader->member;
        const char *name = archive_entry_pathname(entry);
        int r;

        member->kind = CT_MEMBER_NODE;
        member->xattrs = reader->xattrs;
        member->n_xattrs = 0;
        r = name ? ct_member_path_set(&member->path, name) : -EINVAL;
        if (r == 0)
                r = ct_member_find_whiteout(member);
        if (r < 0)
                return fail_name(err, r, "name", name ? name : "");
        read_times(entry, member);
        if (member->kind != CT_MEMBER_NODE)
                return 0;
        r = read_link(entry, member, err);
        if (r < 0 || member->kind != CT_MEMBER_NODE)
                return r;
        r = read_ids(entry, member, err);
        if (r == 0)
                r = read_type(entry, member, err);
        return r < 0 ? r : read_xattrs(reader, entry, err);
}

/* Names that are no text in the C locale stay as they are, which libarchive warns of, and is what is wanted.
 */
static bool is_about_names(struct ct_layer_reader *reader)
{
        const char *warning = archive_error_string(reader->archive);

        return warning && strstr(warning, "can't be converted");
}

int ct_layer_reader_next(struct ct_layer_reader *reader, const struct ct_member **ret, contain_error_t **err)
{
        int r;

        r = archive_read_next_header(reader->archive, &reader->entry);
        reader->came_out_at = reader->position;
        if (r == ARCHIVE_EOF && !reader->failure)
                return 0;
        if ((r != ARCHIVE_OK && !(r == ARCHIVE_WARN && is_about_names(reader))) || reader->failure)
                return fail(reader, err);
        r = read_member(reader, reader->entry, err);
        if (r < 0)
                return r;
        *ret = &reader->member;
        return 1;
}

int ct_layer_reader_data(struct ct_layer_reader *reader, const void **ret, size_t *ret_size,
                         uint64_t *ret_offset, contain_error_t **err)
{
        la_int64_t offset;
        int r;

        r = archive_read_data_block(reader->archive, ret, ret_size, &offset);
        reader->came_out_at = reader->position;
        if (r == ARCHIVE_EOF && !reader->failure)
                return 0;
        if (r != ARCHIVE_OK || reader->failure)
                return fail(reader, err);
        if (offset < 0)
                return ct_fail(err, CONTAIN_E_IMAGE, EINVAL, NULL, "'/%s' has content before its beginning",
                               reader->member.path.text);
        *ret_offset = (uint64_t)offset;
        return 1;
}

int ct_layer_reader_extents(struct ct_layer_reader *reader, const struct ct_member_extent **ret,
                            size_t *ret_n, contain_error_t **err)
{
        int n = archive_entry_sparse_reset(reader->entry);
        size_t used = 0;
        la_int64_t offset, size;

        *ret = NULL;
        *ret_n = 0;
        if (n <= 0 || !S_ISREG(reader->member.mode))
                return 0;
        free(reader->extents);
        reader->extents = calloc((size_t)n, sizeof *reader->extents);
        if (!reader->extents)
                return ct_fail_memory(err);
        while (used < (size_t)n && archive_entry_sparse_next(reader->entry, &offset, &size) == ARCHIVE_OK)
                if (size > 0)
                        reader->extents[used++] = (struct ct_member_extent){ .offset = offset, .size = size };
        *ret = reader->extents;
        *ret_n = used;
        return 0;
}

int ct_layer_reader_rest(struct ct_layer_reader *reader, size_t *ret_size, contain_error_t **err)
{
        const void *block;
        ssize_t n;

        reader->came_out_at = reader->position;
        n = read_block(reader->archive, reader, &block);
        if (n < 0)
                return fail(reader, err);
        *ret_size = (size_t)n;
        return n > 0;
}
