/* SPDX-License-Identifier: MIT */

/* linux.intelRdt: cache and memory bandwidth by resctrl. */

#include "spec/sections.h"

#include "spec/values.h"

#include <string.h>

/* "/" is resctrl's root; anything else becomes the name of a folder in it. */
static bool is_clos_id(const char *id)
{
        return strcmp(id, "/") == 0 ||
               (!strchr(id, '/') && !strchr(id, '\n') && strcmp(id, ".") != 0 && strcmp(id, "..") != 0);
}

int ct_spec_parse_intel_rdt(const struct ct_json *value, struct ct_spec_intel_rdt *ret, contain_error_t **err)
{
        int r;

        r = ct_spec_get_text(value, "closID", &ret->clos_id, err);
        if (r < 0)
                return r;
        if (ret->clos_id && !is_clos_id(ret->clos_id))
                return ct_json_fail(value, err, CONTAIN_E_VALUE, "'%s' cannot be a class of service",
                                    ret->clos_id);
        r = ct_spec_get_text(value, "l3CacheSchema", &ret->l3_cache_schema, err);
        if (r < 0)
                return r;
        r = ct_spec_get_text(value, "memBwSchema", &ret->mem_bw_schema, err);
        if (r < 0)
                return r;
        if (ret->mem_bw_schema &&
            (strncmp(ret->mem_bw_schema, "MB:", 3) != 0 || strchr(ret->mem_bw_schema, '\n')))
                return ct_json_fail(value, err, CONTAIN_E_VALUE,
                                    "memBwSchema '%s' is not one line with 'MB:'", ret->mem_bw_schema);
        r = ct_spec_get_strings(value, "schemata", &ret->schemata, err);
        if (r < 0)
                return r;
        r = ct_json_get_bool(value, "enableMonitoring", &ret->enable_monitoring, err);
        if (r < 0)
                return r;
        ret->has = true;
        return 0;
}
