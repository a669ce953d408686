/* SPDX-License-Identifier: MIT */

/* Writes the root file system of an image to a folder. */

#include "ops/image.h"

#include "ops/image-userns.h"

#include <inttypes.h>
#include <stdlib.h>

/* "INSIDE:OUTSIDE:COUNT" */
static bool parse_range(const char *text, uint64_t ret[3])
{
        for (int i = 0; i < 3; i++) {
                char *end;

                if (text[0] < '0' || text[0] > '9')
                        return false;
                errno = 0;
                ret[i] = strtoull(text, &end, 10);
                if (errno != 0 || ret[i] > UINT32_MAX || *end != (i < 2 ? ':' : '\0'))
                        return false;
                text = end + 1;
        }
        return ret[2] > 0 && ret[0] + ret[2] <= UINT32_MAX && ret[1] + ret[2] <= UINT32_MAX;
}

/* "INSIDE:OUTSIDE:COUNT" each, as numbers in arrays: what is not understood is refused here. */
static int put_maps(struct ct_image_request *request, const char *key, const char *const *maps,
                    contain_error_t **err)
{
        (void)ct_buf_printf(&request->text, ",\"%s\":[", key);
        for (size_t i = 0; maps[i]; i++) {
                uint64_t range[3];

                if (!parse_range(maps[i], range))
                        return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL,
                                       "the id map '%s' is not INSIDE:OUTSIDE:COUNT", maps[i]);
                (void)ct_buf_printf(&request->text, "%s[%" PRIu64 ",%" PRIu64 ",%" PRIu64 "]",
                                    i > 0 ? "," : "", range[0], range[1], range[2]);
        }
        (void)ct_buf_puts(&request->text, "]");
        return 0;
}

static int put_owner(struct ct_image_request *request, const contain_unpack_options_t *unpack,
                     contain_error_t **err)
{
        int r;

        switch (unpack->owner) {
        case CONTAIN_OWNER_AS_IS:
        case CONTAIN_OWNER_SUBIDS: /* as they are in the user namespace */
                return 0;
        case CONTAIN_OWNER_SINGLE:
                ct_image_request_string(request, "owner", "single");
                ct_image_request_uint(request, "uid", unpack->uid);
                ct_image_request_uint(request, "gid", unpack->gid);
                return 0;
        case CONTAIN_OWNER_SHIFTED:
                if (!unpack->uid_maps || !unpack->uid_maps[0])
                        return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL,
                                       "owners are to be shifted, and there is no map");
                ct_image_request_string(request, "owner", "shifted");
                r = put_maps(request, "uidMaps", unpack->uid_maps, err);
                return r < 0 ? r
                             : put_maps(request, "gidMaps",
                                        unpack->gid_maps ? unpack->gid_maps : unpack->uid_maps, err);
        default:
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "owner %u is not one of 0 to 3",
                               unpack->owner);
        }
}

/* The lower one; 0 is none. */
static void limit(uint64_t *value, uint64_t other)
{
        if (other > 0 && (*value == 0 || other < *value))
                *value = other;
}

int ct_image_request_unpack(struct ct_image_request *request, const contain_unpack_options_t *unpack,
                            contain_error_t **err)
{
        ct_image_request_true(request, "noDevices", unpack->flags & CONTAIN_UNPACK_NO_DEVICES);
        limit(&request->limits.bytes, unpack->max_bytes);
        limit(&request->limits.entries, unpack->max_entries);
        limit(&request->limits.file_bytes, unpack->max_file_bytes);
        limit(&request->limits.depth, unpack->max_depth);
        return put_owner(request, unpack, err);
}

int ct_op_image_unpack(struct contain_ctx *ctx, const char *image, const char *dir,
                       const contain_image_options_t *options, const contain_unpack_options_t *unpack,
                       char **ret, contain_error_t **err)
{
        _cleanup_(ct_image_request_done) struct ct_image_request request;
        _cleanup_free_ char *result = NULL;
        _cleanup_close_ int target_fd = -EBADF, userns_fd = -EBADF;
        int r;

        ct_image_request_begin(&request, "unpack", options);
        ct_image_request_image(&request, image);
        r = ct_image_request_unpack(&request, unpack, err);
        if (r == 0 && unpack->owner == CONTAIN_OWNER_SUBIDS) {
                r = userns_fd = ct_image_userns(ctx, err);
                ct_image_request_fd(&request, "asRoot", userns_fd);
        }
        if (r >= 0)
                r = ct_image_request_target(&request, "target", dir, &target_fd, err);
        if (r == 0)
                r = ct_image_request_run(&request, ctx, &result, NULL, err);
        if (r < 0)
                return r;
        if (ret)
                *ret = ct_take(result);
        return 0;
}
