/* SPDX-License-Identifier: MIT */

/* process.rlimits */

#include "spec/sections.h"

#include "spec/values.h"

#include <inttypes.h>
#include <sys/resource.h>

static const struct ct_word resources[] = {
        { "RLIMIT_AS", RLIMIT_AS },
        { "RLIMIT_CORE", RLIMIT_CORE },
        { "RLIMIT_CPU", RLIMIT_CPU },
        { "RLIMIT_DATA", RLIMIT_DATA },
        { "RLIMIT_FSIZE", RLIMIT_FSIZE },
        { "RLIMIT_LOCKS", RLIMIT_LOCKS },
        { "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK },
        { "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE },
        { "RLIMIT_NICE", RLIMIT_NICE },
        { "RLIMIT_NOFILE", RLIMIT_NOFILE },
        { "RLIMIT_NPROC", RLIMIT_NPROC },
        { "RLIMIT_RSS", RLIMIT_RSS },
        { "RLIMIT_RTPRIO", RLIMIT_RTPRIO },
        { "RLIMIT_RTTIME", RLIMIT_RTTIME },
        { "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING },
        { "RLIMIT_STACK", RLIMIT_STACK },
};

static int parse_rlimit(const struct ct_json *value, struct ct_spec_rlimit *ret, contain_error_t **err)
{
        struct ct_json type;
        const char *name;
        int r;

        r = ct_json_require(ct_json_get(value, "type", &type, err), value, "type", err);
        if (r < 0)
                return r;
        r = ct_json_string(&type, &name, err);
        if (r < 0)
                return r;
        r = ct_spec_find_word(&type, name, "rlimit", resources, CT_LENGTH(resources), err);
        if (r < 0)
                return r;
        ret->name = resources[r].name;
        ret->resource = (int)resources[r].value;

        r = ct_json_require(ct_json_get_uint(value, "soft", UINT64_MAX, &ret->soft, err), value, "soft", err);
        if (r < 0)
                return r;
        r = ct_json_require(ct_json_get_uint(value, "hard", UINT64_MAX, &ret->hard, err), value, "hard", err);
        if (r < 0)
                return r;
        if (ret->soft > ret->hard)
                return ct_json_fail(value, err, CONTAIN_E_VALUE,
                                    "the soft limit %" PRIu64 " is above the hard limit %" PRIu64, ret->soft,
                                    ret->hard);
        return 0;
}

int ct_spec_parse_rlimits(const struct ct_json *value, struct ct_spec_process *ret, contain_error_t **err)
{
        struct ct_spec_rlimit *items;
        struct ct_json element;
        size_t n, i, j;
        int r;

        r = ct_json_check_array(value, &n, err);
        if (r < 0)
                return r;
        items = ct_arena_array(value->arena, n, sizeof *items);
        if (!items)
                return ct_fail_memory(err);
        for (i = 0; i < n; i++) {
                ct_json_element(value, i, &element);
                r = parse_rlimit(&element, &items[i], err);
                if (r < 0)
                        return r;
                for (j = 0; j < i; j++)
                        if (items[j].resource == items[i].resource)
                                return ct_json_fail(&element, err, CONTAIN_E_DUPLICATE,
                                                    "rlimit '%s' is given twice", items[i].name);
        }
        ret->rlimits = items;
        ret->n_rlimits = n;
        return 0;
}
