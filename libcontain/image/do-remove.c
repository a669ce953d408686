/* SPDX-License-Identifier: MIT */

/* remove: a name of the content store goes; gc takes what nothing else leads to. */

#include "image/requests.h"
#include "image/store-request.h"

int ct_do_remove(struct ct_job *job, struct ct_buf *ret_json, contain_error_t **err)
{
        _cleanup_(ct_store_freep) struct ct_store *store = NULL;
        struct ct_store_name found;
        const char *name = NULL;
        int r;

        r = ct_json_require(ct_json_get_string(&job->request, "name", &name, err), &job->request, "name",
                            err);
        if (r >= 0)
                r = ct_store_open_for(job, CT_STORE_ADD, &store, err);
        if (r >= 0)
                r = ct_store_find(store, name, &found, err);
        if (r < 0)
                return r;
        if (r == 0)
                return ct_fail(err, CONTAIN_E_SOURCE, ENOENT, NULL,
                               "no image '%s' is in the image store '%s'", name, store->path);
        r = ct_store_set_name(store, found.name, NULL, err);
        if (r < 0)
                return r;
        (void)ct_buf_puts(ret_json, "{\"name\":");
        (void)ct_buf_json_string(ret_json, found.name);
        return ct_buf_puts(ret_json, "}") < 0 ? ct_fail_memory(err) : 0;
}
