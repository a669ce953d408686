/* SPDX-License-Identifier: MIT */

/*
 * mount: the root file system of a container over the shared layers of an image, as a detached mount. An
 * image that is not in the content store yet is pulled; with member "optional", one that could have no name
 * there, such as a file, is answered with "{}" and no mount. unmount: what the container wrote goes, and
 * nothing is kept for it any more.
 */

#include "image/requests.h"
#include "image/store-request.h"
#include "image/volumes.h"

static int mount_layers(struct ct_job *job, struct ct_store *store, const struct ct_image *image,
                        const struct ct_store_name *name, const char *id, contain_error_t **err)
{
        struct ct_store_use use = { .id = id, .image = name, .n = image->n_layers, .userns_fd = -1 };
        const char **chain = NULL;
        int r;

        r = ct_job_fd(job, "userns", &use.userns_fd, err);
        if (r >= 0)
                r = ct_json_get_string(&job->request, "copy", &use.copy, err);
        if (r >= 0)
                r = ct_store_unpack(store, image, err);
        if (r >= 0)
                r = ct_store_chain(store, image, &chain, err);
        use.chain = chain;
        if (r >= 0 && id)
                r = ct_store_use(store, &use, err);
        if (r < 0)
                return r;
        r = ct_store_mount(store, chain, image->n_layers, id, use.userns_fd, &job->reply_fd, err);
        if (r >= 0 && id)
                r = ct_volumes_make(job, image, job->reply_fd, err);
        if (r < 0 && id)
                (void)ct_store_release(store, id, NULL);
        return r;
}

/* What the caller is told comes first: once there is a mount, nothing fails any more. */
static int put_answer(const struct ct_store *store, const struct ct_store_name *name,
                      const struct ct_image *image, struct ct_buf *ret_json, contain_error_t **err)
{
        int r;

        (void)ct_buf_puts(ret_json, "{\"image\":");
        r = ct_store_put_image(store, name, NULL, 0, ret_json, err);
        (void)ct_buf_printf(ret_json, ",\"config\":%s}", image->config_json);
        return r < 0 ? r : ret_json->failed ? ct_fail_memory(err) : 0;
}

int ct_do_mount(struct ct_job *job, struct ct_buf *ret_json, contain_error_t **err)
{
        _cleanup_(ct_source_freep) struct ct_source *source = NULL;
        _cleanup_(ct_store_freep) struct ct_store *store = NULL;
        struct ct_store_name name = { 0 };
        struct ct_image image = { 0 };
        const char *id = NULL;
        bool optional = false;
        int r;

        r = ct_json_get_string(&job->request, "id", &id, err);
        if (r >= 0)
                r = ct_json_get_bool(&job->request, "optional", &optional, err);
        if (r >= 0)
                r = ct_store_open_for(job, CT_STORE_ADD, &store, err);
        if (r >= 0)
                r = ct_store_find_or_pull(job, store, optional, &name, err);
        if (r == 0)
                return ct_buf_puts(ret_json, "{}") < 0 ? ct_fail_memory(err) : 0;
        if (r > 0)
                r = ct_store_open_image(store, &name.manifest, name.name, &image, err);
        if (r < 0)
                return r;
        source = image.source;
        r = put_answer(store, &name, &image, ret_json, err);
        return r < 0 ? r : mount_layers(job, store, &image, &name, id, err);
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
