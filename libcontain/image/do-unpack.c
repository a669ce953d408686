/* SPDX-License-Identifier: MIT */

/*
 * Writes the root file system of an image to a folder: all of it, or nothing. With member "fromStore", an
 * image that is in the content store, or could have a name there, is taken from there.
 */

#include "image/request.h"
#include "image/requests.h"
#include "image/store-request.h"
#include "image/target.h"
#include "image/volumes.h"

static void free_source(struct ct_image *image)
{
        (void)ct_source_free(image->source);
}

static int put_result(struct ct_buf *buf, const struct ct_image *image, const struct ct_unpack_counts *counts,
                      contain_error_t **err)
{
        char digest[CT_DIGEST_TEXT];

        (void)ct_buf_puts(buf, "{\"name\":");
        (void)ct_buf_json_string(buf, image->name);
        ct_digest_format(&image->manifest.digest, digest);
        if (digest[0])
                (void)ct_buf_printf(buf, ",\"digest\":\"%s\"", digest);
        (void)ct_buf_printf(buf, ",\"config\":%s", image->config_json);
        if (ct_buf_printf(
                    buf,
                    ",\"entries\":%llu,\"bytes\":%llu,\"skippedDevices\":%llu,\"skippedAttributes\":%llu}",
                    (unsigned long long)counts->entries, (unsigned long long)counts->bytes,
                    (unsigned long long)counts->skipped_devices,
                    (unsigned long long)counts->skipped_attributes) < 0)
                return ct_fail_memory(err);
        return 0;
}

/* *ret_store is as long as the image. */
static int open_image(struct ct_job *job, struct ct_store **ret_store, struct ct_image *ret,
                      contain_error_t **err)
{
        struct ct_store_name name = { 0 };
        bool from_store = false;
        int r = ct_json_get_bool(&job->request, "fromStore", &from_store, err);

        if (r >= 0 && from_store)
                r = ct_store_open_for(job, CT_STORE_ADD, ret_store, err);
        if (r >= 0 && from_store)
                r = ct_store_find_or_pull(job, *ret_store, true, &name, err);
        if (r < 0)
                return r;
        return from_store && r > 0 ? ct_store_open_image(*ret_store, &name.manifest, name.name, ret, err)
                                   : ct_request_open_image(job, ret, err);
}

int ct_do_unpack(struct ct_job *job, struct ct_buf *ret_json, contain_error_t **err)
{
        _cleanup_(ct_store_freep) struct ct_store *store = NULL;
        _cleanup_(free_source) struct ct_image image = { 0 };
        _cleanup_target_ struct ct_target target = { .root_fd = -EBADF };
        struct ct_unpack_counts counts = { 0 };
        struct ct_unpack how;
        int r;

        r = ct_request_unpack_options(job, &how, err);
        if (r == 0)
                r = open_image(job, &store, &image, err);
        if (r == 0)
                r = ct_target_open(job, "target", &target, err);
        if (r == 0)
                r = ct_unpack_image(&image, target.root_fd, &how, job, &counts, err);
        if (r == 0)
                r = ct_volumes_make(job, &image, target.root_fd, err);
        if (r == 0)
                r = put_result(ret_json, &image, &counts, err);
        return r < 0 ? r : ct_target_complete(&target, err);
}
