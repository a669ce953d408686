/* SPDX-License-Identifier: MIT */

/* What is needed of an image's configuration to get at its layers (image-spec, config.md). */

#include "image/manifest.h"

#include <string.h>

static int read_diff_ids(const struct ct_json *rootfs, struct ct_image_config *config, contain_error_t **err)
{
        struct ct_json ids;
        size_t i, n = 0;
        int r;

        r = ct_json_get_array(rootfs, "diff_ids", &ids, &n, err);
        if (r <= 0)
                return r;
        if (n > CT_IMAGE_LAYERS_MAX)
                return ct_fail(err, CONTAIN_E_IMAGE, EFBIG, ids.at,
                               "the image has %zu layers, more than the %d that are read", n,
                               CT_IMAGE_LAYERS_MAX);
        config->diff_ids = ct_arena_array(rootfs->arena, n, sizeof *config->diff_ids);
        if (!config->diff_ids)
                return ct_fail_memory(err);
        for (i = 0; i < n; i++) {
                const char *text = NULL;
                struct ct_json element;

                ct_json_element(&ids, i, &element);
                r = ct_json_string(&element, &text, err);
                if (r >= 0)
                        r = ct_digest_parse(text, element.at, &config->diff_ids[i], err);
                if (r < 0)
                        return r;
        }
        config->n_diff_ids = n;
        return 0;
}

int ct_image_config_parse(struct ct_arena *arena, const char *what, const char *text, size_t size,
                          struct ct_image_config *ret, contain_error_t **err)
{
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        struct ct_image_config config = { .platform = { .os = "", .architecture = "", .variant = "" } };
        struct ct_json root, rootfs = { .value = NULL };
        const char *type = "layers";
        int r;

        r = ct_json_parse(arena, what, text, size, &document, &root, err);
        if (r >= 0)
                r = ct_json_check_object(&root, err);
        if (r >= 0)
                r = ct_json_get_string(&root, "os", &config.platform.os, err);
        if (r >= 0)
                r = ct_json_get_string(&root, "architecture", &config.platform.architecture, err);
        if (r >= 0)
                r = ct_json_get_string(&root, "variant", &config.platform.variant, err);
        if (r >= 0)
                r = ct_json_get_object(&root, "rootfs", &rootfs, err);
        if (r >= 0)
                r = ct_json_get_string(&rootfs, "type", &type, err);
        if (r < 0)
                return r;
        if (strcmp(type, "layers") != 0)
                return ct_fail(err, CONTAIN_E_IMAGE, ENOTSUP, "/rootfs/type",
                               "a root file system of type '%.100s' is not understood", type);
        r = read_diff_ids(&rootfs, &config, err);
        if (r < 0)
                return r;
        *ret = config;
        return 0;
}

int ct_image_config_check(struct ct_arena *arena, const struct ct_image_config *config, const char *platform,
                          contain_error_t **err)
{
        const struct ct_platform *has = &config->platform;
        struct ct_platform wanted;
        const char *is, *should;
        int r;

        /* What runs elsewhere is asked for by its name; what runs in an emulator need not be. */
        if (!platform && (has->os[0] == '\0' || strcmp(has->os, "linux") == 0))
                return 0;
        r = ct_platform_parse(arena, platform, &wanted, err);
        if (r < 0)
                return r;
        if (ct_platform_match(&wanted, has) > 0)
                return 0;
        is = ct_platform_format(arena, has);
        should = platform ? ct_platform_format(arena, &wanted) : "linux";
        if (!is || !should)
                return ct_fail_memory(err);
        return ct_fail(err, CONTAIN_E_SOURCE, ENOENT, NULL, "the image is for %.200s, not for %s", is,
                       should);
}
