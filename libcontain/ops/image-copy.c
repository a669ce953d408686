/* SPDX-License-Identifier: MIT */

/* Copies of images, and their end: see ops/image-copy.h. Trees of strangers are removed by contain-image. */

#include "ops/image-copy.h"

#include "base/claim.h"
#include "base/fds.h"
#include "ops/image-store.h"
#include "ops/image-userns.h"
#include "ops/image.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define STORE_LINK "store"

/* --- where they are ---------------------------------------------------------------------------- */

/* Where data of a user's is kept, if nothing else is said. */
static char *default_storage(void)
{
        const char *home = secure_getenv("HOME"), *data = secure_getenv("XDG_DATA_HOME");
        char *path = NULL;
        int n;

        if (geteuid() == 0)
                return strdup("/var/lib/contain/copies");
        if (data && data[0] == '/')
                n = asprintf(&path, "%s/contain/copies", data);
        else if (home && home[0] == '/')
                n = asprintf(&path, "%s/.local/share/contain/copies", home);
        else
                n = asprintf(&path, "/var/tmp/contain-%u/copies", (unsigned)geteuid());
        return n < 0 ? NULL : path;
}

/* --- removing ------------------------------------------------------------------------------------- */

/* What is in a content store has been noted there, and is kept until it is let go of. */
static int release_layers(struct contain_ctx *ctx, int storage_fd, const char *name, contain_error_t **err)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_close_ int fd = openat(storage_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        contain_image_options_t options = { .size = sizeof(options) };
        char store[PATH_MAX];
        ssize_t n = fd < 0 ? -1 : readlinkat(fd, STORE_LINK, store, sizeof(store) - 1);
        int r;

        if (n < 0)
                return 0;
        store[n] = '\0';
        options.store = store;
        r = ct_op_image_store_release(ctx, name, &options, &error);
        if (r >= 0 || r == -ENOENT)
                return 0;
        if (err)
                *err = ct_take(error);
        return r;
}

static int remove_at(struct contain_ctx *ctx, int storage_fd, const char *name, contain_error_t **err)
{
        static const contain_image_options_t options = { .size = sizeof(options) };
        _cleanup_(ct_image_request_done) struct ct_image_request request;
        _cleanup_(ct_image_ids_done) struct ct_image_ids ids = { .userns_fd = -EBADF };
        _cleanup_free_ char *result = NULL;
        int r;

        r = release_layers(ctx, storage_fd, name, err);
        if (r >= 0)
                r = ct_image_ids_open(ctx, false, &ids, err);
        if (r < 0)
                return r;
        ct_image_request_begin(&request, "discard", &options);
        ct_image_request_fd(&request, "folder", storage_fd);
        ct_image_request_string(&request, "name", name);
        ct_image_request_fd(&request, "asRoot", ids.userns_fd);
        return ct_image_request_run(&request, ctx, &result, NULL, err);
}

/*
 * A record is a file, and may be another user's: what it names has to say for itself that it is this
 * container's copy. By the text of its link, or by where that leads: the state root may have two names.
 */
static bool is_copy_of(struct contain *c, int storage_fd, const char *name)
{
        _cleanup_close_ int fd = openat(storage_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        char link[PATH_MAX], path[PATH_MAX];
        ssize_t n = fd < 0 ? -1 : readlinkat(fd, CT_CLAIM_LINK, link, sizeof(link) - 1);
        struct stat led_to, own;

        if (n < 0 || snprintf(path, sizeof(path), "%s/%s", c->ctx->state_root, c->id) >= (int)sizeof(path))
                return false;
        link[n] = '\0';
        return strcmp(link, path) == 0 ||
               (stat(path, &own) == 0 && fstatat(fd, CT_CLAIM_LINK, &led_to, 0) == 0 &&
                own.st_dev == led_to.st_dev && own.st_ino == led_to.st_ino);
}

int ct_image_copy_remove(struct contain *c, const char *path, contain_error_t **err)
{
        _cleanup_free_ char *storage = strdup(path);
        _cleanup_close_ int fd = -EBADF;
        char *slash = storage ? strrchr(storage, '/') : NULL;

        if (!storage)
                return ct_fail_memory(err);
        if (!slash || slash == storage)
                return ct_fail(err, CONTAIN_E_STATE, EBADMSG, NULL, "'%s' is no copy of an image", path);
        *slash = '\0';
        fd = open(storage, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT)
                return 0;
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_STATE, errno, NULL, "cannot open '%s'", storage);
        if (faccessat(fd, slash + 1, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
                return 0;
        /* It may be half removed, after a crash: then it goes with the next copy that is made there. */
        if (!is_copy_of(c, fd, slash + 1)) {
                ct_log(c->ctx, CONTAIN_LOG_WARNING,
                       "%s: '%s' does not say that it is its copy of an image, and is left", c->id, path);
                return 0;
        }
        return remove_at(c->ctx, fd, slash + 1, err);
}

static void sweep(struct contain_ctx *ctx, int storage_fd)
{
        int fd = openat(storage_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *folder = fd < 0 ? NULL : fdopendir(fd);
        struct dirent *entry;

        if (!folder)
                ct_close(fd);
        while (folder && (entry = readdir(folder))) {
                _cleanup_close_ int held = -EBADF;
                contain_error_t *error = NULL;

                if (entry->d_name[0] != '.' && ct_claim_is_left(storage_fd, entry->d_name, &held) &&
                    remove_at(ctx, storage_fd, entry->d_name, &error) < 0)
                        ct_log_error(ctx, CONTAIN_LOG_WARNING, entry->d_name, &error);
        }
        if (folder)
                (void)closedir(folder);
}

static int open_usual(void)
{
        _cleanup_free_ char *path = default_storage();

        return path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
}

void ct_image_copy_sweep(struct contain_ctx *ctx)
{
        _cleanup_close_ int fd = open_usual();

        if (fd >= 0)
                sweep(ctx, fd);
}

int ct_image_copy_remove_left(struct contain *c, contain_error_t **err)
{
        _cleanup_close_ int storage_fd = open_usual(), held = -EBADF;
        int r;

        if (storage_fd < 0 || !ct_claim_is_left(storage_fd, c->id, &held) ||
            !is_copy_of(c, storage_fd, c->id))
                return 0;
        r = remove_at(c->ctx, storage_fd, c->id, err);
        return r < 0 ? r : 1;
}

/* --- making ----------------------------------------------------------------------------------------- */

static int open_storage(const char *path, char **ret, contain_error_t **err)
{
        _cleanup_free_ char *usual = path ? NULL : default_storage();
        _cleanup_close_ int fd = -EBADF;
        struct stat status;
        char *absolute;
        int r;

        if (!path && !usual)
                return ct_fail_memory(err);
        path = path ? path : usual;
        r = ct_mkdir_parents(path, 0700);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_UNPACK, -r, NULL, "cannot make the folder '%s'", path);
        absolute = realpath(path, NULL);
        if (absolute)
                fd = open(absolute, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &status) < 0) {
                free(absolute);
                return ct_fail(err, CONTAIN_E_UNPACK, errno, NULL, "cannot open the folder '%s'", path);
        }
        /* Others could change what the container runs, before it does. */
        if (status.st_uid != geteuid() || (status.st_mode & 0022)) {
                free(absolute);
                return ct_fail(err, CONTAIN_E_UNPACK, EPERM, NULL,
                               "the folder '%s' is not the caller's alone to write to", path);
        }
        *ret = absolute;
        return ct_take_fd(&fd);
}

/* Who sweeps may have seen the folder before we held it: then it is gone, and made again. */
#define TRIES 10

static int hold(int storage_fd, const char *name)
{
        _cleanup_close_ int fd = openat(storage_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct stat ours, named;

        if (fd < 0 || flock(fd, LOCK_EX) < 0 || fstat(fd, &ours) < 0 ||
            fstatat(storage_fd, name, &named, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        return ours.st_ino == named.st_ino && ours.st_dev == named.st_dev ? ct_take_fd(&fd) : -ENOENT;
}

static int make_folder(struct contain *c, int storage_fd, contain_error_t **err)
{
        _cleanup_free_ char *state = NULL;
        _cleanup_close_ int fd = -ENOENT;

        if (asprintf(&state, "%s/%s", c->ctx->state_root, c->id) < 0) {
                state = NULL;
                return ct_fail_memory(err);
        }
        for (int i = 0; i < TRIES && fd == -ENOENT; i++) {
                if (mkdirat(storage_fd, c->id, 0711) < 0)
                        return ct_fail(err, errno == EEXIST ? CONTAIN_E_EXISTS : CONTAIN_E_UNPACK, errno,
                                       NULL, "cannot make a folder for a copy of the image for '%s'", c->id);
                fd = hold(storage_fd, c->id);
        }
        if (fd < 0 || symlinkat(state, fd, CT_CLAIM_LINK) < 0)
                return ct_fail(err, CONTAIN_E_UNPACK, fd < 0 ? -fd : errno, NULL,
                               "cannot hold the folder for a copy of the image for '%s'", c->id);
        return ct_take_fd(&fd);
}

int ct_image_copy_make(struct contain *c, const char *storage, contain_error_t **err)
{
        _cleanup_free_ char *absolute = NULL, *path = NULL;
        _cleanup_close_ int storage_fd = -EBADF;
        int fd;

        storage_fd = open_storage(storage, &absolute, err);
        if (storage_fd < 0)
                return storage_fd;
        sweep(c->ctx, storage_fd);
        if (asprintf(&path, "%s/%s", absolute, c->id) < 0) {
                path = NULL;
                return ct_fail_memory(err);
        }
        fd = make_folder(c, storage_fd, err);
        if (fd < 0)
                return fd;
        c->copy.fd = ct_high_fd(fd);
        c->copy.path = ct_take(path);
        return 0;
}

void ct_image_copy_forget(struct contain *c)
{
        /* Another thread's fork may hold a copy of the descriptor, and the lock with it. */
        if (c->copy.fd >= 0)
                (void)flock(c->copy.fd, LOCK_UN);
        c->copy.fd = ct_close(c->copy.fd);
        free(c->copy.path);
        c->copy.path = NULL;
        c->copy.mounted = false;
}

int ct_image_copy_in_store(struct contain *c, const char *store, contain_error_t **err)
{
        _cleanup_free_ char *here = store[0] == '/' ? NULL : realpath(".", NULL), *path = NULL;

        if (asprintf(&path, "%s%s%s", here ? here : "", here ? "/" : "", store) < 0) {
                path = NULL;
                return ct_fail_memory(err);
        }
        if (symlinkat(path, c->copy.fd, STORE_LINK) < 0)
                return ct_fail(err, CONTAIN_E_UNPACK, errno, NULL, "cannot note the content store '%s'",
                               path);
        c->copy.mounted = true;
        return 0;
}

void ct_image_copy_not_in_store(struct contain *c)
{
        (void)unlinkat(c->copy.fd, STORE_LINK, 0);
        c->copy.mounted = false;
}

void ct_image_copy_commit(struct contain *c)
{
        /* An ephemeral one has no folder that would tell that it is there: it is held to its end. */
        if (!ct_is_ephemeral(c))
                ct_image_copy_forget(c);
}

void ct_image_copy_drop(struct contain *c)
{
        contain_error_t *error = NULL;

        if (!c->copy.path)
                return;
        if (c->copy.mounted)
                c->rootfs_fd = ct_close(c->rootfs_fd);
        if (c->maker == getpid() && ct_image_copy_remove(c, c->copy.path, &error) < 0)
                ct_log_error(c->ctx, CONTAIN_LOG_WARNING, c->id, &error);
        ct_image_copy_forget(c);
}
