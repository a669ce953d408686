/* SPDX-License-Identifier: MIT */

/* gc: what neither a name nor a container of the content store needs goes. */

#include "image/requests.h"
#include "image/store-request.h"

int ct_do_gc(struct ct_job *job, struct ct_buf *ret_json, contain_error_t **err)
{
        _cleanup_(ct_store_freep) struct ct_store *store = NULL;
        struct ct_store_garbage garbage;
        bool dry_run = false;
        int r;

        r = ct_json_get_bool(&job->request, "dryRun", &dry_run, err);
        if (r >= 0)
                r = ct_store_open_for(job, CT_STORE_REMOVE, &store, err);
        if (r >= 0)
                r = ct_store_collect(store, dry_run, &garbage, err);
        if (r < 0)
                return r;
        r = ct_buf_printf(ret_json,
                          "{\"containers\":%llu,\"blobs\":%llu,\"layers\":%llu,\"partial\":%llu,"
                          "\"bytes\":%llu}",
                          (unsigned long long)garbage.containers, (unsigned long long)garbage.blobs,
                          (unsigned long long)garbage.layers, (unsigned long long)garbage.partial,
                          (unsigned long long)garbage.bytes);
        return r < 0 ? ct_fail_memory(err) : 0;
}
