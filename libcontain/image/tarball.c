/* SPDX-License-Identifier: MIT */

/* tarball: the tar of a root file system that is no image, so that nothing is known of it but what it holds.
 */

#include "image/local.h"

#include <sys/stat.h>

struct tarball {
        struct ct_source source;
        struct ct_input input;
};

static int get_blob(struct ct_source *source, const struct ct_descriptor *blob, struct ct_stream **ret,
                    contain_error_t **err)
{
        (void)blob;
        return ct_input_stream(&((struct tarball *)source)->input, ret, err);
}

static void free_tarball(struct ct_source *source)
{
        ct_input_done(&((struct tarball *)source)->input);
}

int ct_tarball_open(struct ct_arena *arena, struct ct_input *input, struct ct_image *ret,
                    contain_error_t **err)
{
        struct tarball *tarball = ct_arena_alloc(arena, sizeof *tarball);
        struct stat status;
        int r;

        if (!tarball)
                return ct_fail_memory(err);
        if (fstat(input->fd, &status) == 0 && status.st_size == 0)
                return ct_fail(err, CONTAIN_E_IMAGE, EBADMSG, NULL, "'%s' is empty", input->path);
        tarball->source.type = &ct_source_tarball;
        r = ct_local_rootfs(arena, input, &tarball->source, ret, err);
        if (r < 0)
                return r;
        tarball->input = *input;
        input->fd = -EBADF;
        return 0;
}

static int open_tarball(struct ct_arena *arena, const char *rest, const struct ct_source_options *options,
                        struct ct_image *ret, contain_error_t **err)
{
        _cleanup_(ct_input_done) struct ct_input input = { .fd = -EBADF };
        int r;

        r = ct_input_open(arena, rest, options, &input, err);
        if (r < 0)
                return r;
        if (input.is_folder)
                return ct_fail(err, CONTAIN_E_SOURCE, EISDIR, NULL, "'%s' is a folder, not a tar archive",
                               input.path);
        return ct_tarball_open(arena, &input, ret, err);
}

const struct ct_source_type ct_source_tarball = {
        .name = "tarball",
        .open = open_tarball,
        .blob = get_blob,
        .free = free_tarball,
};
