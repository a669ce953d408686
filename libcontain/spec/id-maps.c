/* SPDX-License-Identifier: MIT */

/* uidMappings and gidMappings, of the container and of single mounts. */

#include "spec/sections.h"

#include "spec/values.h"

#include <inttypes.h>

/* What the kernel takes in one map (user_namespaces(7)). */
#define MAX_MAPPINGS 340

static int parse_map(const struct ct_json *value, void *ret, contain_error_t **err)
{
        struct ct_spec_id_map *map = ret;
        struct ct_json size;
        int r;

        r = ct_json_require(ct_spec_get_id(value, "containerID", &map->container_id, err), value,
                            "containerID", err);
        if (r < 0)
                return r;
        r = ct_json_require(ct_spec_get_id(value, "hostID", &map->host_id, err), value, "hostID", err);
        if (r < 0)
                return r;
        r = ct_json_require(ct_json_get(value, "size", &size, err), value, "size", err);
        if (r < 0)
                return r;
        r = ct_spec_get_uint32(value, "size", UINT32_MAX, &map->size, err);
        if (r < 0)
                return r;
        if (ct_json_is_damaged(value))
                return 0;
        if (map->size == 0)
                return ct_json_fail(&size, err, CONTAIN_E_VALUE, "the size is 0");
        /* The last id of all, (uint32_t)-1, cannot be mapped. */
        if (map->size > UINT32_MAX - map->container_id || map->size > UINT32_MAX - map->host_id)
                return ct_json_fail(value, err, CONTAIN_E_VALUE,
                                    "the range ends beyond the highest id, %" PRIu32, UINT32_MAX - 1);
        return 0;
}

static bool overlap(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
        return a < b ? b - a < a_size : a - b < b_size;
}

static int check_overlap(const struct ct_json *value, const void *items, size_t i, contain_error_t **err)
{
        const struct ct_spec_id_map *maps = items, *map = &maps[i];
        size_t j;

        for (j = 0; j < i; j++)
                if (overlap(maps[j].container_id, maps[j].size, map->container_id, map->size) ||
                    overlap(maps[j].host_id, maps[j].size, map->host_id, map->size))
                        return ct_json_fail(value, err, CONTAIN_E_CONFLICT,
                                            "the range overlaps with that of entry %zu", j);
        return 0;
}

int ct_spec_parse_id_maps(const struct ct_json *object, const char *key, struct ct_spec_id_maps *ret,
                          contain_error_t **err)
{
        static const struct ct_item_type type = { .size = sizeof *ret->items,
                                                  .parse = parse_map,
                                                  .check = check_overlap };
        struct ct_json array;
        void *items;
        size_t n;
        int r;

        r = ct_json_get_array(object, key, &array, &n, err);
        if (r <= 0)
                return r;
        if (n > MAX_MAPPINGS)
                return ct_json_fail(&array, err, CONTAIN_E_VALUE,
                                    "%zu mappings are more than the kernel takes, %d", n, MAX_MAPPINGS);
        r = ct_spec_parse_items(&array, &type, &items, &ret->n, err);
        if (r <= 0)
                return r;
        ret->items = items;
        return 0;
}
