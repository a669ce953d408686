/* SPDX-License-Identifier: MIT */

/* linux.netDevices: interfaces that move into the container. */

#include "spec/sections.h"

#include "spec/values.h"

#include <string.h>

/* "eth%d": the kernel puts a number there. It takes no other pattern. */
static int check_pattern(const struct ct_json *value, const char *name, contain_error_t **err)
{
        const char *percent = strchr(name, '%');

        if (!percent || (percent[1] == 'd' && !strchr(percent + 1, '%')))
                return 1;
        return ct_json_fail(value, err, CONTAIN_E_VALUE, "'%s' may have one '%%d' in it, and no other '%%'",
                            name);
}

static int parse_device(const struct ct_json *value, const char *host_name, struct ct_spec_net_device *ret,
                        contain_error_t **err)
{
        struct ct_json name;
        int r;

        r = ct_spec_check_interface(value, host_name, err);
        if (r <= 0)
                return r;
        ret->host_name = ct_arena_strdup(value->arena, host_name);
        if (!ret->host_name)
                return ct_fail_memory(err);
        r = ct_spec_get_text(value, "name", &ret->name, err);
        if (r <= 0)
                return r;
        r = ct_json_get(value, "name", &name, err);
        if (r > 0)
                r = ct_spec_check_interface(&name, ret->name, err);
        return r > 0 ? check_pattern(&name, ret->name, err) : r;
}

static const char *inner_name(const struct ct_spec_net_device *device)
{
        return device->name ? device->name : device->host_name;
}

/* By name, then by place in the file. */
static int compare(const void *a, const void *b)
{
        const struct ct_spec_net_device *const *left = a, *const *right = b;
        int order = strcmp(inner_name(*left), inner_name(*right));

        return order != 0 ? order : (*left > *right) - (*left < *right);
}

/* Sorts pointers to the devices: a hostile file can have very many of them. */
static int check_names(const struct ct_json *value, const struct ct_spec_net_device *items, size_t n,
                       contain_error_t **err)
{
        const struct ct_spec_net_device **sorted;
        struct ct_json place = *value;
        const char *name;
        size_t i;
        int r;

        sorted = ct_arena_array(value->arena, n, sizeof(struct ct_spec_net_device *));
        if (!sorted)
                return ct_fail_memory(err);
        for (i = 0; i < n; i++)
                sorted[i] = &items[i];
        qsort(sorted, n, sizeof(struct ct_spec_net_device *), compare);
        for (i = 1; i < n; i++) {
                name = inner_name(sorted[i]);
                /* With a '%' it is a pattern ("eth%d") that the kernel makes unique. */
                if (strchr(name, '%') || strcmp(name, inner_name(sorted[i - 1])) != 0)
                        continue;
                place.at = ct_json_pointer_join(value->arena, value->at, sorted[i]->host_name);
                if (!place.at)
                        return ct_fail_memory(err);
                r = ct_json_fail(&place, err, CONTAIN_E_CONFLICT,
                                 "'%s' is already the name of '%s' in the container", name,
                                 sorted[i - 1]->host_name);
                if (r < 0)
                        return r;
        }
        return 0;
}

int ct_spec_parse_net_devices(const struct ct_json *value, struct ct_spec_linux *ret, contain_error_t **err)
{
        struct ct_spec_net_device *items;
        struct ct_json member;
        void *position = NULL;
        const char *host_name;
        size_t n = 0;
        int r;

        items = ct_arena_array(value->arena, ct_json_length(value), sizeof *items);
        if (!items)
                return ct_fail_memory(err);
        while (ct_json_next(value, &position, &host_name, &member)) {
                items[n] = (struct ct_spec_net_device){ 0 };
                r = parse_device(&member, host_name, &items[n], err);
                if (r < 0)
                        return r;
                n += !ct_json_is_damaged(&member);
        }
        r = check_names(value, items, n, err);
        if (r < 0)
                return r;
        ret->net_devices = items;
        ret->n_net_devices = n;
        return 0;
}
