/* SPDX-License-Identifier: MIT */

/*
 * The second look at the layers, from which the archive is written: folders, then what has no content, both
 * by their paths, so that whoever unpacks can write each file where it belongs; then the files, in the order
 * in which the layers have them, which nobody has to keep; last all further names of what was written.
 */

#include "image/flat.h"
#include "image/job.h"
#include "image/layer-reader.h"

#include "base/env-file.h"

#include <string.h>
#include <sys/sysmacros.h>

#define ZEROS 4096

struct writing {
        struct ct_flat *flat;
        const struct ct_image *image;
        const struct ct_flat_how *how;
        struct ct_tar_writer *writer;
        const struct ct_job *job;
        struct ct_flat_inode **files; /* with content, as the layers have them */
        size_t n_files;
        uint64_t bytes, total;
};

static int path_of(const struct ct_flat_node *node, char ret[PATH_MAX], contain_error_t **err)
{
        int r = ct_flat_path(node, ret);

        return r < 0 ? ct_fail(err, CONTAIN_E_IMAGE, -r, NULL, "the image has a path that is too long") : 0;
}

static struct ct_tar_entry entry_of(const struct ct_flat_inode *inode, const char *path)
{
        return (struct ct_tar_entry){
                .path = path,
                .link = inode->symlink,
                .mode = inode->mode,
                .uid = inode->uid,
                .gid = inode->gid,
                .device_major = major(inode->rdev),
                .device_minor = minor(inode->rdev),
                .mtime = inode->mtime,
                .mtime_nsec = inode->mtime_nsec,
                .size = (int64_t)inode->size,
                .xattrs = inode->xattrs,
                .n_xattrs = inode->n_xattrs,
        };
}

static bool is_left_out(const struct writing *writing, const struct ct_flat_node *node)
{
        return writing->how->no_devices && (S_ISCHR(node->inode->mode) || S_ISBLK(node->inode->mode));
}

static int write_plain(struct writing *writing, const struct ct_flat_node *node, contain_error_t **err)
{
        char path[PATH_MAX];
        struct ct_tar_entry entry;
        int r;

        r = path_of(node, path, err);
        if (r < 0)
                return r;
        entry = entry_of(node->inode, node->parent ? path : ".");
        return ct_tar_writer_entry(writing->writer, &entry, err);
}

/* A root that no layer has told of is whatever the one who unpacks makes of it. */
static int write_folders(struct writing *writing, contain_error_t **err)
{
        struct ct_flat_node *node = NULL;
        int r = 0;

        while (r == 0 && (node = ct_flat_next(writing->flat, node)))
                if (S_ISDIR(node->inode->mode) && !(node == writing->flat->root && node->implied))
                        r = write_plain(writing, node, err);
        return r;
}

static int write_nodes(struct writing *writing, contain_error_t **err)
{
        struct ct_flat_node *node = NULL;
        int r = 0;

        while (r == 0 && (node = ct_flat_next(writing->flat, node)))
                if (!S_ISDIR(node->inode->mode) && !S_ISREG(node->inode->mode) &&
                    node->inode->first == node && !is_left_out(writing, node))
                        r = write_plain(writing, node, err);
        return r;
}

static int write_links(struct writing *writing, contain_error_t **err)
{
        struct ct_flat_node *node = NULL;
        int r = 0;

        while (r == 0 && (node = ct_flat_next(writing->flat, node))) {
                char path[PATH_MAX], target[PATH_MAX];
                struct ct_tar_entry entry;

                if (S_ISDIR(node->inode->mode) || node->inode->first == node || is_left_out(writing, node))
                        continue;
                r = path_of(node, path, err);
                if (r == 0)
                        r = path_of(node->inode->first, target, err);
                if (r < 0)
                        return r;
                entry = entry_of(node->inode, path);
                entry.is_hardlink = true;
                entry.link = target;
                entry.n_xattrs = 0;
                r = ct_tar_writer_entry(writing->writer, &entry, err);
        }
        return r;
}

static int write_env(struct writing *writing, const struct ct_buf *env, contain_error_t **err)
{
        struct ct_tar_entry entry = {
                .path = CT_ENV_FILE_NAME,
                .mode = S_IFREG | 0644,
                .size = (int64_t)env->size,
        };
        int r;

        r = ct_tar_writer_entry(writing->writer, &entry, err);
        if (r == 0)
                r = ct_tar_writer_data(writing->writer, env->data, env->size, err);
        return r < 0 ? r : ct_tar_writer_end_entry(writing->writer, err);
}

/* --- content --------------------------------------------------------------------------------- */

static int fail_changed(const char *path, contain_error_t **err)
{
        return ct_fail(err, CONTAIN_E_IMAGE, EBADMSG, NULL, "'/%s' has changed between two looks at it",
                       path);
}

static int write_zeros(struct writing *writing, uint64_t size, contain_error_t **err)
{
        static const char zeros[ZEROS] = { 0 };
        int r = 0;

        while (r == 0 && size > 0) {
                size_t part = size < ZEROS ? (size_t)size : ZEROS;

                r = ct_tar_writer_data(writing->writer, zeros, part, err);
                size -= part;
        }
        return r;
}

/*
 * Bytes that belong at @offset. Of a sparse file, @extent is where we are in the map, and what comes has to
 * fit it; of any other, what does not come is zeros.
 */
static int write_part(struct writing *writing, const struct ct_tar_entry *entry, size_t *extent,
                      uint64_t *position, const void *bytes, size_t size, uint64_t offset,
                      contain_error_t **err)
{
        int r;

        if (entry->extents) {
                while (*extent < entry->n_extents &&
                       *position >= (uint64_t)(entry->extents[*extent].offset + entry->extents[*extent].size))
                        (*extent)++;
                if (*extent < entry->n_extents && *position < (uint64_t)entry->extents[*extent].offset)
                        *position = (uint64_t)entry->extents[*extent].offset;
        } else if (offset > *position && offset <= (uint64_t)entry->size) {
                r = write_zeros(writing, offset - *position, err);
                if (r < 0)
                        return r;
                *position = offset;
        }
        if (offset != *position)
                return fail_changed(entry->path, err);
        *position += size;
        writing->bytes += size;
        return ct_tar_writer_data(writing->writer, bytes, size, err);
}

static int write_content(struct writing *writing, struct ct_layer_reader *reader,
                         const struct ct_tar_entry *entry, contain_error_t **err)
{
        uint64_t offset, position = 0;
        size_t size, extent = 0;
        const void *bytes;
        int r;

        while ((r = ct_layer_reader_data(reader, &bytes, &size, &offset, err)) > 0) {
                if (size > 0)
                        r = write_part(writing, entry, &extent, &position, bytes, size, offset, err);
                if (r < 0)
                        return r;
                ct_job_progress(writing->job, "export", entry->path, writing->bytes, writing->total);
        }
        if (r == 0 && !entry->extents && position < (uint64_t)entry->size)
                r = write_zeros(writing, (uint64_t)entry->size - position, err);
        return r < 0 ? r : ct_tar_writer_end_entry(writing->writer, err);
}

static int write_file(struct writing *writing, struct ct_layer_reader *reader, const struct ct_member *member,
                      const struct ct_flat_inode *inode, contain_error_t **err)
{
        struct ct_tar_entry entry;
        char path[PATH_MAX];
        int r;

        r = path_of(inode->first, path, err);
        if (r < 0)
                return r;
        if (member->kind != CT_MEMBER_NODE || member->mode != inode->mode || member->size != inode->size)
                return fail_changed(path, err);
        entry = entry_of(inode, path);
        r = ct_layer_reader_extents(reader, &entry.extents, &entry.n_extents, err);
        if (r == 0)
                r = ct_tar_writer_entry(writing->writer, &entry, err);
        return r < 0 ? r : write_content(writing, reader, &entry, err);
}

static int pass_over(struct ct_layer_reader *reader, contain_error_t **err)
{
        const void *bytes;
        uint64_t offset;
        size_t size;
        int r;

        do
                r = ct_layer_reader_data(reader, &bytes, &size, &offset, err);
        while (r > 0);
        return r;
}

/* Files @from to @to are those of @layer. It is read to its end, where it is verified once more. */
static int write_layer(struct writing *writing, size_t layer, size_t from, size_t to, contain_error_t **err)
{
        _cleanup_(ct_stream_freep) struct ct_stream *tar = NULL;
        _cleanup_(ct_layer_reader_freep) struct ct_layer_reader *reader = NULL;
        const struct ct_member *member;
        uint64_t ordinal = 0;
        size_t size;
        int r;

        r = ct_source_layer(writing->image->source, &writing->image->layers[layer], &tar, err);
        if (r == 0)
                r = ct_layer_reader_open(tar, writing->job, &reader, err);
        if (r < 0)
                return r;
        for (; (r = ct_layer_reader_next(reader, &member, err)) > 0; ordinal++) {
                if (from < to && writing->files[from]->ordinal == ordinal)
                        r = write_file(writing, reader, member, writing->files[from++], err);
                else
                        r = pass_over(reader, err);
                if (r < 0)
                        return r;
        }
        while (r == 0 && (r = ct_layer_reader_rest(reader, &size, err)) > 0)
                r = 0;
        if (r == 0 && from < to)
                return ct_fail(err, CONTAIN_E_IMAGE, EBADMSG, NULL,
                               "layer %zu has lost entries between two looks at it", layer);
        return r;
}

static int write_files(struct writing *writing, contain_error_t **err)
{
        int r = 0;

        for (size_t from = 0, to; r == 0 && from < writing->n_files; from = to) {
                size_t layer = writing->files[from]->layer;

                for (to = from; to < writing->n_files && writing->files[to]->layer == layer; to++)
                        ;
                r = write_layer(writing, layer, from, to, err);
        }
        return r;
}

/* --- order ----------------------------------------------------------------------------------- */

static int compare_places(const void *a, const void *b)
{
        struct ct_flat_inode *const *x = a, *const *y = b;

        if ((*x)->layer != (*y)->layer)
                return (*x)->layer < (*y)->layer ? -1 : 1;
        if ((*x)->ordinal != (*y)->ordinal)
                return (*x)->ordinal < (*y)->ordinal ? -1 : 1;
        return 0;
}

/* Of several names, the first in the order of paths has the content. */
static int find_files(struct writing *writing, contain_error_t **err)
{
        struct ct_flat_node *node = NULL;
        size_t n = 0;

        while ((node = ct_flat_next(writing->flat, node)))
                if (!node->inode->first) {
                        node->inode->first = node;
                        n += S_ISREG(node->inode->mode);
                }
        writing->files = calloc(n + 1, sizeof *writing->files);
        if (!writing->files)
                return ct_fail_memory(err);
        while ((node = ct_flat_next(writing->flat, node)))
                if (S_ISREG(node->inode->mode) && node->inode->first == node) {
                        writing->files[writing->n_files++] = node->inode;
                        writing->total += node->inode->size;
                }
        qsort(writing->files, writing->n_files, sizeof *writing->files, compare_places);
        return 0;
}

static void count_left_out(const struct writing *writing, struct ct_unpack_counts *counts)
{
        struct ct_flat_node *node = NULL;

        while ((node = ct_flat_next(writing->flat, node)))
                counts->skipped_devices += node->inode->first == node && is_left_out(writing, node);
}

int ct_flat_write(struct ct_flat *flat, const struct ct_image *image, const struct ct_flat_how *how,
                  struct ct_tar_writer *writer, const struct ct_job *job, struct ct_unpack_counts *counts,
                  contain_error_t **err)
{
        struct writing writing = { .flat = flat, .image = image, .how = how, .writer = writer, .job = job };
        int r;

        if (how->env)
                ct_flat_remove(flat, CT_ENV_FILE_NAME);
        if (ct_flat_sort(flat) < 0)
                return ct_fail_memory(err);
        r = find_files(&writing, err);
        if (r == 0)
                r = write_folders(&writing, err);
        if (r == 0)
                r = write_nodes(&writing, err);
        if (r == 0 && how->env)
                r = write_env(&writing, how->env, err);
        if (r == 0)
                r = write_files(&writing, err);
        if (r == 0)
                r = write_links(&writing, err);
        if (r == 0)
                count_left_out(&writing, counts);
        free(writing.files);
        return r;
}
