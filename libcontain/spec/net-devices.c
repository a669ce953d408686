/* SPDX-License-Identifier: MIT */

/* linux.netDevices: interfaces that move into the container. */

#include "spec/sections.h"

#include "spec/values.h"

#include <string.h>

static int parse_device(const struct ct_json *value, const char *host_name, struct ct_spec_net_device *ret,
                        contain_error_t **err)
{
        int r;

        r = ct_spec_check_interface(value, host_name, err);
        if (r < 0)
                return r;
        ret->host_name = ct_arena_strdup(value->arena, host_name);
        if (!ret->host_name)
                return ct_fail_memory(err);
        r = ct_spec_get_text(value, "name", &ret->name, err);
        if (r < 0)
                return r;
        return ret->name ? ct_spec_check_interface(value, ret->name, err) : 0;
}

static const char *inner_name(const struct ct_spec_net_device *device)
{
        return device->name ? device->name : device->host_name;
}

int ct_spec_parse_net_devices(const struct ct_json *value, struct ct_spec_linux *ret, contain_error_t **err)
{
        struct ct_spec_net_device *items;
        struct ct_json member;
        void *position = NULL;
        const char *host_name;
        size_t n = 0, i;
        int r;

        items = ct_arena_array(value->arena, ct_json_length(value), sizeof *items);
        if (!items)
                return ct_fail_memory(err);
        while (ct_json_next(value, &position, &host_name, &member)) {
                r = parse_device(&member, host_name, &items[n], err);
                if (r < 0)
                        return r;
                /* With a '%' the name is a pattern ("eth%d") that the kernel makes unique. */
                for (i = 0; i < n; i++)
                        if (!strchr(inner_name(&items[n]), '%') &&
                            strcmp(inner_name(&items[i]), inner_name(&items[n])) == 0)
                                return ct_json_fail(&member, err, CONTAIN_E_CONFLICT,
                                                    "'%s' is already the name of '%s' in the container",
                                                    inner_name(&items[n]), items[i].host_name);
                n++;
        }
        ret->net_devices = items;
        ret->n_net_devices = n;
        return 0;
}
