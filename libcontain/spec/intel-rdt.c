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

static int check_clos_id(const struct ct_json *value, const char *id, contain_error_t **err)
{
        struct ct_json member;
        int r;

        if (!id || is_clos_id(id))
                return 0;
        r = ct_json_get(value, "closID", &member, err);
        if (r < 0)
                return r;
        return ct_json_fail(&member, err, CONTAIN_E_VALUE, "'%s' cannot be a class of service", id);
}

/* A schema is one line of the file "schemata". @kind is what it has to begin with, or "". */
static int check_schema(const struct ct_json *at, const char *schema, const char *kind, contain_error_t **err)
{
        if (strncmp(schema, kind, strlen(kind)) == 0 && !strchr(schema, '\n'))
                return 0;
        return ct_json_fail(at, err, CONTAIN_E_VALUE, "'%s' is not one line%s%s", schema,
                            kind[0] ? " that begins with " : "", kind);
}

static int get_schema(const struct ct_json *value, const char *key, const char *kind, const char **ret,
                      contain_error_t **err)
{
        struct ct_json member;
        int r;

        r = ct_spec_get_text(value, key, ret, err);
        if (r <= 0)
                return r;
        r = ct_json_get(value, key, &member, err);
        if (r < 0)
                return r;
        return check_schema(&member, *ret, kind, err);
}

static int get_schemata(const struct ct_json *value, struct ct_strings *ret, contain_error_t **err)
{
        struct ct_json array, line;
        size_t n, i;
        int r;

        r = ct_spec_get_strings(value, "schemata", ret, err);
        if (r <= 0)
                return r;
        r = ct_json_get_array(value, "schemata", &array, &n, err);
        if (r < 0)
                return r;
        for (i = 0; i < n; i++) {
                ct_json_element(&array, i, &line);
                r = check_schema(&line, ret->items[i], "", err);
                if (r < 0)
                        return r;
        }
        return 0;
}

int ct_spec_parse_intel_rdt(const struct ct_json *value, struct ct_spec_intel_rdt *ret, contain_error_t **err)
{
        int r;

        r = ct_spec_get_text(value, "closID", &ret->clos_id, err);
        if (r < 0)
                return r;
        r = check_clos_id(value, ret->clos_id, err);
        if (r < 0)
                return r;
        /* "L3:" in front is a SHOULD only: some give "L3CODE:" and the like here. */
        r = get_schema(value, "l3CacheSchema", "", &ret->l3_cache_schema, err);
        if (r < 0)
                return r;
        r = get_schema(value, "memBwSchema", "MB:", &ret->mem_bw_schema, err);
        if (r < 0)
                return r;
        r = get_schemata(value, &ret->schemata, err);
        if (r < 0)
                return r;
        r = ct_json_get_bool(value, "enableMonitoring", &ret->enable_monitoring, err);
        if (r < 0)
                return r;
        ret->has = true;
        return 0;
}
