/* SPDX-License-Identifier: MIT */

/*
 * What nobody needs any more. All names and all containers are read first; when one of them cannot be
 * understood, nothing is removed of what they might need. Alone with the store: who adds or uses holds its
 * lock meanwhile.
 */

#include "image/store.h"
#include "image/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Names to keep: "sha256:HEX" of blobs, "sha256-HEX" of layers. */
struct keep {
        struct ct_arena *arena;
        const char **names;
        size_t n, room;
};

static DIR *folder_free(DIR *folder)
{
        if (folder)
                (void)closedir(folder);
        return NULL;
}

CT_CLEANUP(DIR, folder_free)

static int keep_name(struct keep *keep, const char *name)
{
        if (keep->n == keep->room) {
                size_t room = keep->room ? keep->room * 2 : 64;
                const char **longer = ct_arena_array(keep->arena, room, sizeof(*longer));

                if (!longer)
                        return -ENOMEM;
                if (keep->n > 0)
                        memcpy(longer, keep->names, keep->n * sizeof(*longer));
                keep->names = longer;
                keep->room = room;
        }
        keep->names[keep->n] = ct_arena_strdup(keep->arena, name);
        return keep->names[keep->n++] ? 0 : -ENOMEM;
}

static int keep_digest(struct keep *keep, const struct ct_digest *digest)
{
        char text[CT_DIGEST_TEXT];

        ct_digest_format(digest, text);
        return keep_name(keep, text);
}

static int compare(const void *a, const void *b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_kept(const struct keep *keep, const char *name)
{
        return keep->n > 0 && bsearch(&name, keep->names, keep->n, sizeof(*keep->names), compare);
}

/* --- what is needed --- */

static int keep_image(const struct ct_store *store, const struct ct_descriptor *manifest, struct keep *keep,
                      contain_error_t **err)
{
        _cleanup_(ct_source_freep) struct ct_source *source = NULL;
        struct ct_image image = { 0 };
        const char **chain = NULL;
        int r;

        r = ct_store_open_image(store, manifest, "", &image, err);
        if (r < 0)
                return r;
        source = image.source;
        r = ct_store_chain(store, &image, &chain, err);
        if (r < 0)
                return r;
        r = keep_digest(keep, &manifest->digest);
        if (r >= 0)
                r = keep_digest(keep, &image.manifest.digest); /* another one where the first is an index */
        if (r >= 0)
                r = keep_digest(keep, &image.config.digest);
        for (size_t i = 0; i < image.n_layers && r >= 0; i++) {
                r = keep_digest(keep, &image.layers[i].blob.digest);
                if (r >= 0)
                        r = keep_name(keep, chain[i]);
        }
        return r < 0 ? ct_fail_memory(err) : 0;
}

static int keep_container(const struct ct_store_container *container, struct keep *keep,
                          contain_error_t **err)
{
        for (char **layer = container->chain; *layer; layer++)
                if (keep_name(keep, *layer) < 0)
                        return ct_fail_memory(err);
        return 0;
}

static int mark(const struct ct_store *store, bool dry_run, struct keep *keep, uint64_t *ret_left,
                contain_error_t **err)
{
        struct ct_store_container *containers;
        struct ct_store_name *names;
        size_t n;
        int r;

        r = ct_store_names(store, &names, &n, err);
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = keep_image(store, &names[i].manifest, keep, err);
        if (r >= 0)
                r = ct_store_containers(store, &containers, &n, err);
        for (size_t i = 0; r >= 0 && i < n; i++) {
                r = ct_store_release_left(store, &containers[i], dry_run, err);
                if (r > 0)
                        (*ret_left)++;
                else if (r == 0)
                        r = keep_container(&containers[i], keep, err);
        }
        if (r >= 0 && keep->n > 0)
                qsort(keep->names, keep->n, sizeof(*keep->names), compare);
        return r;
}

/* --- removing the rest --- */

/* Bytes on the disk of all that is in @name, counted without crossing mounts. */
static uint64_t measure(int dir_fd, const char *name, dev_t device, unsigned depth)
{
        _cleanup_(folder_freep) DIR *folder = NULL;
        struct dirent *entry;
        struct stat status;
        uint64_t bytes;
        int fd;

        if (fstatat(dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
                return 0;
        bytes = (uint64_t)status.st_blocks * 512;
        if (!S_ISDIR(status.st_mode) || status.st_dev != device || depth == 0)
                return bytes;
        fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        folder = fd < 0 ? NULL : fdopendir(fd);
        if (!folder) {
                (void)ct_close(fd);
                return bytes;
        }
        while ((entry = readdir(folder)))
                if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                        bytes += measure(fd, entry->d_name, device, depth - 1);
        return bytes;
}

struct sweep {
        const struct ct_store *store;
        const struct keep *keep;
        struct ct_store_garbage *garbage;
        bool dry_run;
};

/* @prefix before the name of a file makes the name it is kept by. */
static int sweep_folder(const struct sweep *sweep, const char *path, const char *prefix, uint64_t *count,
                        contain_error_t **err)
{
        enum { DEPTH = 200 };
        _cleanup_(folder_freep) DIR *folder = NULL;
        struct dirent *entry;
        struct stat status;
        int fd, r = 0;

        fd = openat(sweep->store->fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        folder = fd < 0 ? NULL : fdopendir(fd);
        if (!folder) {
                r = -errno;
                (void)ct_close(fd);
                return r == -ENOENT ? 0
                                    : ct_fail(err, CONTAIN_E_STORE, -r, NULL, "cannot list '%s/%s'",
                                              sweep->store->path, path);
        }
        if (fstat(fd, &status) < 0)
                return ct_fail(err, CONTAIN_E_STORE, errno, NULL, "cannot list '%s/%s'", sweep->store->path,
                               path);
        while (r >= 0 && (entry = readdir(folder))) {
                char name[sizeof(entry->d_name) + 16];

                (void)snprintf(name, sizeof(name), "%s%s", prefix, entry->d_name);
                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                    is_kept(sweep->keep, name))
                        continue;
                (*count)++;
                sweep->garbage->bytes += measure(fd, entry->d_name, status.st_dev, DEPTH);
                if (!sweep->dry_run)
                        r = ct_tree_remove(fd, entry->d_name);
                if (r < 0)
                        return ct_fail(err, CONTAIN_E_STORE, -r, NULL, "cannot remove '%s/%s/%s'",
                                       sweep->store->path, path, entry->d_name);
                ct_job_progress(sweep->store->job, "remove", entry->d_name, 0, 0);
                if (ct_job_is_cancelled(sweep->store->job))
                        return ct_fail(err, CONTAIN_E_CANCELLED, ECANCELED, NULL, "cancelled");
        }
        return r;
}

int ct_store_collect(const struct ct_store *store, bool dry_run, struct ct_store_garbage *ret,
                     contain_error_t **err)
{
        struct ct_store_garbage garbage = { 0 };
        struct keep keep = { .arena = store->arena };
        const struct sweep sweep = { store, &keep, &garbage, dry_run };
        int r;

        r = mark(store, dry_run, &keep, &garbage.containers, err);
        /* Layers first: a blob makes a layer again, not the other way round. */
        if (r >= 0)
                r = sweep_folder(&sweep, "layers", "", &garbage.layers, err);
        if (r >= 0)
                r = sweep_folder(&sweep, "ingest", "", &garbage.partial, err);
        if (r >= 0)
                r = sweep_folder(&sweep, "blobs/sha256", "sha256:", &garbage.blobs, err);
        if (r >= 0)
                r = sweep_folder(&sweep, "blobs/sha512", "sha512:", &garbage.blobs, err);
        if (r < 0)
                return r;
        *ret = garbage;
        return 0;
}
