/* SPDX-License-Identifier: MIT */

/* images: what is in the content store. */

#include "image/requests.h"
#include "image/store-request.h"

/* Containers by themselves: their image's name may lead elsewhere by now, or be gone. */
static void put_containers(struct ct_buf *ret, const struct ct_store_container *containers, size_t n)
{
        char digest[CT_DIGEST_TEXT];

        (void)ct_buf_puts(ret, "],\"containers\":[");
        for (size_t i = 0; i < n; i++) {
                ct_digest_format(&containers[i].manifest, digest);
                (void)ct_buf_puts(ret, i > 0 ? ",{\"id\":" : "{\"id\":");
                (void)ct_buf_json_string(ret, containers[i].id);
                (void)ct_buf_puts(ret, ",\"image\":");
                (void)ct_buf_json_string(ret, containers[i].image);
                (void)ct_buf_printf(ret, ",\"digest\":\"%s\"}", digest);
        }
}

int ct_do_images(struct ct_job *job, struct ct_buf *ret_json, contain_error_t **err)
{
        _cleanup_(ct_store_freep) struct ct_store *store = NULL;
        struct ct_store_container *containers = NULL;
        size_t n_containers = 0, n_names = 0;
        struct ct_store_name *names = NULL;
        int r;

        r = ct_store_open_for(job, CT_STORE_ADD, &store, err);
        if (r >= 0)
                r = ct_store_names(store, &names, &n_names, err);
        if (r >= 0)
                r = ct_store_containers(store, &containers, &n_containers, err);
        (void)ct_buf_puts(ret_json, "{\"images\":[");
        for (size_t i = 0; r >= 0 && i < n_names; i++) {
                (void)ct_buf_puts(ret_json, i > 0 ? "," : "");
                r = ct_store_put_image(store, &names[i], containers, n_containers, ret_json, err);
        }
        if (r < 0)
                return r;
        put_containers(ret_json, containers, n_containers);
        return ct_buf_puts(ret_json, "]}") < 0 ? ct_fail_memory(err) : 0;
}
