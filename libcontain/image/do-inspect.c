/* SPDX-License-Identifier: MIT */

/* What an image is: its manifest, its configuration, and its layers. */

#include "image/request.h"
#include "image/requests.h"

static void put_digest(struct ct_buf *buf, const char *key, const struct ct_digest *digest)
{
        char text[CT_DIGEST_TEXT];

        if (digest->algorithm == CT_DIGEST_NONE)
                return;
        ct_digest_format(digest, text);
        (void)ct_buf_printf(buf, ",\"%s\":\"%s\"", key, text);
}

/* A descriptor's members, each with a comma before it. */
static void put_descriptor(struct ct_buf *buf, const struct ct_descriptor *blob)
{
        if (blob->media_type && blob->media_type[0]) {
                (void)ct_buf_puts(buf, ",\"mediaType\":");
                (void)ct_buf_json_string(buf, blob->media_type);
        }
        put_digest(buf, "digest", &blob->digest);
        if (blob->size >= 0)
                (void)ct_buf_printf(buf, ",\"size\":%lld", (long long)blob->size);
}

static void put_layers(struct ct_buf *buf, const struct ct_image *image)
{
        (void)ct_buf_puts(buf, ",\"layers\":[");
        for (size_t i = 0; i < image->n_layers; i++) {
                (void)ct_buf_printf(buf, "%s{\"index\":%zu", i > 0 ? "," : "", i);
                put_descriptor(buf, &image->layers[i].blob);
                put_digest(buf, "diffId", &image->layers[i].diff_id);
                (void)ct_buf_puts(buf, "}");
        }
        (void)ct_buf_puts(buf, "]");
}

int ct_do_inspect(struct ct_job *job, struct ct_buf *ret_json, contain_error_t **err)
{
        struct ct_image image = { 0 };
        int r = ct_request_open_image(job, &image, err);

        if (r < 0)
                return r;
        (void)ct_buf_puts(ret_json, "{\"name\":");
        (void)ct_buf_json_string(ret_json, image.name);
        put_descriptor(ret_json, &image.manifest);
        if (image.manifest_json)
                (void)ct_buf_printf(ret_json, ",\"manifest\":%s", image.manifest_json);
        (void)ct_buf_printf(ret_json, ",\"config\":%s", image.config_json);
        put_layers(ret_json, &image);
        r = ct_buf_puts(ret_json, "}");
        (void)ct_source_free(image.source);
        return r < 0 ? ct_fail_memory(err) : 0;
}
