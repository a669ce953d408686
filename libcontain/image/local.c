/* SPDX-License-Identifier: MIT */

/* What the sources on this machine have in common. */

#include "image/local.h"

int ct_local_rootfs(struct ct_arena *arena, const struct ct_input *input, struct ct_source *source,
                    struct ct_image *ret, contain_error_t **err)
{
        struct ct_layer *layer;

        if (input->tag)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL,
                               "'%s' is a root file system, in which there is no image '%s'", input->path,
                               input->tag);
        layer = ct_arena_alloc(arena, sizeof *layer);
        if (!layer)
                return ct_fail_memory(err);
        layer->blob = (struct ct_descriptor){ .media_type = "", .size = -1, .place = input->path };
        *ret = (struct ct_image){
                .source = source,
                .name = ret->name,
                .manifest = { .media_type = "", .size = -1 },
                .config = { .media_type = "", .size = -1 },
                .config_json = "{}",
                .layers = layer,
                .n_layers = 1,
        };
        return 0;
}

/* The files of a folder, or of a tar, decompressed first where it has to be; takes @input over. */
static int take_files(struct ct_input *input, const struct ct_source_options *options, struct ct_files **ret,
                      contain_error_t **err)
{
        int fd, r;

        if (!input->is_folder) {
                r = ct_input_decompress(input, options, err);
                if (r < 0)
                        return r;
        }
        fd = input->fd;
        input->fd = -EBADF;
        return input->is_folder ? ct_files_open_folder(fd, input->path, ret, err)
                                : ct_files_open_archive(fd, input->path, ret, err);
}

int ct_local_open_as(struct ct_arena *arena, const char *text, const struct ct_source_options *options,
                     ct_local_open_fn open, struct ct_image *ret, contain_error_t **err)
{
        _cleanup_(ct_input_done) struct ct_input input = { .fd = -EBADF };
        struct ct_files *files;
        int r;

        r = ct_input_open(arena, text, options, &input, err);
        if (r >= 0)
                r = take_files(&input, options, &files, err);
        return r < 0 ? r : open(arena, files, input.tag, options, ret, err);
}
