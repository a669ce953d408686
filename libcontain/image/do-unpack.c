/* SPDX-License-Identifier: MIT */

/* Writes the root file system of an image to a folder: all of it, or nothing. */

#include "image/request.h"
#include "image/requests.h"
#include "image/target.h"

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

int ct_do_unpack(struct ct_job *job, struct ct_buf *ret_json, contain_error_t **err)
{
        _cleanup_(free_source) struct ct_image image = { 0 };
        _cleanup_target_ struct ct_target target = { .root_fd = -EBADF };
        struct ct_unpack_counts counts = { 0 };
        struct ct_unpack how;
        int r;

        r = ct_request_unpack_options(job, &how, err);
        if (r == 0)
                r = ct_request_open_image(job, &image, err);
        if (r == 0)
                r = ct_target_open(job, "target", &target, err);
        if (r == 0)
                r = ct_unpack_image(&image, target.root_fd, &how, job, &counts, err);
        if (r == 0)
                r = put_result(ret_json, &image, &counts, err);
        return r < 0 ? r : ct_target_complete(&target, err);
}
