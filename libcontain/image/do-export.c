/* SPDX-License-Identifier: MIT */

/* export: what an image's layers make, as one archive. */

#include "image/flat.h"
#include "image/image-env.h"
#include "image/request.h"
#include "image/requests.h"

static int write_archive(struct ct_job *job, const struct ct_image *image, const struct ct_unpack *unpack,
                         bool no_env, int out_fd, struct ct_buf *ret_json, contain_error_t **err)
{
        _cleanup_(ct_tar_writer_freep) struct ct_tar_writer *writer = NULL;
        _cleanup_(ct_flat_freep) struct ct_flat *flat = NULL;
        _cleanup_buf_ struct ct_buf env = CT_BUF_INIT;
        struct ct_flat_how how = { .no_devices = unpack->no_devices };
        struct ct_unpack_counts counts = { 0 };
        char digest_text[CT_DIGEST_TEXT];
        struct ct_digest digest;
        uint64_t size;
        int r, has_env = 0;

        if (!no_env)
                has_env = ct_image_env(job->arena, image, &env, err);
        if (has_env < 0)
                return has_env;
        how.env = has_env ? &env : NULL;
        r = ct_flat_read(image, &unpack->limits, job, &counts, &flat, err);
        if (r == 0)
                r = ct_tar_writer_new(out_fd, job, &writer, err);
        if (r == 0)
                r = ct_flat_write(flat, image, &how, writer, job, &counts, err);
        if (r == 0)
                r = ct_tar_writer_finish(writer, &digest, &size, err);
        if (r < 0)
                return r;
        ct_digest_format(&digest, digest_text);
        r = ct_buf_printf(ret_json, "{\"digest\":\"%s\",\"size\":%llu,\"skippedDevices\":%llu}", digest_text,
                          (unsigned long long)size, (unsigned long long)counts.skipped_devices);
        return r < 0 ? ct_fail_memory(err) : 0;
}

int ct_do_export(struct ct_job *job, struct ct_buf *ret_json, contain_error_t **err)
{
        _cleanup_(ct_source_freep) struct ct_source *source = NULL;
        struct ct_image image = { 0 };
        struct ct_unpack unpack;
        bool no_env = false;
        int out_fd, r;

        r = ct_json_require(ct_job_fd(job, "output", &out_fd, err), &job->request, "output", err);
        if (r >= 0)
                r = ct_json_get_bool(&job->request, "noEnv", &no_env, err);
        if (r >= 0)
                r = ct_request_unpack_options(job, &unpack, err);
        if (r >= 0)
                r = ct_request_open_image(job, &image, err);
        source = image.source;
        return r < 0 ? r : write_archive(job, &image, &unpack, no_env, out_fd, ret_json, err);
}
