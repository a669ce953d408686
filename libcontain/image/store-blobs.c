/* SPDX-License-Identifier: MIT */

/*
 * Blobs: whole and verified, or not there. What is being fetched grows in ingest/, under a lock; it is moved
 * to its place when it is complete, verified and on the disk, and stays for another attempt when the
 * connection breaks.
 */

#include "image/store.h"

#include "base/fds.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { BUFFER = 256 * 1024, MAX_PATH = 160 };

static int fail_blob(const struct ct_store *store, int r, const char *what, const struct ct_digest *digest,
                     contain_error_t **err)
{
        char text[CT_DIGEST_TEXT];

        ct_digest_format(digest, text);
        return ct_fail(err, CONTAIN_E_STORE, -r, NULL, "cannot %s '%s' in the image store '%s'", what, text,
                       store->path);
}

/* "blobs/sha256/HEX" */
static void blob_path(const struct ct_digest *digest, char ret[MAX_PATH])
{
        char text[CT_DIGEST_TEXT];

        ct_digest_format(digest, text);
        (void)snprintf(ret, MAX_PATH, "blobs/%s", text);
        ret[strcspn(ret, ":")] = '/';
}

/* "sha256-HEX" */
static void ingest_name(const struct ct_digest *digest, char ret[MAX_PATH])
{
        char text[CT_DIGEST_TEXT];

        ct_digest_format(digest, text);
        (void)snprintf(ret, MAX_PATH, "%s", text);
        ret[strcspn(ret, ":")] = '-';
}

int ct_store_has_blob(const struct ct_store *store, const struct ct_digest *digest, int64_t size,
                      contain_error_t **err)
{
        struct stat status;
        char path[MAX_PATH];

        blob_path(digest, path);
        if (fstatat(store->fd, path, &status, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : fail_blob(store, -errno, "find", digest, err);
        return S_ISREG(status.st_mode) && (size < 0 || status.st_size == size);
}

int ct_store_open_blob(const struct ct_store *store, const struct ct_digest *digest, int *ret_fd,
                       contain_error_t **err)
{
        char path[MAX_PATH];
        int fd;

        blob_path(digest, path);
        fd = openat(store->fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return fail_blob(store, -errno, "open", digest, err);
        *ret_fd = fd;
        return 0;
}

/* Complete and verified: to the disk, and to its place. */
static int settle(const struct ct_store *store, int fd, const char *ingest, const struct ct_digest *digest,
                  contain_error_t **err)
{
        char path[MAX_PATH], from[MAX_PATH + 8];

        blob_path(digest, path);
        (void)snprintf(from, sizeof(from), "ingest/%s", ingest);
        if (fsync(fd) < 0 || renameat(store->fd, from, store->fd, path) < 0)
                return fail_blob(store, -errno, "keep", digest, err);
        return 0;
}

int ct_store_put_blob(const struct ct_store *store, const void *bytes, size_t size, struct ct_digest *ret,
                      contain_error_t **err)
{
        struct ct_digester *digester = ct_digester_new(CT_DIGEST_SHA256);
        _cleanup_close_ int fd = -EBADF;
        struct ct_digest digest;
        char name[MAX_PATH];
        int r;

        if (!digester)
                return ct_fail_memory(err);
        ct_digester_add(digester, bytes, size);
        ct_digester_end(digester, &digest);
        (void)ct_digester_free(digester);
        if (ret)
                *ret = digest;
        ingest_name(&digest, name);
        r = ct_store_open_ingest(store, name, false, &fd, err);
        if (r < 0)
                return r;
        r = ftruncate(fd, 0) < 0 ? -errno : ct_write_all(fd, bytes, size);
        if (r < 0)
                return fail_blob(store, r, "write", &digest, err);
        return settle(store, fd, name, &digest, err);
}

/* --- fetching --- */

struct fetch {
        const struct ct_store *store;
        struct ct_digester *digester;
        int fd;
        uint64_t offset;
        int64_t size; /* -1 */
        char what[CT_DIGEST_TEXT];
};

static void fetch_done(struct fetch *fetch)
{
        (void)ct_digester_free(fetch->digester);
        (void)ct_close(fetch->fd);
}

static int fetch_reset(struct fetch *fetch, const struct ct_digest *digest, contain_error_t **err)
{
        (void)ct_digester_free(fetch->digester);
        fetch->offset = 0;
        fetch->digester = ct_digester_new(digest->algorithm);
        if (!fetch->digester)
                return ct_fail_memory(err);
        if (ftruncate(fetch->fd, 0) < 0 || lseek(fetch->fd, 0, SEEK_SET) < 0)
                return fail_blob(fetch->store, -errno, "write", digest, err);
        return 0;
}

/* Of all blobs together, by whichever threads. */
static int fetch_count(const struct ct_store *store, uint64_t n, contain_error_t **err)
{
        if (store->fetch_bytes_max == 0 ||
            atomic_fetch_add(store->fetched_bytes, n) + n <= store->fetch_bytes_max)
                return 0;
        return ct_fail(err, CONTAIN_E_SIZE, EFBIG, NULL,
                       "the image's blobs have more than the %llu bytes that may be kept",
                       (unsigned long long)store->fetch_bytes_max);
}

/* Reads again what an earlier attempt left, for the digest. */
static int fetch_take_up(struct fetch *fetch, const struct ct_digest *digest, contain_error_t **err)
{
        _cleanup_free_ char *part = malloc(BUFFER);
        ssize_t n;

        if (!part)
                return ct_fail_memory(err);
        while ((n = read(fetch->fd, part, BUFFER)) > 0) {
                ct_digester_add(fetch->digester, part, (size_t)n);
                fetch->offset += (uint64_t)n;
        }
        if (n < 0)
                return fail_blob(fetch->store, -errno, "read", digest, err);
        /* As much as there may be, or more: that is no beginning. */
        if (fetch->size < 0 || fetch->offset >= (uint64_t)fetch->size)
                return fetch_reset(fetch, digest, err);
        return fetch_count(fetch->store, fetch->offset, err);
}

static int fetch_all(struct fetch *fetch, struct ct_stream *from, const struct ct_digest *digest,
                     contain_error_t **err)
{
        _cleanup_free_ char *part = malloc(BUFFER);
        ssize_t n;
        int r;

        if (!part)
                return ct_fail_memory(err);
        while ((n = ct_stream_read(from, part, BUFFER, err)) > 0) {
                fetch->offset += (uint64_t)n;
                if (fetch->size >= 0 && fetch->offset > (uint64_t)fetch->size)
                        return ct_fail(err, CONTAIN_E_DIGEST, EBADMSG, NULL,
                                       "blob '%s' is longer than its %lld bytes", fetch->what,
                                       (long long)fetch->size);
                r = fetch_count(fetch->store, (uint64_t)n, err);
                if (r < 0)
                        return r;
                ct_digester_add(fetch->digester, part, (size_t)n);
                r = ct_write_all(fetch->fd, part, (size_t)n);
                if (r < 0)
                        return fail_blob(fetch->store, r, "write", digest, err);
                ct_job_progress(fetch->store->job, "fetch", fetch->what, fetch->offset,
                                fetch->size > 0 ? (uint64_t)fetch->size : 0);
                if (ct_job_is_cancelled(fetch->store->job) || atomic_load(&fetch->store->give_up))
                        return ct_fail(err, CONTAIN_E_CANCELLED, ECANCELED, NULL, "cancelled");
        }
        return (int)n;
}

static int fetch_check(struct fetch *fetch, const struct ct_digest *wanted, contain_error_t **err)
{
        struct ct_digest found;
        char text[CT_DIGEST_TEXT];

        if (fetch->size >= 0 && fetch->offset != (uint64_t)fetch->size)
                return ct_fail(err, CONTAIN_E_DIGEST, EBADMSG, NULL,
                               "blob '%s' has %llu bytes instead of %lld", fetch->what,
                               (unsigned long long)fetch->offset, (long long)fetch->size);
        ct_digester_end(fetch->digester, &found);
        ct_digest_format(&found, text);
        if (!ct_digest_equal(&found, wanted))
                return ct_fail(err, CONTAIN_E_DIGEST, EBADMSG, NULL,
                               "what is sent as blob '%s' has the digest '%s'", fetch->what, text);
        return 0;
}

/* Opens the file to write to: 1; 0 when the blob is there already, perhaps by whoever had the file's lock. */
static int fetch_begin(struct fetch *fetch, const char *name, const struct ct_digest *digest,
                       contain_error_t **err)
{
        char path[MAX_PATH + 8];
        int r;

        ct_digest_format(digest, fetch->what);
        r = ct_store_has_blob(fetch->store, digest, fetch->size, err);
        if (r != 0)
                return r < 0 ? r : 0;
        r = ct_store_open_ingest(fetch->store, name, false, &fetch->fd, err);
        if (r < 0)
                return r;
        r = ct_store_has_blob(fetch->store, digest, fetch->size, err);
        if (r > 0) {
                (void)snprintf(path, sizeof(path), "ingest/%s", name);
                (void)unlinkat(fetch->store->fd, path, 0);
                fetch->fd = ct_close(fetch->fd);
                return 0;
        }
        fetch->digester = ct_digester_new(digest->algorithm);
        if (!fetch->digester)
                return ct_fail_memory(err);
        return r < 0 ? r : 1;
}

/* The rest of it, from where an earlier attempt ended if the source can. */
static int fetch_open(struct fetch *fetch, struct ct_source *source, const struct ct_descriptor *blob,
                      struct ct_stream **ret, contain_error_t **err)
{
        int r = source->type->blob_from ? fetch_take_up(fetch, &blob->digest, err)
                                        : fetch_reset(fetch, &blob->digest, err);

        if (r < 0)
                return r;
        if (source->type->blob_from)
                return source->type->blob_from(source, blob, fetch->offset, ret, err);
        return source->type->blob(source, blob, ret, err);
}

static int fetch_finish(struct fetch *fetch, struct ct_stream *stream, const char *name,
                        const struct ct_digest *digest, contain_error_t **err)
{
        int r;

        r = fetch_all(fetch, stream, digest, err);
        if (r < 0)
                return r;
        r = fetch_check(fetch, digest, err);
        if (r < 0) {
                /* What is wrong is no beginning for the next attempt. */
                (void)ftruncate(fetch->fd, 0);
                return r;
        }
        return settle(fetch->store, fetch->fd, name, digest, err);
}

int ct_store_fetch_blob(const struct ct_store *store, struct ct_source *source,
                        const struct ct_descriptor *blob, contain_error_t **err)
{
        _cleanup_(fetch_done) struct fetch fetch = { .store = store, .fd = -EBADF, .size = blob->size };
        _cleanup_(ct_stream_freep) struct ct_stream *stream = NULL;
        char name[MAX_PATH];
        int r;

        ingest_name(&blob->digest, name);
        r = fetch_begin(&fetch, name, &blob->digest, err);
        if (r <= 0)
                return r;
        r = fetch_open(&fetch, source, blob, &stream, err);
        return r < 0 ? r : fetch_finish(&fetch, stream, name, &blob->digest, err);
}

int ct_store_fetch_layer(const struct ct_store *store, struct ct_source *source, const struct ct_layer *layer,
                         int64_t *ret_size, contain_error_t **err)
{
        _cleanup_(fetch_done) struct fetch fetch = { .store = store, .fd = -EBADF, .size = -1 };
        _cleanup_(ct_stream_freep) struct ct_stream *stream = NULL;
        char name[MAX_PATH], path[MAX_PATH];
        struct stat status;
        int r;

        ingest_name(&layer->diff_id, name);
        r = fetch_begin(&fetch, name, &layer->diff_id, err);
        if (r > 0)
                r = fetch_reset(&fetch, &layer->diff_id, err);
        if (r == 0 && fetch.fd >= 0)
                r = ct_source_layer(source, layer, &stream, err);
        if (r == 0 && stream)
                r = fetch_finish(&fetch, stream, name, &layer->diff_id, err);
        if (r < 0)
                return r;
        blob_path(&layer->diff_id, path);
        if (fstatat(store->fd, path, &status, AT_SYMLINK_NOFOLLOW) < 0)
                return fail_blob(store, -errno, "find", &layer->diff_id, err);
        *ret_size = status.st_size;
        return 0;
}
