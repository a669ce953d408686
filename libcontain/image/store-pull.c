/* SPDX-License-Identifier: MIT */

/* An image with all that it consists of comes into the store; its name last, when the rest is there. */

#include "image/manifest.h"
#include "image/store.h"
#include "image/userns.h"

#include <pthread.h>
#include <string.h>

enum { FETCHERS = 3 }; /* as many layers come at once */

#define LAYER_TYPE "application/vnd.oci.image.layer.v1.tar"

/* --- layers, by some threads --- */

struct fetchers {
        struct ct_store *store;
        const struct ct_image *image;
        int64_t *sizes; /* of what was fetched by its diff_id */
        atomic_size_t next;
        pthread_mutex_t lock;
        contain_error_t *error; /* the first */
        int result;
};

static void report(struct fetchers *fetchers, int r, contain_error_t *error)
{
        (void)pthread_mutex_lock(&fetchers->lock);
        if (fetchers->result == 0) {
                fetchers->result = r;
                fetchers->error = ct_take(error);
        }
        (void)pthread_mutex_unlock(&fetchers->lock);
        (void)contain_error_free(error);
        atomic_store(&fetchers->store->give_up, true);
}

static void *fetch_layers(void *userdata)
{
        struct fetchers *fetchers = userdata;
        const struct ct_image *image = fetchers->image;

        while (!atomic_load(&fetchers->store->give_up)) {
                size_t i = atomic_fetch_add(&fetchers->next, 1);
                contain_error_t *error = NULL;
                int r;

                if (i >= image->n_layers)
                        break;
                if (image->layers[i].blob.digest.algorithm == CT_DIGEST_NONE)
                        r = ct_store_fetch_layer(fetchers->store, image->source, &image->layers[i],
                                                 &fetchers->sizes[i], &error);
                else
                        r = ct_store_fetch_blob(fetchers->store, image->source, &image->layers[i].blob,
                                                &error);
                if (r < 0)
                        report(fetchers, r, error);
        }
        return NULL;
}

static int fetch_all_layers(struct ct_store *store, const struct ct_image *image, int64_t *sizes,
                            contain_error_t **err)
{
        struct fetchers fetchers = { .store = store, .image = image, .sizes = sizes };
        pthread_t threads[FETCHERS];
        size_t n = 0;

        if (pthread_mutex_init(&fetchers.lock, NULL) != 0)
                return ct_fail_memory(err);
        while (n < FETCHERS - 1 && n + 1 < image->n_layers &&
               pthread_create(&threads[n], NULL, fetch_layers, &fetchers) == 0)
                n++;
        (void)fetch_layers(&fetchers);
        while (n > 0)
                (void)pthread_join(threads[--n], NULL);
        (void)pthread_mutex_destroy(&fetchers.lock);
        if (fetchers.result < 0 && err)
                *err = fetchers.error;
        else
                (void)contain_error_free(fetchers.error);
        return fetchers.result;
}

/* --- documents --- */

/* Keeps @json under @digest; one that has another digest than SHA-256 is fetched as a blob. */
static int keep_document(struct ct_store *store, const struct ct_image *image,
                         const struct ct_descriptor *blob, const char *json, struct ct_digest *ret,
                         contain_error_t **err)
{
        int r;

        if (blob->digest.algorithm == CT_DIGEST_NONE || blob->digest.algorithm == CT_DIGEST_SHA256) {
                r = ct_store_put_blob(store, json, strlen(json), ret, err);
                if (r < 0 || blob->digest.algorithm == CT_DIGEST_NONE || ct_digest_equal(ret, &blob->digest))
                        return r;
        }
        *ret = blob->digest;
        return ct_store_fetch_blob(store, image->source, blob, err);
}

static void put_descriptor(struct ct_buf *text, const char *type, const struct ct_digest *digest,
                           int64_t size)
{
        char digest_text[CT_DIGEST_TEXT];

        ct_digest_format(digest, digest_text);
        (void)ct_buf_printf(text, "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%lld}", type, digest_text,
                            (long long)size);
}

/* For a source without one, such as an archive that docker wrote: layers are kept uncompressed. */
static int write_manifest(struct ct_store *store, const struct ct_image *image,
                          const struct ct_digest *config, const int64_t *sizes, struct ct_descriptor *ret,
                          contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT;

        (void)ct_buf_puts(&text, "{\"schemaVersion\":2,\"mediaType\":\"" CT_MEDIA_MANIFEST "\",\"config\":");
        put_descriptor(&text, CT_MEDIA_CONFIG, config, (int64_t)strlen(image->config_json));
        (void)ct_buf_puts(&text, ",\"layers\":[");
        for (size_t i = 0; i < image->n_layers; i++) {
                if (i > 0)
                        (void)ct_buf_puts(&text, ",");
                put_descriptor(&text, LAYER_TYPE, &image->layers[i].diff_id, sizes[i]);
        }
        if (ct_buf_puts(&text, "]}") < 0 || text.failed)
                return ct_fail_memory(err);
        *ret = (struct ct_descriptor){ .media_type = CT_MEDIA_MANIFEST, .size = (int64_t)text.size };
        return ct_store_put_blob(store, text.data, text.size, &ret->digest, err);
}

static int keep_manifest(struct ct_store *store, const struct ct_image *image, const struct ct_digest *config,
                         const int64_t *sizes, struct ct_descriptor *ret, contain_error_t **err)
{
        if (!image->manifest_json)
                return write_manifest(store, image, config, sizes, ret, err);
        *ret = image->manifest;
        ret->size = (int64_t)strlen(image->manifest_json);
        return keep_document(store, image, &image->manifest, image->manifest_json, &ret->digest, err);
}

/* --- all of it --- */

static int check_layers(const struct ct_image *image, contain_error_t **err)
{
        for (size_t i = 0; i < image->n_layers; i++)
                if (image->layers[i].diff_id.algorithm == CT_DIGEST_NONE)
                        return ct_fail(err, CONTAIN_E_STORE, ENOTSUP, NULL,
                                       "'%s' is a root file system without digests: the image store keeps "
                                       "images only",
                                       image->name);
        return 0;
}

int ct_store_pull(struct ct_store *store, const struct ct_image *from, const char *name,
                  struct ct_descriptor *ret_manifest, contain_error_t **err)
{
        int64_t *sizes = ct_arena_array(store->arena, from->n_layers + 1, sizeof(*sizes));
        struct ct_descriptor manifest;
        struct ct_image image = { 0 };
        struct ct_digest config;
        int r;

        if (!sizes)
                return ct_fail_memory(err);
        r = check_layers(from, err);
        if (r >= 0)
                r = fetch_all_layers(store, from, sizes, err);
        if (r >= 0)
                r = keep_document(store, from, &from->config, from->config_json, &config, err);
        if (r >= 0)
                r = keep_manifest(store, from, &config, sizes, &manifest, err);
        if (r >= 0)
                r = ct_store_open_image(store, &manifest, name, &image, err);
        if (r < 0)
                return r;
        /* Whoever cannot mount has no use for layers in folders: owners, whiteouts, all of it takes root. */
        r = geteuid() == 0 && ct_userns_is_first() ? ct_store_unpack(store, &image, err) : 0;
        (void)ct_source_free(image.source);
        if (r >= 0)
                r = ct_store_set_name(store, name, &manifest, err);
        if (r < 0)
                return r;
        *ret_manifest = manifest;
        return 0;
}
