/* SPDX-License-Identifier: MIT */

/* A build without contain-image: see host/image.h. */

#include "host/image.h"

bool ct_image_built(void)
{
        return false;
}

int ct_image_program_fd(contain_error_t **err)
{
        int r = ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, NULL,
                        "this build of the library has no part for images");

        ct_error_set_hint(err, "build it with libarchive, libcurl, nettle, zlib, libzstd and liblzma");
        ct_error_set_cause(err, CONTAIN_CAUSE_BUILD);
        return r;
}

int ct_image_call(const struct ct_image_call *call, char **ret, int *ret_fd, contain_error_t **err)
{
        (void)call;
        (void)ret;
        (void)ret_fd;
        return ct_image_program_fd(err);
}
