/* SPDX-License-Identifier: MIT */

/* What an image's programs find in their environment. */

#include "image/image-env.h"

#include "base/env-file.h"
#include "base/json.h"

#include <string.h>

int ct_image_env(struct ct_arena *arena, const struct ct_image *image, struct ct_buf *ret,
                 contain_error_t **err)
{
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        struct ct_json json, config = { 0 };
        char **env = NULL;
        size_t n = 0, bad = 0;
        int r;

        r = ct_json_parse(arena, "the image's configuration", image->config_json, strlen(image->config_json),
                          &document, &json, err);
        if (r == 0)
                r = ct_json_get_object(&json, "config", &config, err);
        if (r > 0)
                r = ct_json_get_strings(&config, "Env", &env, &n, err);
        if (r < 0)
                return r;
        if (n == 0)
                return 0;
        r = ct_env_file_format((const char *const *)env, ret, &bad);
        if (r == -EINVAL)
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, "/config/Env",
                               "the image has '%s' in its environment, which is no name and value", env[bad]);
        return r < 0 ? ct_fail_memory(err) : 1;
}
