/* SPDX-License-Identifier: MIT */

/*
 * docker-archive: what "docker save" writes. Its manifest.json names for each image a configuration and the
 * layers: in folders of their own ("ID/layer.tar") or as blobs of an image layout, newer ones both as an
 * image layout and as this. Layers have no digest there, but a diff_id each.
 */

#include "image/local.h"
#include "image/manifest.h"
#include "image/reference.h"

#include "base/buf.h"

#include <inttypes.h>
#include <string.h>

#define LISTED_MAX 20

struct docker_archive {
        struct ct_source source;
        struct ct_files *files;
};

/* One of manifest.json. */
struct item {
        const char *config;
        char **tags, **layers;
        size_t n_tags, n_layers;
};

static int get_blob(struct ct_source *source, const struct ct_descriptor *blob, struct ct_stream **ret,
                    contain_error_t **err)
{
        return ct_files_stream(((const struct docker_archive *)source)->files, blob->place, ret, err);
}

static void free_docker_archive(struct ct_source *source)
{
        struct docker_archive *archive = (struct docker_archive *)source;

        archive->files = ct_files_free(archive->files);
}

static int read_item(const struct ct_json *from, struct item *item, contain_error_t **err)
{
        int r;

        r = ct_json_check_object(from, err);
        if (r >= 0)
                r = ct_json_require(ct_json_get_string(from, "Config", &item->config, err), from, "Config",
                                    err);
        if (r >= 0)
                r = ct_json_get_strings(from, "RepoTags", &item->tags, &item->n_tags, err);
        if (r >= 0)
                r = ct_json_get_strings(from, "Layers", &item->layers, &item->n_layers, err);
        if (r >= 0 && item->n_layers > CT_IMAGE_LAYERS_MAX)
                return ct_fail(err, CONTAIN_E_IMAGE, EFBIG, from->at,
                               "the image has %zu layers, more than the %d that are read", item->n_layers,
                               CT_IMAGE_LAYERS_MAX);
        return r;
}

static int read_items(struct ct_arena *arena, const struct ct_files *files, struct item **ret, size_t *ret_n,
                      contain_error_t **err)
{
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        struct ct_json root, element;
        const char *text;
        struct item *items;
        size_t size, i, n = 0;
        int r;

        r = ct_files_read(files, arena, "manifest.json", CT_IMAGE_JSON_MAX, &text, &size, err);
        if (r < 0 && ct_files_has(files, "repositories") && !ct_files_has(files, "manifest.json") && err &&
            *err)
                ct_error_set_hint(err, "docker before 1.10 wrote archives without it: save the image again");
        if (r >= 0)
                r = ct_json_parse(arena, "manifest.json", text, size, &document, &root, err);
        if (r >= 0)
                r = ct_json_check_array(&root, &n, err);
        if (r < 0)
                return r;
        items = ct_arena_array(arena, n, sizeof *items);
        if (!items)
                return ct_fail_memory(err);
        for (i = 0; i < n; i++) {
                ct_json_element(&root, i, &element);
                r = read_item(&element, &items[i], err);
                if (r < 0)
                        return r;
        }
        *ret = items;
        *ret_n = n;
        return 0;
}

/*
 * The digest that a file's name promises: "blobs/sha256/HEX", "HEX.json" and "sha256:HEX" do. (The one of
 * "HEX.tar" is the diff_id, which the configuration tells.)
 */
static void digest_of_name(struct ct_arena *arena, const char *name, struct ct_digest *ret)
{
        const char *hex = name, *text;

        *ret = (struct ct_digest){ .algorithm = CT_DIGEST_NONE };
        if (strncmp(name, "blobs/sha256/", 13) == 0)
                hex += 13;
        else if (strncmp(name, "sha256:", 7) == 0)
                hex += 7;
        else if (!strstr(name, ".json"))
                return;
        text = ct_arena_printf(arena, "sha256:%.*s", (int)strcspn(hex, "."), hex);
        if (text)
                (void)ct_digest_parse(text, NULL, ret, NULL);
}

static bool has_tag(struct ct_arena *arena, const struct item *item, const char *tag)
{
        struct ct_reference wanted, has;
        struct ct_digest id, wanted_id;
        size_t i;

        digest_of_name(arena, item->config, &id);
        if (ct_digest_parse(tag, NULL, &wanted_id, NULL) >= 0)
                return ct_digest_equal(&id, &wanted_id);
        for (i = 0; i < item->n_tags; i++)
                if (strcmp(item->tags[i], tag) == 0)
                        return true;
        if (ct_reference_parse(arena, tag, &wanted, NULL) < 0)
                return false;
        for (i = 0; i < item->n_tags; i++)
                if (ct_reference_parse(arena, item->tags[i], &has, NULL) >= 0 &&
                    ct_reference_equal(&wanted, &has))
                        return true;
        return false;
}

/* "@2" is the third. */
static bool parse_position(const char *tag, size_t *ret)
{
        size_t position = 0;
        const char *digit;

        if (tag[0] != '@' || tag[1] == '\0')
                return false;
        for (digit = tag + 1; *digit; digit++) {
                if (*digit < '0' || *digit > '9' || position > CT_IMAGE_JSON_MAX)
                        return false;
                position = position * 10 + (size_t)(*digit - '0');
        }
        *ret = position;
        return true;
}

static int fail_choice(const struct ct_files *files, const struct item *items, size_t n, const char *tag,
                       contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf list = CT_BUF_INIT;
        size_t i, k, listed = 0;
        int r;

        if (tag)
                r = ct_fail(err, CONTAIN_E_SOURCE, ENOENT, NULL, "'%s' has no image '%s'",
                            ct_files_name(files), tag);
        else if (n == 0)
                return ct_fail(err, CONTAIN_E_SOURCE, ENOENT, NULL, "'%s' has no image",
                               ct_files_name(files));
        else
                r = ct_fail(err, CONTAIN_E_SOURCE, ENOENT, NULL, "'%s' has several images, and none is named",
                            ct_files_name(files));
        for (i = 0; i < n && listed < LISTED_MAX; i++) {
                if (items[i].n_tags == 0)
                        (void)ct_buf_printf(&list, "%s@%zu", listed++ > 0 ? ", " : "", i);
                for (k = 0; k < items[i].n_tags && listed < LISTED_MAX; k++)
                        (void)ct_buf_printf(&list, "%s%.200s", listed++ > 0 ? ", " : "", items[i].tags[k]);
        }
        if (!list.failed && listed > 0)
                ct_error_set_hint(err, "it has %s", list.data);
        return r;
}

static int choose(struct ct_arena *arena, const struct ct_files *files, const char *tag, struct item *ret,
                  contain_error_t **err)
{
        struct item *items = NULL;
        size_t i, n = 0, position;
        int r;

        r = read_items(arena, files, &items, &n, err);
        if (r < 0)
                return r;
        if (!tag) {
                if (n != 1)
                        return fail_choice(files, items, n, tag, err);
                *ret = items[0];
                return 0;
        }
        for (i = 0; i < n; i++) {
                if (!has_tag(arena, &items[i], tag) && !(parse_position(tag, &position) && position == i))
                        continue;
                *ret = items[i];
                return 0;
        }
        return fail_choice(files, items, n, tag, err);
}

static int load_layers(struct ct_arena *arena, const struct item *item, const struct ct_image_config *config,
                       struct ct_image *image, contain_error_t **err)
{
        size_t i;

        if (item->n_layers != config->n_diff_ids)
                return ct_fail(err, CONTAIN_E_IMAGE, EBADMSG, NULL,
                               "manifest.json has %zu layers, and the configuration %zu", item->n_layers,
                               config->n_diff_ids);
        image->layers = ct_arena_array(arena, item->n_layers, sizeof *image->layers);
        if (!image->layers)
                return ct_fail_memory(err);
        for (i = 0; i < item->n_layers; i++) {
                struct ct_layer *layer = &image->layers[i];

                layer->blob =
                        (struct ct_descriptor){ .media_type = "", .size = -1, .place = item->layers[i] };
                digest_of_name(arena, item->layers[i], &layer->blob.digest);
                layer->diff_id = config->diff_ids[i];
        }
        image->n_layers = item->n_layers;
        return 0;
}

/* The configuration is what such an image is known by, whatever its file is called. */
static int digest_config(const struct ct_buf *text, struct ct_descriptor *config, contain_error_t **err)
{
        _cleanup_(ct_digester_freep) struct ct_digester *digester = ct_digester_new(CT_DIGEST_SHA256);

        if (!digester)
                return ct_fail_memory(err);
        ct_digester_add(digester, text->data, text->size);
        ct_digester_end(digester, &config->digest);
        config->size = (int64_t)text->size;
        return 0;
}

static int load(struct ct_arena *arena, struct docker_archive *archive, const char *tag,
                const struct ct_source_options *options, struct ct_image *ret, contain_error_t **err)
{
        struct ct_image image = { .source = &archive->source, .name = ret->name };
        _cleanup_(ct_stream_freep) struct ct_stream *stream = NULL;
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        struct ct_image_config config;
        struct item item = { .config = NULL };
        int r;

        r = choose(arena, archive->files, tag, &item, err);
        if (r < 0)
                return r;
        image.manifest = (struct ct_descriptor){ .media_type = "", .size = -1 };
        image.config = (struct ct_descriptor){ .media_type = "", .size = -1, .place = item.config };
        digest_of_name(arena, item.config, &image.config.digest);
        r = ct_source_blob(&archive->source, &image.config, &stream, err);
        if (r >= 0)
                r = ct_stream_read_all(stream, CT_IMAGE_JSON_MAX, &buf, err);
        if (r >= 0)
                r = ct_image_config_parse(arena, "the configuration", buf.data ? buf.data : "", buf.size,
                                          &config, err);
        if (r >= 0)
                r = ct_image_config_check(arena, &config, options->platform, err);
        if (r >= 0)
                r = load_layers(arena, &item, &config, &image, err);
        if (r < 0)
                return r;
        r = digest_config(&buf, &image.config, err);
        if (r < 0)
                return r;
        image.config_json = ct_arena_strndup(arena, buf.data, buf.size);
        if (!image.config_json)
                return ct_fail_memory(err);
        *ret = image;
        return 0;
}

int ct_docker_archive_open(struct ct_arena *arena, struct ct_files *files, const char *tag,
                           const struct ct_source_options *options, struct ct_image *ret,
                           contain_error_t **err)
{
        _cleanup_(ct_files_freep) struct ct_files *owned = files;
        struct docker_archive *archive = ct_arena_alloc(arena, sizeof *archive);
        int r;

        if (!archive)
                return ct_fail_memory(err);
        archive->source.type = &ct_source_docker_archive;
        archive->files = files;
        r = load(arena, archive, tag, options, ret, err);
        if (r < 0)
                return r;
        (void)ct_take(owned);
        return 0;
}

static int open_docker_archive(struct ct_arena *arena, const char *rest,
                               const struct ct_source_options *options, struct ct_image *ret,
                               contain_error_t **err)
{
        return ct_local_open_as(arena, rest, options, ct_docker_archive_open, ret, err);
}

const struct ct_source_type ct_source_docker_archive = {
        .name = "docker-archive",
        .open = open_docker_archive,
        .blob = get_blob,
        .free = free_docker_archive,
};
