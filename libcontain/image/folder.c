/* SPDX-License-Identifier: MIT */

/* dir: a folder that is a root file system; as a layer it is the tar that folder-tar.c makes of it. */

#include "image/folder-tar.h"
#include "image/local.h"

#include "base/fds.h"

struct folder {
        struct ct_source source;
        struct ct_input input;
};

static int get_blob(struct ct_source *source, const struct ct_descriptor *blob, struct ct_stream **ret,
                    contain_error_t **err)
{
        const struct folder *folder = (const struct folder *)source;

        (void)blob;
        return ct_folder_tar(folder->input.fd, folder->input.path, ret, err);
}

static void free_folder(struct ct_source *source)
{
        ct_input_done(&((struct folder *)source)->input);
}

int ct_folder_open(struct ct_arena *arena, struct ct_input *input, struct ct_image *ret,
                   contain_error_t **err)
{
        struct folder *folder = ct_arena_alloc(arena, sizeof *folder);
        int r;

        if (!folder)
                return ct_fail_memory(err);
        folder->source.type = &ct_source_dir;
        r = ct_local_rootfs(arena, input, &folder->source, ret, err);
        if (r < 0)
                return r;
        folder->input = *input;
        input->fd = -EBADF;
        return 0;
}

/* What skopeo calls so is told by a file that says so. */
static bool is_blob_folder(const struct ct_files *files)
{
        return ct_files_has(files, "version") && ct_files_has(files, "manifest.json");
}

static int open_folder(struct ct_arena *arena, const char *rest, const struct ct_source_options *options,
                       struct ct_image *ret, contain_error_t **err)
{
        _cleanup_(ct_input_done) struct ct_input input = { .fd = -EBADF };
        _cleanup_(ct_files_freep) struct ct_files *files = NULL;
        int fd, r;

        r = ct_input_open(arena, rest, options, &input, err);
        if (r < 0)
                return r;
        if (!input.is_folder)
                return ct_fail(err, CONTAIN_E_SOURCE, ENOTDIR, NULL, "'%s' is no folder", input.path);
        fd = ct_dup(input.fd);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, -fd, NULL, "cannot duplicate a descriptor");
        r = ct_files_open_folder(fd, input.path, &files, err);
        if (r < 0)
                return r;
        if (is_blob_folder(files))
                return ct_blob_folder_open(arena, ct_take(files), input.tag, options, ret, err);
        return ct_folder_open(arena, &input, ret, err);
}

const struct ct_source_type ct_source_dir = {
        .name = "dir",
        .open = open_folder,
        .blob = get_blob,
        .free = free_folder,
};
