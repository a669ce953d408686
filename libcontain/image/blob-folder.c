/* SPDX-License-Identifier: MIT */

/*
 * The folders that skopeo calls dir: a file manifest.json, and each blob in a file that is called by its
 * digest without the algorithm. The manifests of an index are there as "HEX.manifest.json".
 */

#include "image/local.h"
#include "image/manifest.h"

#include <string.h>

struct blob_folder {
        struct ct_source source;
        struct ct_files *files;
};

static int get_blob(struct ct_source *source, const struct ct_descriptor *blob, struct ct_stream **ret,
                    contain_error_t **err)
{
        const struct blob_folder *folder = (const struct blob_folder *)source;
        char digest[CT_DIGEST_TEXT], path[CT_DIGEST_TEXT + sizeof ".manifest.json"];
        const char *hex;

        ct_digest_format(&blob->digest, digest);
        hex = strchr(digest, ':');
        if (!hex)
                return ct_fail(err, CONTAIN_E_IMAGE, EINVAL, NULL, "a blob without a digest");
        strcpy(path, hex + 1);
        strcat(path, ".manifest.json");
        return ct_files_stream(folder->files, ct_files_has(folder->files, path) ? path : hex + 1, ret, err);
}

static void free_blob_folder(struct ct_source *source)
{
        struct blob_folder *folder = (struct blob_folder *)source;

        folder->files = ct_files_free(folder->files);
}

static const struct ct_source_type type = {
        .name = "dir",
        .blob = get_blob,
        .free = free_blob_folder,
};

static int load(struct ct_arena *arena, struct blob_folder *folder, const char *platform,
                struct ct_image *ret, contain_error_t **err)
{
        _cleanup_(ct_digester_freep) struct ct_digester *digester = ct_digester_new(CT_DIGEST_SHA256);
        struct ct_descriptor top = { .media_type = "" };
        const char *text;
        size_t size;
        int r;

        if (!digester)
                return ct_fail_memory(err);
        r = ct_files_read(folder->files, arena, "manifest.json", CT_IMAGE_JSON_MAX, &text, &size, err);
        if (r < 0)
                return r;
        ct_digester_add(digester, text, size);
        ct_digester_end(digester, &top.digest);
        top.size = (int64_t)size;
        return ct_image_load_text(arena, &folder->source, &top, text, size, platform, ret, err);
}

int ct_blob_folder_open(struct ct_arena *arena, struct ct_files *files, const char *tag,
                        const struct ct_source_options *options, struct ct_image *ret, contain_error_t **err)
{
        _cleanup_(ct_files_freep) struct ct_files *owned = files;
        struct blob_folder *folder = ct_arena_alloc(arena, sizeof *folder);
        int r;

        if (!folder)
                return ct_fail_memory(err);
        if (tag)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL,
                               "'%s' holds one image, none called '%s'", ct_files_name(files), tag);
        folder->source.type = &type;
        folder->files = files;
        r = load(arena, folder, options->platform, ret, err);
        if (r < 0)
                return r;
        (void)ct_take(owned);
        return 0;
}
