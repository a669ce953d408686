/* SPDX-License-Identifier: MIT */

/* linux.resources.blockIO */

#include "spec/sections.h"

#include "spec/values.h"

static int parse_numbers(const struct ct_json *value, int64_t *ret_major, int64_t *ret_minor,
                         contain_error_t **err)
{
        int r;

        r = ct_json_require(ct_json_get_int(value, "major", 0, 0xfff, ret_major, err), value, "major", err);
        if (r < 0)
                return r;
        return ct_json_require(ct_json_get_int(value, "minor", 0, 0xfffff, ret_minor, err), value, "minor",
                               err);
}

/* Some generators write 0 for "not set": no scheduler has a weight of 0. */
static int get_weight(const struct ct_json *value, const char *key, struct ct_optional_uint *ret,
                      contain_error_t **err)
{
        int r;

        r = ct_spec_get_uint(value, key, 1000, ret, err);
        if (r < 0)
                return r;
        if (ret->value == 0)
                ret->has = false;
        return 0;
}

static int parse_weight_device(const struct ct_json *value, struct ct_spec_weight_device *ret,
                               contain_error_t **err)
{
        int r;

        r = parse_numbers(value, &ret->major, &ret->minor, err);
        if (r < 0)
                return r;
        r = get_weight(value, "weight", &ret->weight, err);
        if (r < 0)
                return r;
        r = get_weight(value, "leafWeight", &ret->leaf_weight, err);
        if (r < 0)
                return r;
        if (!ret->weight.has && !ret->leaf_weight.has)
                return ct_json_fail(value, err, CONTAIN_E_MISSING, "'weight' or 'leafWeight' is required");
        return 0;
}

static int parse_weight_devices(const struct ct_json *value, struct ct_spec_block_io *ret,
                                contain_error_t **err)
{
        struct ct_spec_weight_device *items;
        struct ct_json array, element;
        size_t n, i;
        int r;

        r = ct_json_get_array(value, "weightDevice", &array, &n, err);
        if (r <= 0)
                return r;
        items = ct_arena_array(value->arena, n, sizeof *items);
        if (!items)
                return ct_fail_memory(err);
        for (i = 0; i < n; i++) {
                ct_json_element(&array, i, &element);
                r = parse_weight_device(&element, &items[i], err);
                if (r < 0)
                        return r;
        }
        ret->weight_devices = items;
        ret->n_weight_devices = n;
        return 0;
}

static int parse_throttle(const struct ct_json *value, enum ct_spec_throttle kind,
                          struct ct_spec_block_io *ret, contain_error_t **err)
{
        static const char *const keys[CT_THROTTLE_N] = {
                [CT_THROTTLE_READ_BPS] = "throttleReadBpsDevice",
                [CT_THROTTLE_WRITE_BPS] = "throttleWriteBpsDevice",
                [CT_THROTTLE_READ_IOPS] = "throttleReadIOPSDevice",
                [CT_THROTTLE_WRITE_IOPS] = "throttleWriteIOPSDevice",
        };
        struct ct_spec_throttle_device *items;
        struct ct_json array, element;
        size_t n, i;
        int r;

        r = ct_json_get_array(value, keys[kind], &array, &n, err);
        if (r <= 0)
                return r;
        items = ct_arena_array(value->arena, n, sizeof *items);
        if (!items)
                return ct_fail_memory(err);
        for (i = 0; i < n; i++) {
                ct_json_element(&array, i, &element);
                r = parse_numbers(&element, &items[i].major, &items[i].minor, err);
                if (r < 0)
                        return r;
                r = ct_json_require(ct_json_get_uint(&element, "rate", UINT64_MAX, &items[i].rate, err),
                                    &element, "rate", err);
                if (r < 0)
                        return r;
        }
        ret->throttle[kind].items = items;
        ret->throttle[kind].n = n;
        return 0;
}

int ct_spec_parse_block_io(const struct ct_json *value, struct ct_spec_block_io *ret, contain_error_t **err)
{
        int kind, r;

        r = get_weight(value, "weight", &ret->weight, err);
        if (r < 0)
                return r;
        r = get_weight(value, "leafWeight", &ret->leaf_weight, err);
        if (r < 0)
                return r;
        r = parse_weight_devices(value, ret, err);
        if (r < 0)
                return r;
        for (kind = 0; kind < CT_THROTTLE_N; kind++) {
                r = parse_throttle(value, (enum ct_spec_throttle)kind, ret, err);
                if (r < 0)
                        return r;
        }
        ret->has = true;
        return 0;
}
