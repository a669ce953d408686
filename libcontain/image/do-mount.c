/* SPDX-License-Identifier: MIT */

/*
 * mount: the root file system of a container over the shared layers of an image, as a detached mount. An
 * image that is not in the content store yet is pulled. unmount: what the container wrote goes, and nothing
 * is kept for it any more.
 */

#include "image/request.h"
#include "image/requests.h"
#include "image/store-request.h"

/* The image by its name in the store, or by the one that it is pulled by. */
static int find_or_pull(struct ct_job *job, struct ct_store *store, const char *image_name,
                        struct ct_store_name *ret, contain_error_t **err)
{
        _cleanup_(ct_source_freep) struct ct_source *source = NULL;
        const char *name = NULL;
        struct ct_image image = { 0 };
        int r;

        r = ct_store_find(store, image_name, ret, err);
        if (r != 0)
                return r;
        r = ct_json_get_string(&job->request, "name", &name, err);
        if (r >= 0 && !name)
                r = ct_store_default_name(job->arena, image_name, &name, err);
        if (r >= 0)
                r = ct_store_find(store, name, ret, err);
        if (r == 0)
                r = ct_request_open_image(job, &image, err);
        else
                return r;
        if (r < 0)
                return r;
        source = image.source;
        ret->name = name;
        return ct_store_pull(store, &image, name, &ret->manifest, err);
}

static int mount_layers(struct ct_job *job, struct ct_store *store, const struct ct_image *image,
                        const struct ct_store_name *name, const char *id, contain_error_t **err)
{
        const char **chain = NULL;
        int userns_fd = -1, r;

        r = ct_job_fd(job, "userns", &userns_fd, err);
        if (r >= 0)
                r = ct_store_unpack(store, image, err);
        if (r >= 0)
                r = ct_store_chain(store, image, &chain, err);
        if (r >= 0 && id)
                r = ct_store_use(store, id, name, chain, image->n_layers, err);
        if (r < 0)
                return r;
        r = ct_store_mount(store, chain, image->n_layers, id, userns_fd, &job->reply_fd, err);
        if (r < 0 && id)
                (void)ct_store_release(store, id, NULL);
        return r;
}

int ct_do_mount(struct ct_job *job, struct ct_buf *ret_json, contain_error_t **err)
{
        _cleanup_(ct_source_freep) struct ct_source *source = NULL;
        _cleanup_(ct_store_freep) struct ct_store *store = NULL;
        const char *image_name = NULL, *id = NULL;
        struct ct_store_name name = { 0 };
        struct ct_image image = { 0 };
        int r;

        r = ct_json_require(ct_json_get_string(&job->request, "image", &image_name, err), &job->request,
                            "image", err);
        if (r >= 0)
                r = ct_json_get_string(&job->request, "id", &id, err);
        if (r >= 0)
                r = ct_store_open_for(job, CT_STORE_ADD, &store, err);
        if (r >= 0)
                r = find_or_pull(job, store, image_name, &name, err);
        if (r >= 0)
                r = ct_store_open_image(store, &name.manifest, name.name, &image, err);
        if (r < 0)
                return r;
        source = image.source;
        r = mount_layers(job, store, &image, &name, id, err);
        if (r < 0)
                return r;
        (void)ct_buf_puts(ret_json, "{\"image\":");
        r = ct_store_put_image(store, &name, NULL, 0, ret_json, err);
        (void)ct_buf_printf(ret_json, ",\"config\":%s}", image.config_json);
        return r < 0 ? r : ret_json->failed ? ct_fail_memory(err) : 0;
}

int ct_do_unmount(struct ct_job *job, struct ct_buf *ret_json, contain_error_t **err)
{
        _cleanup_(ct_store_freep) struct ct_store *store = NULL;
        const char *id = NULL;
        int r;

        r = ct_json_require(ct_json_get_string(&job->request, "id", &id, err), &job->request, "id", err);
        if (r >= 0)
                r = ct_store_open_for(job, CT_STORE_ADD, &store, err);
        if (r >= 0)
                r = ct_store_release(store, id, err);
        if (r < 0)
                return r;
        return ct_buf_puts(ret_json, "{}") < 0 ? ct_fail_memory(err) : 0;
}
