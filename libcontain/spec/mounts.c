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
        if (r > 0)
                r = ct_json_string(&member, &destination, err);
        if (r <= 0)
                return r;
        if (destination[0] == '\0')
                return ct_json_fail(&member, err, CONTAIN_E_VALUE, "the destination is empty");
        /* Old configurations have relative ones, which are relative to "/". */
        ret->destination =
                destination[0] == '/' ? destination : ct_arena_printf(value->arena, "/%s", destination);
        return ret->destination ? 0 : ct_fail_memory(err);
}

static int parse_mount(const struct ct_json *value, void *ret, contain_error_t **err)
{
        struct ct_spec_mount *mount = ret;
        int r;

        r = parse_destination(value, mount, err);
        if (r < 0)
                return r;
        mount->type = "";
        r = ct_json_get_string(value, "type", &mount->type, err);
        if (r < 0)
                return r;
        mount->source = "";
        r = ct_json_get_string(value, "source", &mount->source, err);
        if (r < 0)
                return r;
        r = ct_spec_parse_mount_options(value, mount, err);
        if (r < 0)
                return r;
        r = ct_spec_parse_id_maps(value, "uidMappings", &mount->uid_maps, err);
        if (r < 0)
                return r;
        r = ct_spec_parse_id_maps(value, "gidMappings", &mount->gid_maps, err);
        if (r < 0)
                return r;
        if ((mount->uid_maps.n > 0) != (mount->gid_maps.n > 0) && !ct_json_is_damaged(value))
                return ct_json_fail(value, err, CONTAIN_E_CONFLICT, "'%s' is given without '%s'",
                                    mount->uid_maps.n > 0 ? "uidMappings" : "gidMappings",
                                    mount->uid_maps.n > 0 ? "gidMappings" : "uidMappings");
        return 0;
}

int ct_spec_parse_mounts(const struct ct_json *value, struct ct_spec *ret, contain_error_t **err)
{
        static const struct ct_item_type type = { .size = sizeof *ret->mounts, .parse = parse_mount };
        void *items;
        int r;

        r = ct_spec_parse_items(value, &type, &items, &ret->n_mounts, err);
        if (r <= 0)
                return r;
        ret->mounts = items;
        return 0;
}
