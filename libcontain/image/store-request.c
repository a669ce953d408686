/* SPDX-License-Identifier: MIT */

/* What the requests to the store have in common: see image/store-request.h. */

#include "image/store-request.h"

#include "image/reference.h"
#include "image/request.h"

#include <string.h>

int ct_store_open_for(struct ct_job *job, enum ct_store_lock lock, struct ct_store **ret,
                      contain_error_t **err)
{
        struct ct_unpack_limits limits;
        const char *path = NULL;
        int r;

        r = ct_json_get_string(&job->request, "store", &path, err);
        if (r >= 0)
                r = ct_request_limits(job, &limits, err);
        if (r >= 0)
                r = ct_store_open(job, path, lock, ret, err);
        if (r < 0)
                return r;
        (*ret)->limits = limits;
        (*ret)->fetch_bytes_max = ct_request_raw_bytes(&limits);
        return 0;
}

#define REGISTRY "docker://"
#define DAEMON   "docker-daemon:"

/* What follows @transport in the name of an image; NULL when it is another one. */
static const char *after(const char *image, const char *transport)
{
        size_t length = strlen(transport);

        return strncmp(image, transport, length) == 0 ? image + length : NULL;
}

int ct_store_default_name(struct ct_arena *arena, const char *image, const char **ret, contain_error_t **err)
{
        const char *at_registry = after(image, REGISTRY), *at_daemon = after(image, DAEMON);
        struct ct_reference reference;
        int r;

        if (at_registry || at_daemon) {
                r = ct_reference_parse(arena, at_registry ? at_registry : at_daemon, &reference, err);
                if (r < 0)
                        return r;
                *ret = at_registry ? reference.text : at_daemon;
                return 0;
        }
        r = ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL,
                    "'%s' does not say what the image is to be called in the store", image);
        ct_error_set_hint(err, "give it a name, such as --name app:1");
        return r;
}

int ct_store_find_or_pull(struct ct_job *job, struct ct_store *store, bool optional,
                          struct ct_store_name *ret, contain_error_t **err)
{
        const char *image_name = NULL, *name = NULL;
        struct ct_image image = { 0 };
        int r;

        r = ct_json_require(ct_json_get_string(&job->request, "image", &image_name, err), &job->request,
                            "image", err);
        if (r >= 0)
                r = ct_store_find(store, image_name, ret, err);
        if (r != 0)
                return r;
        r = ct_json_get_string(&job->request, "name", &name, err);
        if (r >= 0 && !name && optional && !after(image_name, REGISTRY) && !after(image_name, DAEMON))
                return 0;
        if (r >= 0 && !name)
                r = ct_store_default_name(job->arena, image_name, &name, err);
        if (r >= 0)
                r = ct_store_find(store, name, ret, err);
        if (r == 0)
                r = ct_request_open_image(job, &image, err);
        if (r < 0 || !image.source)
                return r;
        ret->name = name;
        r = ct_store_pull(store, &image, name, &ret->manifest, err);
        (void)ct_source_free(image.source);
        return r < 0 ? r : 1;
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
