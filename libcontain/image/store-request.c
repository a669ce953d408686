/* SPDX-License-Identifier: MIT */

/* What the requests to the store have in common: see image/store-request.h. */

#include "image/store-request.h"

#include "image/reference.h"

#include <string.h>

int ct_store_open_for(struct ct_job *job, enum ct_store_lock lock, struct ct_store **ret,
                      contain_error_t **err)
{
        const char *path = NULL;
        int r = ct_json_get_string(&job->request, "store", &path, err);

        return r < 0 ? r : ct_store_open(job, path, lock, ret, err);
}

int ct_store_default_name(struct ct_arena *arena, const char *image, const char **ret, contain_error_t **err)
{
        static const char *const transports[] = { "docker://", "docker-daemon:" };
        struct ct_reference reference;
        int r;

        for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++) {
                size_t length = strlen(transports[i]);

                if (strncmp(image, transports[i], length) != 0)
                        continue;
                r = ct_reference_parse(arena, image + length, &reference, err);
                if (r < 0)
                        return r;
                *ret = i == 0 ? reference.text : image + length;
                return 0;
        }
        r = ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL,
                    "'%s' does not say what the image is to be called in the store", image);
        ct_error_set_hint(err, "give it a name, such as --name app:1");
        return r;
}

static void put_users(struct ct_buf *ret, const struct ct_digest *manifest,
                      const struct ct_store_container *containers, size_t n)
{
        bool first = true;

        (void)ct_buf_puts(ret, ",\"containers\":[");
        for (size_t i = 0; i < n; i++) {
                if (!ct_digest_equal(&containers[i].manifest, manifest))
                        continue;
                (void)ct_buf_puts(ret, first ? "" : ",");
                (void)ct_buf_json_string(ret, containers[i].id);
                first = false;
        }
        (void)ct_buf_puts(ret, "]");
}

int ct_store_put_image(const struct ct_store *store, const struct ct_store_name *name,
                       const struct ct_store_container *containers, size_t n_containers, struct ct_buf *ret,
                       contain_error_t **err)
{
        _cleanup_(ct_source_freep) struct ct_source *source = NULL;
        char digest[CT_DIGEST_TEXT];
        struct ct_image image = { 0 };
        uint64_t size = 0;
        int r;

        r = ct_store_open_image(store, &name->manifest, name->name, &image, err);
        if (r < 0)
                return r;
        source = image.source;
        for (size_t i = 0; i < image.n_layers; i++)
                size += image.layers[i].blob.size > 0 ? (uint64_t)image.layers[i].blob.size : 0;
        ct_digest_format(&name->manifest.digest, digest);
        (void)ct_buf_puts(ret, "{\"name\":");
        (void)ct_buf_json_string(ret, name->name);
        (void)ct_buf_printf(ret, ",\"digest\":\"%s\",\"layers\":%zu,\"size\":%llu", digest, image.n_layers,
                            (unsigned long long)size);
        put_users(ret, &name->manifest.digest, containers, n_containers);
        return ct_buf_puts(ret, "}") < 0 ? ct_fail_memory(err) : 0;
}
