/* SPDX-License-Identifier: MIT */

/* Devices twice: the nodes of linux.devices, and the rules of linux.resources.devices. */

#include "spec/sections.h"

#include "spec/values.h"

#include <string.h>

/* A dev_t has 12 bits of major and 20 bits of minor number in the kernel. */
#define MAX_MAJOR 0xfff
#define MAX_MINOR 0xfffff

static int parse_node_type(const struct ct_json *value, char *ret, contain_error_t **err)
{
        static const struct ct_word types[] = { { "c", 'c' }, { "b", 'b' }, { "u", 'c' }, { "p", 'p' } };
        const struct ct_word *type;
        int r;

        r = ct_spec_require_word(value, "type", "device type", types, CT_LENGTH(types), &type, err);
        if (r <= 0)
                return r;
        *ret = (char)type->value;
        return 0;
}

static int parse_node(const struct ct_json *value, void *ret, contain_error_t **err)
{
        struct ct_spec_device *device = ret;
        int r;

        r = parse_node_type(value, &device->type, err);
        if (r < 0)
                return r;
        r = ct_json_require(ct_spec_get_path(value, "path", &device->path, err), value, "path", err);
        if (r < 0)
                return r;
        if (device->type == 'c' || device->type == 'b') {
                r = ct_json_require(ct_json_get_int(value, "major", 0, MAX_MAJOR, &device->major, err), value,
                                    "major", err);
                if (r < 0)
                        return r;
                r = ct_json_require(ct_json_get_int(value, "minor", 0, MAX_MINOR, &device->minor, err), value,
                                    "minor", err);
                if (r < 0)
                        return r;
        }
        /* Generators copy st_mode, type bits and all. */
        r = ct_spec_get_uint32(value, "fileMode", 0177777, &device->file_mode, err);
        if (r < 0)
                return r;
        device->has_file_mode = r > 0;
        device->file_mode &= 07777;
        r = ct_spec_get_id(value, "uid", &device->uid, err);
        if (r < 0)
                return r;
        device->has_uid = r > 0;
        r = ct_spec_get_id(value, "gid", &device->gid, err);
        if (r < 0)
                return r;
        device->has_gid = r > 0;
        return 0;
}

int ct_spec_parse_devices(const struct ct_json *value, struct ct_spec_linux *ret, contain_error_t **err)
{
        static const struct ct_item_type type = { .size = sizeof *ret->devices, .parse = parse_node };
        void *items;
        int r;

        r = ct_spec_parse_items(value, &type, &items, &ret->n_devices, err);
        if (r <= 0)
                return r;
        ret->devices = items;
        return 0;
}

static int parse_access(const struct ct_json *value, struct ct_spec_device_rule *ret, contain_error_t **err)
{
        struct ct_json member;
        const char *access;
        int r;

        r = ct_json_get(value, "access", &member, err);
        if (r == 0)
                ret->read = ret->write = ret->mknod = true;
        if (r <= 0)
                return r;
        r = ct_json_string(&member, &access, err);
        if (r < 0)
                return r;
        /* Not empty: "allow": true with no access at all could only be meant as something else. */
        if (access[0] == '\0' || strspn(access, "rwm") != strlen(access))
                return ct_json_fail(&member, err, CONTAIN_E_VALUE, "'%s' is not made of 'r', 'w' and 'm'",
                                    access);
        ret->read = strchr(access, 'r') != NULL;
        ret->write = strchr(access, 'w') != NULL;
        ret->mknod = strchr(access, 'm') != NULL;
        return 0;
}

static int parse_rule(const struct ct_json *value, void *ret, contain_error_t **err)
{
        static const struct ct_word types[] = { { "a", 'a' }, { "c", 'c' }, { "b", 'b' } };
        struct ct_spec_device_rule *rule = ret;
        const struct ct_word *type;
        int r;

        *rule = (struct ct_spec_device_rule){ .type = 'a', .major = -1, .minor = -1 };
        r = ct_json_require(ct_json_get_bool(value, "allow", &rule->allow, err), value, "allow", err);
        if (r < 0)
                return r;
        r = ct_spec_get_word(value, "type", "device type", types, CT_LENGTH(types), &type, err);
        if (r < 0)
                return r;
        if (r > 0)
                rule->type = (char)type->value;
        r = ct_json_get_int(value, "major", -1, MAX_MAJOR, &rule->major, err);
        if (r < 0)
                return r;
        r = ct_json_get_int(value, "minor", -1, MAX_MINOR, &rule->minor, err);
        if (r < 0)
                return r;
        return parse_access(value, rule, err);
}

int ct_spec_parse_device_rules(const struct ct_json *value, struct ct_spec_resources *ret,
                               contain_error_t **err)
{
        static const struct ct_item_type type = { .size = sizeof *ret->devices, .parse = parse_rule };
        void *items;
        int r;

        r = ct_spec_parse_items(value, &type, &items, &ret->n_devices, err);
        if (r <= 0)
                return r;
        ret->devices = items;
        return 0;
}
