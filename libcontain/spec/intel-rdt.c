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

static int check_clos_id(const struct ct_json *at, const char *id, contain_error_t **err)
{
        if (is_clos_id(id))
                return 1;
        return ct_json_fail(at, err, CONTAIN_E_VALUE, "'%s' cannot be a class of service", id);
}

/* A schema is one line of the file "schemata". */
static int check_line(const struct ct_json *at, const char *schema, contain_error_t **err)
{
        if (!strchr(schema, '\n'))
                return 1;
        return ct_json_fail(at, err, CONTAIN_E_VALUE, "'%s' is not one line", schema);
}

static int check_bandwidth(const struct ct_json *at, const char *schema, contain_error_t **err)
{
        if (strncmp(schema, "MB:", 3) == 0 && !strchr(schema, '\n'))
                return 1;
        return ct_json_fail(at, err, CONTAIN_E_VALUE, "'%s' is not one line that begins with MB:", schema);
}

static int get_line(const struct ct_json *value, const char *key,
                    int (*check)(const struct ct_json *at, const char *text, contain_error_t **err),
                    const char **ret, contain_error_t **err)
{
        struct ct_json member;
        const char *text;
        int r;

        r = ct_spec_get_text(value, key, &text, err);
        if (r <= 0)
                return r;
        r = ct_json_get(value, key, &member, err);
        if (r > 0)
                r = check(&member, text, err);
        if (r > 0)
                *ret = text;
        return r;
}

int ct_spec_parse_intel_rdt(const struct ct_json *value, struct ct_spec_intel_rdt *ret, contain_error_t **err)
{
        int r;

        r = get_line(value, "closID", check_clos_id, &ret->clos_id, err);
        if (r < 0)
                return r;
        /* "L3:" in front is a SHOULD only: some give "L3CODE:" and the like here. */
        r = get_line(value, "l3CacheSchema", check_line, &ret->l3_cache_schema, err);
        if (r < 0)
                return r;
        r = get_line(value, "memBwSchema", check_bandwidth, &ret->mem_bw_schema, err);
        if (r < 0)
                return r;
        r = ct_spec_get_checked_strings(value, "schemata", check_line, &ret->schemata, err);
        if (r < 0)
                return r;
        r = ct_json_get_bool(value, "enableMonitoring", &ret->enable_monitoring, err);
        if (r < 0)
                return r;
        ret->has = !ct_json_is_damaged(value);
        return 0;
}
