/* SPDX-License-Identifier: MIT */

/* oci: and oci-archive: (image-spec, image-layout.md). */

#include "image/local.h"
#include "image/manifest.h"
#include "image/reference.h"

#include "base/buf.h"

#include <stdio.h>
#include <string.h>

/* More would be no help to read. */
#define LISTED_MAX 20

struct layout {
        struct ct_source source;
        struct ct_files *files;
};

static int get_blob(struct ct_source *source, const struct ct_descriptor *blob, struct ct_stream **ret,
                    contain_error_t **err)
{
        const struct layout *layout = (const struct layout *)source;
        char path[sizeof "blobs/" + CT_DIGEST_TEXT] = "blobs/", *colon;

        ct_digest_format(&blob->digest, path + strlen(path));
        colon = strchr(path, ':');
        if (!colon)
                return ct_fail(err, CONTAIN_E_IMAGE, EINVAL, NULL, "a blob without a digest");
        *colon = '/';
        return ct_files_stream(layout->files, path, ret, err);
}

static void free_layout(struct ct_source *source)
{
        struct layout *layout = (struct layout *)source;

        layout->files = ct_files_free(layout->files);
}

static const char *name_of(const struct ct_index_entry *entry)
{
        return entry->image_name ? entry->image_name : entry->ref_name;
}

static bool is_same_name(const char *a, const char *b)
{
        return a == b || (a && b && strcmp(a, b) == 0);
}

/* "busybox" is "docker.io/library/busybox:latest". */
static bool is_same_image(struct ct_arena *arena, const char *tag, const char *name)
{
        struct ct_reference a, b;

        return ct_reference_parse(arena, tag, &a, NULL) >= 0 &&
               ct_reference_parse(arena, name, &b, NULL) >= 0 && ct_reference_equal(&a, &b);
}

static bool has_tag(struct ct_arena *arena, const struct ct_index_entry *entry, const char *tag)
{
        return is_same_name(tag, entry->ref_name) || is_same_name(tag, entry->image_name) ||
               (entry->image_name && is_same_image(arena, tag, entry->image_name)) ||
               (entry->ref_name && strpbrk(entry->ref_name, "/:") &&
                is_same_image(arena, tag, entry->ref_name));
}

/* Their names, for a hint; how many there are. */
static size_t list_images(const struct ct_manifest *index, struct ct_buf *list)
{
        size_t i, n = 0;

        for (i = 0; i < index->n_entries && n < LISTED_MAX; i++) {
                char digest[CT_DIGEST_TEXT];
                const char *name = name_of(&index->entries[i]);

                if (!index->entries[i].is_image)
                        continue;
                ct_digest_format(&index->entries[i].blob.digest, digest);
                (void)ct_buf_printf(list, "%s%.200s", n++ > 0 ? ", " : "", name ? name : digest);
        }
        return n;
}

static int fail_choice(const struct ct_files *files, const struct ct_manifest *index, const char *tag,
                       contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf list = CT_BUF_INIT;
        size_t n = list_images(index, &list);

        if (n == 0)
                return ct_fail(err, CONTAIN_E_SOURCE, ENOENT, NULL, "'%s' has no image",
                               ct_files_name(files));
        if (tag)
                (void)ct_fail(err, CONTAIN_E_SOURCE, ENOENT, NULL, "'%s' has no image '%s'",
                              ct_files_name(files), tag);
        else
                (void)ct_fail(err, CONTAIN_E_SOURCE, ENOENT, NULL,
                              "'%s' has several images, and none is named", ct_files_name(files));
        if (!list.failed)
                ct_error_set_hint(err, "it has %s", list.data);
        return -ENOENT;
}

/* By digest: also what no entry of the index tells of, such as one platform's image. */
static int choose_digest(const struct ct_manifest *index, const char *text, struct ct_descriptor *ret,
                         contain_error_t **err)
{
        struct ct_descriptor blob = { .media_type = "", .size = -1 };
        size_t i;
        int r;

        r = ct_digest_parse(text, NULL, &blob.digest, err);
        if (r < 0)
                return r;
        for (i = 0; i < index->n_entries; i++)
                if (ct_digest_equal(&index->entries[i].blob.digest, &blob.digest))
                        blob = index->entries[i].blob;
        *ret = blob;
        return 0;
}

/* Those that the tag means; without one, all, if they are one image for several platforms. */
static int choose(struct ct_arena *arena, const struct ct_files *files, const struct ct_manifest *index,
                  const char *tag, const char *platform, struct ct_descriptor *ret, contain_error_t **err)
{
        struct ct_manifest chosen = { .is_index = true };
        const struct ct_index_entry *entry;
        size_t i;
        int r;

        if (tag && (strncmp(tag, "sha256:", 7) == 0 || strncmp(tag, "sha512:", 7) == 0))
                return choose_digest(index, tag, ret, err);
        chosen.entries = ct_arena_array(arena, index->n_entries, sizeof *chosen.entries);
        if (!chosen.entries)
                return ct_fail_memory(err);
        for (i = 0; i < index->n_entries; i++) {
                entry = &index->entries[i];
                if (!entry->is_image || (tag && !has_tag(arena, entry, tag)))
                        continue;
                if (chosen.n_entries > 0 && !tag &&
                    !is_same_name(name_of(entry), name_of(&chosen.entries[0])))
                        return fail_choice(files, index, tag, err);
                chosen.entries[chosen.n_entries++] = *entry;
        }
        if (chosen.n_entries == 0)
                return fail_choice(files, index, tag, err);
        entry = &chosen.entries[0];
        if (chosen.n_entries > 1)
                r = ct_manifest_choose(arena, ct_files_name(files), &chosen, platform, &entry, err);
        else
                r = ct_index_entry_check(entry, err);
        if (r < 0)
                return r;
        *ret = entry->blob;
        return 0;
}

static int check_version(struct ct_arena *arena, const struct ct_files *files, contain_error_t **err)
{
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        const char *text, *version = NULL;
        struct ct_json root;
        size_t size;
        int r;

        r = ct_files_read(files, arena, "oci-layout", CT_IMAGE_JSON_MAX, &text, &size, err);
        if (r >= 0)
                r = ct_json_parse(arena, "oci-layout", text, size, &document, &root, err);
        if (r >= 0)
                r = ct_json_require(ct_json_get_string(&root, "imageLayoutVersion", &version, err), &root,
                                    "imageLayoutVersion", err);
        if (r < 0)
                return r;
        if (strncmp(version, "1.", 2) != 0)
                return ct_fail(err, CONTAIN_E_IMAGE, ENOTSUP, "/imageLayoutVersion",
                               "an image layout of version '%.50s' is not understood", version);
        return 0;
}

static int load(struct ct_arena *arena, struct layout *layout, const char *tag,
                const struct ct_source_options *options, struct ct_image *ret, contain_error_t **err)
{
        struct ct_descriptor top;
        struct ct_manifest index;
        const char *text;
        size_t size;
        int r;

        r = check_version(arena, layout->files, err);
        if (r >= 0)
                r = ct_files_read(layout->files, arena, "index.json", CT_IMAGE_JSON_MAX, &text, &size, err);
        if (r >= 0)
                r = ct_manifest_parse(arena, "index.json", CT_MEDIA_INDEX, text, size, &index, err);
        if (r >= 0)
                r = choose(arena, layout->files, &index, tag, options->platform, &top, err);
        return r < 0 ? r : ct_image_load(arena, &layout->source, &top, options->platform, ret, err);
}

int ct_layout_open(struct ct_arena *arena, struct ct_files *files, const char *tag,
                   const struct ct_source_options *options, struct ct_image *ret, contain_error_t **err)
{
        _cleanup_(ct_files_freep) struct ct_files *owned = files;
        struct layout *layout = ct_arena_alloc(arena, sizeof *layout);
        int r;

        if (!layout)
                return ct_fail_memory(err);
        layout->source.type = &ct_source_oci;
        layout->files = files;
        r = load(arena, layout, tag, options, ret, err);
        if (r < 0)
                return r;
        (void)ct_take(owned);
        return 0;
}

static int open_layout(struct ct_arena *arena, const char *rest, const struct ct_source_options *options,
                       struct ct_image *ret, contain_error_t **err)
{
        return ct_local_open_as(arena, rest, options, ct_layout_open, ret, err);
}

const struct ct_source_type ct_source_oci = {
        .name = "oci",
        .open = open_layout,
        .blob = get_blob,
        .free = free_layout,
};

const struct ct_source_type ct_source_oci_archive = {
        .name = "oci-archive",
        .open = open_layout,
        .blob = get_blob,
        .free = free_layout,
};
