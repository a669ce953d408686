/* SPDX-License-Identifier: MIT */

/* What a plain path leads to is seen from what is there. */

#include "image/local.h"

#include "image/tar-index.h"

#include <fcntl.h>
#include <string.h>

/* A second hold on the same file or folder, for one who takes it over. */
static int look_into(const struct ct_input *input, struct ct_files **ret, contain_error_t **err)
{
        int fd = fcntl(input->fd, F_DUPFD_CLOEXEC, 3);

        if (fd < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, errno, NULL, "cannot duplicate a descriptor");
        return input->is_folder ? ct_files_open_folder(fd, input->path, ret, err)
                                : ct_files_open_archive(fd, input->path, ret, err);
}

static bool ends_with(const char *text, const char *end)
{
        size_t size = strlen(text), end_size = strlen(end);

        return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

/*
 * Can an archive that begins with @name be that of an image? Root file systems have no such names at their
 * top, so those need not be read to their end only to know that nothing of an image is in them.
 */
static bool is_of_image(const char *name)
{
        static const char *const files[] = { "oci-layout", "index.json", "manifest.json", "repositories",
                                             "blobs" };
        size_t i;

        for (i = 0; i < sizeof files / sizeof files[0]; i++)
                if (strcmp(name, files[i]) == 0)
                        return true;
        if (strncmp(name, "blobs/", 6) == 0 || strncmp(name, "sha256:", 7) == 0 ||
            ends_with(name, "/layer.tar"))
                return true;
        if (strspn(name, "0123456789abcdef") == 64)
                return true;
        return !strchr(name, '/') &&
               (ends_with(name, ".json") || ends_with(name, ".tar") || ends_with(name, ".tar.gz"));
}

/* Images of newer dockers are both; as image layouts they tell the digests of all that they hold. */
static int open_files(struct ct_arena *arena, const struct ct_input *input, struct ct_files *files,
                      const struct ct_source_options *options, struct ct_image *ret, contain_error_t **err)
{
        if (ct_files_has(files, "oci-layout") && ct_files_has(files, "index.json"))
                return ct_layout_open(arena, files, input->tag, options, ret, err);
        if (input->is_folder && ct_files_has(files, "version"))
                return ct_blob_folder_open(arena, files, input->tag, options, ret, err);
        return ct_docker_archive_open(arena, files, input->tag, options, ret, err);
}

static bool has_image(const struct ct_files *files)
{
        return ct_files_has(files, "manifest.json") ||
               (ct_files_has(files, "oci-layout") && ct_files_has(files, "index.json"));
}

static int open_folder(struct ct_arena *arena, struct ct_input *input,
                       const struct ct_source_options *options, struct ct_image *ret, contain_error_t **err)
{
        _cleanup_(ct_files_freep) struct ct_files *files = NULL;
        int r;

        r = look_into(input, &files, err);
        if (r < 0)
                return r;
        if (has_image(files))
                return open_files(arena, input, ct_take(files), options, ret, err);
        return ct_folder_open(arena, input, ret, err);
}

static int open_archive(struct ct_arena *arena, struct ct_input *input,
                        const struct ct_source_options *options, struct ct_image *ret, contain_error_t **err)
{
        _cleanup_(ct_files_freep) struct ct_files *files = NULL;
        _cleanup_free_ char *first = NULL;
        struct ct_stream *stream;
        int r;

        r = ct_input_stream(input, &stream, err);
        if (r >= 0)
                r = ct_stream_decompress(stream, &stream, err);
        if (r >= 0)
                r = ct_tar_first_name(stream, &first, err);
        if (r < 0)
                return r;
        if (!is_of_image(first))
                return ct_tarball_open(arena, input, ret, err);
        r = ct_input_decompress(input, options, err);
        if (r >= 0)
                r = look_into(input, &files, err);
        if (r < 0)
                return r;
        if (has_image(files))
                return open_files(arena, input, ct_take(files), options, ret, err);
        return ct_tarball_open(arena, input, ret, err);
}

int ct_local_open(struct ct_arena *arena, const char *text, const struct ct_source_options *options,
                  struct ct_image *ret, contain_error_t **err)
{
        _cleanup_(ct_input_done) struct ct_input input = { .fd = -EBADF };
        contain_error_t *error = NULL;
        int r;

        r = ct_input_open(arena, text, options, &input, &error);
        if (r < 0) {
                if (r == -ENOENT && text[0] != '/' && text[0] != '.')
                        ct_error_set_hint(&error, "an image of a registry is docker://%s", text);
                if (err)
                        *err = error;
                else
                        (void)contain_error_free(error);
                return r;
        }
        return input.is_folder ? open_folder(arena, &input, options, ret, err)
                               : open_archive(arena, &input, options, ret, err);
}
