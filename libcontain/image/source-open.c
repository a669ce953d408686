/* SPDX-License-Identifier: MIT */

/* From the name of an image to its source. */

#include "image/local.h"

#include <string.h>

static const struct ct_source_type *const types[] = {
        &ct_source_oci,     &ct_source_oci_archive, &ct_source_docker_archive, &ct_source_dir,
        &ct_source_tarball, &ct_source_registry,    &ct_source_docker_daemon,
};

/* Transports of containers-transports(5) that there is no source for. */
static const char *const others[] = { "atomic", "containers-storage", "ostree", "sif" };

/* Does @name begin with "@transport:"? What follows, or NULL. */
static const char *after(const char *name, const char *transport)
{
        size_t size = strlen(transport);

        return strncmp(name, transport, size) == 0 && name[size] == ':' ? name + size + 1 : NULL;
}

int ct_source_open(struct ct_arena *arena, const char *name, const struct ct_source_options *options,
                   struct ct_image *ret, contain_error_t **err)
{
        struct ct_image image = { .source = NULL };
        int r;
        size_t i;

        image.name = ct_arena_strdup(arena, name);
        if (!image.name)
                return ct_fail_memory(err);
        if (name[0] == '\0')
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "the name of the image is empty");
        for (i = 0; i < sizeof types / sizeof types[0]; i++) {
                const char *rest = after(image.name, types[i]->name);

                if (!rest)
                        continue;
                if (rest[0] == '\0')
                        return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "'%s' does not say which image",
                                       name);
                r = types[i]->open(arena, rest, options, &image, err);
                if (r < 0)
                        return r;
                *ret = image;
                return 0;
        }
        for (i = 0; i < sizeof others / sizeof others[0]; i++)
                if (after(image.name, others[i]))
                        return ct_fail(err, CONTAIN_E_UNSUPPORTED, ENOTSUP, NULL,
                                       "images are not taken from '%s:'", others[i]);
        r = ct_local_open(arena, image.name, options, &image, err);
        if (r < 0)
                return r;
        *ret = image;
        return 0;
}
