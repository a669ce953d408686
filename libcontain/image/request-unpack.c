/* SPDX-License-Identifier: MIT */

/* How something is unpacked: whose files become, and up to which limits. */

#include "image/request.h"

#include <string.h>

#define RANGES_MAX (sizeof(((struct ct_owner *)NULL)->uids) / sizeof(struct ct_owner_range))

/* [INSIDE, OUTSIDE, COUNT] */
static int read_range(const struct ct_json *range, struct ct_owner_range *ret, contain_error_t **err)
{
        uint64_t numbers[3];
        size_t n;
        int r = ct_json_check_array(range, &n, err);

        if (r < 0)
                return r;
        if (n != 3)
                return ct_json_fail(range, err, CONTAIN_E_VALUE, "expected three numbers, found %zu", n);
        for (size_t i = 0; i < 3; i++) {
                struct ct_json number;

                ct_json_element(range, i, &number);
                r = ct_json_uint(&number, UINT32_MAX, &numbers[i], err);
                if (r < 0)
                        return r;
        }
        *ret = (struct ct_owner_range){ (uint32_t)numbers[0], (uint32_t)numbers[1], (uint32_t)numbers[2] };
        return 0;
}

static int read_ranges(const struct ct_json *request, const char *key, struct ct_owner_range *ret,
                       size_t *ret_n, contain_error_t **err)
{
        struct ct_json list;
        size_t n = 0;
        int r = ct_json_require(ct_json_get_array(request, key, &list, &n, err), request, key, err);

        if (r < 0)
                return r;
        if (n > RANGES_MAX)
                return ct_json_fail(&list, err, CONTAIN_E_VALUE, "there are more than %zu id maps",
                                    RANGES_MAX);
        for (size_t i = 0; i < n; i++) {
                struct ct_json range;

                ct_json_element(&list, i, &range);
                r = read_range(&range, &ret[i], err);
                if (r < 0)
                        return r;
        }
        *ret_n = n;
        return 0;
}

static int read_owner(const struct ct_json *request, struct ct_owner *ret, contain_error_t **err)
{
        const char *mode = NULL;
        uint64_t uid = 0, gid = 0;
        int r = ct_json_get_string(request, "owner", &mode, err);

        if (r <= 0)
                return r;
        if (strcmp(mode, "single") == 0) {
                ret->mode = CT_OWNER_SINGLE;
                if ((r = ct_json_get_uint(request, "uid", UINT32_MAX - 1, &uid, err)) < 0 ||
                    (r = ct_json_get_uint(request, "gid", UINT32_MAX - 1, &gid, err)) < 0)
                        return r;
                ret->uid = (uint32_t)uid;
                ret->gid = (uint32_t)gid;
                return 0;
        }
        if (strcmp(mode, "shifted") == 0) {
                ret->mode = CT_OWNER_SHIFTED;
                r = read_ranges(request, "uidMaps", ret->uids, &ret->n_uids, err);
                return r < 0 ? r : read_ranges(request, "gidMaps", ret->gids, &ret->n_gids, err);
        }
        return ct_json_fail(request, err, CONTAIN_E_VALUE, "unknown owner '%s'", mode);
}

int ct_request_limits(struct ct_job *job, struct ct_unpack_limits *ret, contain_error_t **err)
{
        const struct ct_json *request = &job->request;
        struct ct_unpack_limits limits = { 0 };
        int r;

        if ((r = ct_json_get_uint(request, "maxBytes", UINT64_MAX, &limits.bytes, err)) < 0 ||
            (r = ct_json_get_uint(request, "maxEntries", UINT64_MAX, &limits.entries, err)) < 0 ||
            (r = ct_json_get_uint(request, "maxFileBytes", UINT64_MAX, &limits.file_size, err)) < 0 ||
            (r = ct_json_get_uint(request, "maxDepth", UINT64_MAX, &limits.path_depth, err)) < 0)
                return r;
        *ret = limits;
        return 0;
}

int ct_request_unpack_options(struct ct_job *job, struct ct_unpack *ret, contain_error_t **err)
{
        const struct ct_json *request = &job->request;
        struct ct_unpack how = { .owner = { .mode = CT_OWNER_AS_IS } };
        int r;

        if ((r = read_owner(request, &how.owner, err)) < 0 ||
            (r = ct_json_get_bool(request, "noDevices", &how.no_devices, err)) < 0 ||
            (r = ct_request_limits(job, &how.limits, err)) < 0)
                return r;
        *ret = how;
        return 0;
}
