/* SPDX-License-Identifier: MIT */

/* The store's folder and its locks. */

#include "image/store.h"

#include "base/fds.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

enum { LOCK_MSEC = 100 };

#define LAYOUT "{\"imageLayoutVersion\":\"1.0.0\"}"

static int fail_store(const struct ct_store *store, int r, const char *what, contain_error_t **err)
{
        return ct_fail(err, CONTAIN_E_STORE, -r, NULL, "cannot %s the image store '%s'", what, store->path);
}

/* The store of root, or of a user. */
static const char *default_path(struct ct_arena *arena)
{
        const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

        if (geteuid() == 0)
                return "/var/lib/contain";
        if (data && data[0] == '/')
                return ct_arena_printf(arena, "%s/contain", data);
        return ct_arena_printf(arena, "%s/.local/share/contain", home && home[0] == '/' ? home : "/");
}

/* There may be programs with set-user-ID bits and devices in the layers: nobody else may enter. */
static int open_folder(struct ct_store *store, contain_error_t **err)
{
        struct stat status;
        int r;

        r = ct_mkdir_parents(store->path, 0700);
        if (r < 0)
                return fail_store(store, r, "make", err);
        store->fd = open(store->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (store->fd < 0 || fstat(store->fd, &status) < 0)
                return fail_store(store, -errno, "open", err);
        if (status.st_uid != geteuid() || (status.st_mode & 022))
                return ct_fail(err, CONTAIN_E_STORE, EPERM, NULL,
                               "others could write to the image store '%s'", store->path);
        if (fchmod(store->fd, 0700) < 0)
                return fail_store(store, -errno, "close to others", err);
        return 0;
}

static int make_contents(struct ct_store *store, contain_error_t **err)
{
        static const char *const folders[] = { "blobs",  "blobs/sha256", "blobs/sha512", "ingest",
                                               "layers", "containers",   "mnt" };
        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
                if (mkdirat(store->fd, folders[i], 0700) < 0 && errno != EEXIST)
                        return fail_store(store, -errno, "make", err);
        if (faccessat(store->fd, "oci-layout", F_OK, 0) == 0)
                return 0;
        return ct_store_write_file(store, store->fd, "oci-layout", LAYOUT, strlen(LAYOUT), err);
}

int ct_store_wait_lock(const struct ct_store *store, int fd, int operation)
{
        while (flock(fd, operation | LOCK_NB) < 0) {
                if (errno != EWOULDBLOCK && errno != EINTR)
                        return -errno;
                if (ct_job_is_cancelled(store->job))
                        return -ECANCELED;
                (void)poll(NULL, 0, LOCK_MSEC);
        }
        return 0;
}

int ct_store_open(struct ct_job *job, const char *path, enum ct_store_lock lock, struct ct_store **ret,
                  contain_error_t **err)
{
        _cleanup_(ct_store_freep) struct ct_store *store = calloc(1, sizeof(*store));
        int r;

        if (!store)
                return ct_fail_memory(err);
        store->fd = store->lock_fd = -EBADF;
        store->arena = job->arena;
        store->job = job;
        store->path = path ? ct_arena_strdup(job->arena, path) : default_path(job->arena);
        store->fetched_bytes = ct_arena_alloc(job->arena, sizeof(*store->fetched_bytes));
        if (!store->path || !store->fetched_bytes)
                return ct_fail_memory(err);
        r = open_folder(store, err);
        if (r < 0)
                return r;
        store->lock_fd = openat(store->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        r = store->lock_fd < 0
                    ? -errno
                    : ct_store_wait_lock(store, store->lock_fd, lock == CT_STORE_ADD ? LOCK_SH : LOCK_EX);
        if (r < 0)
                return fail_store(store, r, "lock", err);
        r = make_contents(store, err);
        if (r < 0)
                return r;
        *ret = ct_take(store);
        return 0;
}

struct ct_store *ct_store_free(struct ct_store *store)
{
        if (store) {
                (void)ct_close(store->lock_fd);
                (void)ct_close(store->fd);
                free(store);
        }
        return NULL;
}

/* Who had it may have moved it to its place meanwhile: what was locked has to be what the name leads to. */
static int lock_if_there(const struct ct_store *store, int fd, const char *path)
{
        struct stat locked, named;
        int r;

        r = ct_store_wait_lock(store, fd, LOCK_EX);
        if (r < 0)
                return r;
        if (fstat(fd, &locked) < 0)
                return -errno;
        if (fstatat(store->fd, path, &named, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : -errno;
        return locked.st_ino == named.st_ino && locked.st_dev == named.st_dev;
}

int ct_store_open_ingest(const struct ct_store *store, const char *name, bool folder, int *ret_fd,
                         contain_error_t **err)
{
        char path[CT_STORE_PATH];
        int r;

        (void)snprintf(path, sizeof(path), "ingest/%s", name);
        for (;;) {
                _cleanup_close_ int fd = -EBADF;

                if (folder && mkdirat(store->fd, path, 0700) < 0 && errno != EEXIST)
                        return fail_store(store, -errno, "write to", err);
                fd = openat(store->fd, path,
                            folder ? O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
                                   : O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                            0600);
                if (fd < 0 && errno == ENOENT)
                        continue;
                r = fd < 0 ? -errno : lock_if_there(store, fd, path);
                if (r < 0)
                        return fail_store(store, r, "lock a part of", err);
                if (r > 0) {
                        *ret_fd = ct_take_fd(&fd);
                        return 0;
                }
        }
}

const char *ct_store_ingest_path(const struct ct_store *store, const char *what)
{
        uint64_t number = 0;

        /* Process ids are not enough: users of one store may be in several pid namespaces. */
        if (getrandom(&number, sizeof(number), 0) < 0)
                return NULL;
        return ct_arena_printf(store->arena, "ingest/%s.%016llx", what, (unsigned long long)number);
}

int ct_store_write_file(const struct ct_store *store, int dir_fd, const char *name, const void *bytes,
                        size_t size, contain_error_t **err)
{
        char temporary[CT_STORE_PATH];
        _cleanup_close_ int fd = -EBADF;
        int r;

        (void)snprintf(temporary, sizeof(temporary), ".%s.%d", name, (int)getpid());
        fd = openat(dir_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
        r = fd < 0 ? -errno : ct_write_all(fd, bytes, size);
        if (r >= 0 && (fsync(fd) < 0 || renameat(dir_fd, temporary, dir_fd, name) < 0 || fsync(dir_fd) < 0))
                r = -errno;
        if (r < 0) {
                (void)unlinkat(dir_fd, temporary, 0);
                return fail_store(store, r, "write to", err);
        }
        return 0;
}
