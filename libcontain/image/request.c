/* SPDX-License-Identifier: MIT */

/* What requests have in common: see image/request.h. */

#include "image/request.h"

#define RAW_HEADERS (UINT64_C(64) << 20)

uint64_t ct_request_raw_bytes(const struct ct_unpack_limits *limits)
{
        /* An archive has headers and padding besides what is in files. */
        return limits->bytes > 0 && limits->bytes < UINT64_MAX / 4 ? 2 * limits->bytes + RAW_HEADERS : 0;
}

int ct_request_source_options(struct ct_job *job, struct ct_source_options *ret, contain_error_t **err)
{
        struct ct_source_options options = { .stdin_fd = -1, .spool_fd = -1, .job = job };
        const struct ct_json *request = &job->request;
        char **mirrors = NULL;
        struct ct_unpack_limits limits;
        size_t n_mirrors;
        int r;

        if ((r = ct_json_get_string(request, "platform", &options.platform, err)) < 0 ||
            (r = ct_json_get_string(request, "authFile", &options.auth_file, err)) < 0 ||
            (r = ct_json_get_string(request, "certificates", &options.certificates, err)) < 0 ||
            (r = ct_json_get_string(request, "store", &options.store, err)) < 0 ||
            (r = ct_json_get_strings(request, "mirrors", &mirrors, &n_mirrors, err)) < 0 ||
            (r = ct_json_get_bool(request, "insecure", &options.insecure, err)) < 0 ||
            (r = ct_request_limits(job, &limits, err)) < 0 ||
            (r = ct_json_get_uint(request, "stallMs", UINT64_MAX, &options.stall_ms, err)) < 0 ||
            (r = ct_job_fd(job, "stdin", &options.stdin_fd, err)) < 0 ||
            (r = ct_job_fd(job, "spool", &options.spool_fd, err)) < 0)
                return r;
        options.spool_bytes_max = ct_request_raw_bytes(&limits);
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
