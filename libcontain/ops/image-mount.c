/* SPDX-License-Identifier: MIT */

/* The root file systems of containers over the layers of the content store. */

#include "ops/image-store.h"

int ct_op_image_store_mount(struct contain_ctx *ctx, const struct ct_image_mount *mount,
                            const contain_image_options_t *options, int *ret_fd, char **ret,
                            contain_error_t **err)
{
        _cleanup_(ct_image_request_done) struct ct_image_request request;
        _cleanup_free_ char *document = NULL;
        _cleanup_close_ int fd = -EBADF;
        int r;

        ct_image_request_begin(&request, "mount", options);
        ct_image_request_image(&request, mount->image);
        ct_image_request_string(&request, "id", mount->id);
        ct_image_request_string(&request, "copy", mount->copy);
        ct_image_request_fd(&request, "userns", mount->userns_fd);
        ct_image_request_true(&request, "optional", mount->optional);
        ct_image_request_true(&request, "volumes", mount->volumes);
        r = ct_image_request_run(&request, ctx, &document, &fd, err);
        if (r < 0)
                return r;
        if (fd < 0 && mount->optional)
                return 1;
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_MOUNT, EBADF, NULL, "no mount of image '%s' came back",
                               mount->image);
        *ret_fd = ct_take_fd(&fd);
        if (ret)
                *ret = ct_take(document);
        return 0;
}

int ct_op_image_store_release(struct contain_ctx *ctx, const char *id, const contain_image_options_t *options,
                              contain_error_t **err)
{
        _cleanup_(ct_image_request_done) struct ct_image_request request;
        _cleanup_free_ char *document = NULL;

        ct_image_request_begin(&request, "unmount", options);
        ct_image_request_string(&request, "id", id);
        return ct_image_request_run(&request, ctx, &document, NULL, err);
}
