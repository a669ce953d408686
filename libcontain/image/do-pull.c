/* SPDX-License-Identifier: MIT */

/* pull: an image with all its layers comes into the content store. */

#include "image/request.h"
#include "image/requests.h"
#include "image/store.h"
#include "image/store-request.h"

int ct_do_pull(struct ct_job *job, struct ct_buf *ret_json, contain_error_t **err)
{
        _cleanup_(ct_source_freep) struct ct_source *source = NULL;
        _cleanup_(ct_store_freep) struct ct_store *store = NULL;
        const char *image_name = NULL, *name = NULL;
        struct ct_store_name kept = { 0 };
        struct ct_image image = { 0 };
        int r;

        r = ct_json_require(ct_json_get_string(&job->request, "image", &image_name, err), &job->request,
                            "image", err);
        if (r >= 0)
                r = ct_json_get_string(&job->request, "name", &name, err);
        if (r >= 0 && !name)
                r = ct_store_default_name(job->arena, image_name, &name, err);
        if (r >= 0)
                r = ct_store_open_for(job, CT_STORE_ADD, &store, err);
        if (r >= 0)
                r = ct_request_open_image(job, &image, err);
        if (r < 0)
                return r;
        source = image.source;
        kept.name = name;
        r = ct_store_pull(store, &image, name, &kept.manifest, err);
        return r < 0 ? r : ct_store_put_image(store, &kept, NULL, 0, ret_json, err);
}
