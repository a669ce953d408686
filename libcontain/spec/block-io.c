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

static int parse_weight_device(const struct ct_json *value, void *ret, contain_error_t **err)
{
        struct ct_spec_weight_device *device = ret;
        int r;

        r = parse_numbers(value, &device->major, &device->minor, err);
        if (r < 0)
                return r;
        r = get_weight(value, "weight", &device->weight, err);
        if (r < 0)
                return r;
        r = get_weight(value, "leafWeight", &device->leaf_weight, err);
        if (r < 0)
                return r;
        if (!device->weight.has && !device->leaf_weight.has && !ct_json_is_damaged(value))
                return ct_json_fail(value, err, CONTAIN_E_MISSING, "'weight' or 'leafWeight' is required");
        return 0;
}

static int parse_weight_devices(const struct ct_json *value, struct ct_spec_block_io *ret,
                                contain_error_t **err)
{
        static const struct ct_item_type type = { .size = sizeof *ret->weight_devices,
                                                  .parse = parse_weight_device };
        void *items;
        int r;

        r = ct_spec_get_items(value, "weightDevice", &type, &items, &ret->n_weight_devices, err);
        if (r <= 0)
                return r;
        ret->weight_devices = items;
        return 0;
}

static int parse_throttle_device(const struct ct_json *value, void *ret, contain_error_t **err)
{
        struct ct_spec_throttle_device *device = ret;
        int r;

        r = parse_numbers(value, &device->major, &device->minor, err);
        if (r < 0)
                return r;
        return ct_json_require(ct_json_get_uint(value, "rate", UINT64_MAX, &device->rate, err), value, "rate",
                               err);
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
        static const struct ct_item_type type = { .size = sizeof *ret->throttle[kind].items,
                                                  .parse = parse_throttle_device };
        void *items;
        int r;

        r = ct_spec_get_items(value, keys[kind], &type, &items, &ret->throttle[kind].n, err);
        if (r <= 0)
                return r;
        ret->throttle[kind].items = items;
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
