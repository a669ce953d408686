/* SPDX-License-Identifier: MIT */

/*
 * Layers as overlayfs wants them, each in a folder named for all layers up to it: what it is made of does not
 * depend on those below, but who uses one uses those too. Complete and on the disk, or not there.
 */

#include "image/store.h"
#include "image/tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int fail_layer(const struct ct_store *store, int r, const char *name, contain_error_t **err)
{
        return ct_fail(err, CONTAIN_E_STORE, -r, NULL, "cannot keep layer '%s' in the image store '%s'", name,
                       store->path);
}

/* The chain id of the layers up to one (image-spec, config.md, "Layer ChainID"). */
static int next_chain(const struct ct_digest *below, const struct ct_digest *diff_id, struct ct_digest *ret)
{
        char below_text[CT_DIGEST_TEXT], text[CT_DIGEST_TEXT];
        struct ct_digester *digester;

        if (below->algorithm == CT_DIGEST_NONE) {
                *ret = *diff_id;
                return 0;
        }
        digester = ct_digester_new(CT_DIGEST_SHA256);
        if (!digester)
                return -ENOMEM;
        ct_digest_format(below, below_text);
        ct_digest_format(diff_id, text);
        ct_digester_add(digester, below_text, strlen(below_text));
        ct_digester_add(digester, " ", 1);
        ct_digester_add(digester, text, strlen(text));
        ct_digester_end(digester, ret);
        (void)ct_digester_free(digester);
        return 0;
}

int ct_store_chain(const struct ct_store *store, const struct ct_image *image, const char ***ret,
                   contain_error_t **err)
{
        const char **names = ct_arena_array(store->arena, image->n_layers + 1, sizeof(*names));
        struct ct_digest chain = { CT_DIGEST_NONE, { 0 } };

        if (!names)
                return ct_fail_memory(err);
        for (size_t i = 0; i < image->n_layers; i++) {
                char text[CT_DIGEST_TEXT];

                if (next_chain(&chain, &image->layers[i].diff_id, &chain) < 0)
                        return ct_fail_memory(err);
                ct_digest_format(&chain, text);
                text[strcspn(text, ":")] = '-';
                names[i] = ct_arena_strdup(store->arena, text);
                if (!names[i])
                        return ct_fail_memory(err);
        }
        *ret = names;
        return 0;
}

/* A layer that has no entry for the root shows that of those below it. */
static int look_as_below(int root_fd, const struct ct_unpack *how)
{
        struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { 0, 0 } };
        struct stat status;

        if (how->n_lowers == 0)
                return 0;
        if (fstat(how->lower_fds[0], &status) < 0)
                return -errno;
        times[1] = status.st_mtim;
        if (fchown(root_fd, status.st_uid, status.st_gid) < 0 ||
            fchmod(root_fd, status.st_mode & 07777) < 0 || futimens(root_fd, times) < 0)
                return -errno;
        return 0;
}

static int fill(const struct ct_store *store, int folder_fd, struct ct_source *source,
                const struct ct_layer *layer, const struct ct_unpack *how, struct ct_unpack_counts *counts,
                const char *name, contain_error_t **err)
{
        _cleanup_(ct_stream_freep) struct ct_stream *tar = NULL;
        _cleanup_close_ int root_fd = -EBADF;
        int r;

        /* What a killed program left. */
        r = ct_tree_remove(folder_fd, "diff");
        if (r >= 0 && mkdirat(folder_fd, "diff", 0755) < 0)
                r = -errno;
        if (r >= 0)
                root_fd = openat(folder_fd, "diff", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (r >= 0)
                r = root_fd < 0 ? -errno : look_as_below(root_fd, how);
        if (r < 0)
                return fail_layer(store, r, name, err);
        r = ct_source_layer(source, layer, &tar, err);
        if (r >= 0)
                r = ct_unpack_layer(tar, root_fd, how, store->job, counts, err);
        if (r >= 0)
                r = ct_stream_drain(tar, err);
        if (r >= 0 && syncfs(root_fd) < 0)
                r = fail_layer(store, -errno, name, err);
        return r;
}

static int unpack_one(const struct ct_store *store, struct ct_source *source, const struct ct_layer *layer,
                      const struct ct_unpack *how, struct ct_unpack_counts *counts, const char *name,
                      contain_error_t **err)
{
        const char *place = ct_arena_printf(store->arena, "layers/%s", name);
        const char *ingest_name = ct_arena_printf(store->arena, "layer-%s", name);
        const char *ingest = ct_arena_printf(store->arena, "ingest/layer-%s", name);
        struct ct_unpack_counts of_layer = *counts;
        _cleanup_close_ int folder_fd = -EBADF;
        int r;

        if (!place || !ingest || !ingest_name)
                return ct_fail_memory(err);
        if (faccessat(store->fd, place, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
                return ct_store_counts_add(store, name, counts, err);
        r = ct_store_open_ingest(store, ingest_name, true, &folder_fd, err);
        if (r < 0)
                return r;
        if (faccessat(store->fd, place, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
                (void)ct_tree_remove(store->fd, ingest);
                return ct_store_counts_add(store, name, counts, err);
        }
        of_layer.largest_file = of_layer.deepest_path = 0;
        r = fill(store, folder_fd, source, layer, how, &of_layer, name, err);
        of_layer.entries -= counts->entries;
        of_layer.bytes -= counts->bytes;
        if (r >= 0)
                r = ct_store_counts_save(store, folder_fd, &of_layer, err);
        if (r >= 0 && renameat(store->fd, ingest, store->fd, place) < 0)
                r = fail_layer(store, -errno, name, err);
        if (r < 0)
                (void)ct_tree_remove(store->fd, ingest);
        counts->entries += of_layer.entries;
        counts->bytes += of_layer.bytes;
        return r;
}

/* The folders of layers that are there, the highest first. */
struct lowers {
        int *fds; /* of all layers; the last n are open */
        size_t all, n;
};

static void lowers_done(struct lowers *lowers)
{
        while (lowers->n > 0)
                (void)ct_close(lowers->fds[lowers->all - lowers->n--]);
        free(lowers->fds);
}

static int lowers_add(const struct ct_store *store, struct lowers *lowers, const char *name,
                      contain_error_t **err)
{
        const char *path = ct_arena_printf(store->arena, "layers/%s/diff", name);
        int fd;

        if (!path)
                return ct_fail_memory(err);
        fd = openat(store->fd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return fail_layer(store, -errno, name, err);
        lowers->fds[lowers->all - ++lowers->n] = fd;
        return 0;
}

int ct_store_unpack(const struct ct_store *store, const struct ct_image *image, contain_error_t **err)
{
        _cleanup_(lowers_done) struct lowers lowers = { .all = image->n_layers };
        struct ct_unpack_counts counts = { 0 };
        const char **chain = NULL;
        int r;

        lowers.fds = calloc(image->n_layers + 1, sizeof(*lowers.fds));
        if (!lowers.fds)
                return ct_fail_memory(err);
        r = ct_store_chain(store, image, &chain, err);
        for (size_t i = 0; r >= 0 && i < image->n_layers; i++) {
                const struct ct_unpack how = {
                        .limits = store->limits,
                        .whiteouts_as_overlay = true,
                        .lower_fds = lowers.fds + (lowers.all - lowers.n),
                        .n_lowers = lowers.n,
                };

                r = unpack_one(store, image->source, &image->layers[i], &how, &counts, chain[i], err);
                if (r >= 0)
                        r = lowers_add(store, &lowers, chain[i], err);
        }
        return r;
}
