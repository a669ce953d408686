/* SPDX-License-Identifier: MIT */

/* The mounts section. The words in a mount's options are mount-options.c's subject. */

#include "spec/sections.h"

#include "spec/values.h"

static int parse_destination(const struct ct_json *value, struct ct_spec_mount *ret, contain_error_t **err)
{
        struct ct_json member;
        const char *destination;
        int r;

        r = ct_json_require(ct_json_get(value, "destination", &member, err), value, "destination", err);
        if (r < 0)
                return r;
        r = ct_json_string(&member, &destination, err);
        if (r < 0)
                return r;
        if (destination[0] == '\0')
                return ct_json_fail(&member, err, CONTAIN_E_VALUE, "the destination is empty");
        /* Old configurations have relative ones, which are relative to "/". */
        ret->destination =
                destination[0] == '/' ? destination : ct_arena_printf(value->arena, "/%s", destination);
        return ret->destination ? 0 : ct_fail_memory(err);
}

static int parse_mount(const struct ct_json *value, struct ct_spec_mount *ret, contain_error_t **err)
{
        int r;

        r = parse_destination(value, ret, err);
        if (r < 0)
                return r;
        ret->type = "";
        r = ct_json_get_string(value, "type", &ret->type, err);
        if (r < 0)
                return r;
        ret->source = "";
        r = ct_json_get_string(value, "source", &ret->source, err);
        if (r < 0)
                return r;
        r = ct_spec_parse_mount_options(value, ret, err);
        if (r < 0)
                return r;
        r = ct_spec_parse_id_maps(value, "uidMappings", &ret->uid_maps, err);
        if (r < 0)
                return r;
        r = ct_spec_parse_id_maps(value, "gidMappings", &ret->gid_maps, err);
        if (r < 0)
                return r;
        if ((ret->uid_maps.n > 0) != (ret->gid_maps.n > 0))
                return ct_json_fail(value, err, CONTAIN_E_CONFLICT, "'%s' is given without '%s'",
                                    ret->uid_maps.n > 0 ? "uidMappings" : "gidMappings",
                                    ret->uid_maps.n > 0 ? "gidMappings" : "uidMappings");
        return 0;
}

int ct_spec_parse_mounts(const struct ct_json *value, struct ct_spec *ret, contain_error_t **err)
{
        struct ct_spec_mount *items;
        struct ct_json element;
        size_t n, i;
        int r;

        r = ct_json_check_array(value, &n, err);
        if (r < 0)
                return r;
        items = ct_arena_array(value->arena, n, sizeof *items);
        if (!items)
                return ct_fail_memory(err);
        for (i = 0; i < n; i++) {
                ct_json_element(value, i, &element);
                r = parse_mount(&element, &items[i], err);
                if (r < 0)
                        return r;
        }
        ret->mounts = items;
        ret->n_mounts = n;
        return 0;
}
