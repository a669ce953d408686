/* SPDX-License-Identifier: MIT */

/* What requests have in common: see image/request.h. */

#include "image/request.h"

#define SPOOL_HEADERS (UINT64_C(64) << 20)

int ct_request_source_options(struct ct_job *job, struct ct_source_options *ret, contain_error_t **err)
{
        struct ct_source_options options = { .stdin_fd = -1, .spool_fd = -1, .job = job };
        const struct ct_json *request = &job->request;
        char **mirrors = NULL;
        uint64_t max_bytes = 0;
        size_t n_mirrors;
        int r;

        if ((r = ct_json_get_string(request, "platform", &options.platform, err)) < 0 ||
            (r = ct_json_get_string(request, "authFile", &options.auth_file, err)) < 0 ||
            (r = ct_json_get_string(request, "certificates", &options.certificates, err)) < 0 ||
            (r = ct_json_get_string(request, "store", &options.store, err)) < 0 ||
            (r = ct_json_get_strings(request, "mirrors", &mirrors, &n_mirrors, err)) < 0 ||
            (r = ct_json_get_bool(request, "insecure", &options.insecure, err)) < 0 ||
            (r = ct_json_get_uint(request, "maxBytes", UINT64_MAX, &max_bytes, err)) < 0 ||
            (r = ct_job_fd(job, "stdin", &options.stdin_fd, err)) < 0 ||
            (r = ct_job_fd(job, "spool", &options.spool_fd, err)) < 0)
                return r;
        /* An archive has headers and padding besides what is in files. */
        if (max_bytes > 0 && max_bytes < UINT64_MAX / 4)
                options.spool_bytes_max = 2 * max_bytes + SPOOL_HEADERS;
        options.mirrors = (const char *const *)mirrors;
        *ret = options;
        return 0;
}

int ct_request_open_image(struct ct_job *job, struct ct_image *ret, contain_error_t **err)
{
        struct ct_source_options options;
        const char *name = NULL;
        int r;

        r = ct_json_require(ct_json_get_string(&job->request, "image", &name, err), &job->request, "image",
                            err);
        if (r < 0)
                return r;
        r = ct_request_source_options(job, &options, err);
        if (r < 0)
                return r;
        return ct_source_open(job->arena, name, &options, ret, err);
}
