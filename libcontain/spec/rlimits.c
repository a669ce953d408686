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

static int parse_rlimit(const struct ct_json *value, void *ret, contain_error_t **err)
{
        struct ct_spec_rlimit *rlimit = ret;
        const struct ct_word *type = NULL;
        int r;

        r = ct_spec_require_word(value, "type", "rlimit", resources, CT_LENGTH(resources), &type, err);
        if (r < 0)
                return r;
        if (type) {
                rlimit->name = type->name;
                rlimit->resource = (int)type->value;
        }
        r = ct_json_require(ct_json_get_uint(value, "soft", UINT64_MAX, &rlimit->soft, err), value, "soft",
                            err);
        if (r < 0)
                return r;
        r = ct_json_require(ct_json_get_uint(value, "hard", UINT64_MAX, &rlimit->hard, err), value, "hard",
                            err);
        if (r < 0)
                return r;
        if (rlimit->soft > rlimit->hard && !ct_json_is_damaged(value))
                return ct_json_fail(value, err, CONTAIN_E_VALUE,
                                    "the soft limit %" PRIu64 " is above the hard limit %" PRIu64,
                                    rlimit->soft, rlimit->hard);
        return 0;
}

static int check_rlimit(const struct ct_json *value, const void *items, size_t i, contain_error_t **err)
{
        const struct ct_spec_rlimit *rlimits = items;
        size_t j;

        for (j = 0; j < i; j++)
                if (rlimits[j].resource == rlimits[i].resource)
                        return ct_json_fail(value, err, CONTAIN_E_DUPLICATE, "rlimit '%s' is given twice",
                                            rlimits[i].name);
        return 0;
}

int ct_spec_parse_rlimits(const struct ct_json *value, struct ct_spec_process *ret, contain_error_t **err)
{
        static const struct ct_item_type type = { .size = sizeof *ret->rlimits,
                                                  .parse = parse_rlimit,
                                                  .check = check_rlimit };
        void *items;
        int r;

        r = ct_spec_parse_items(value, &type, &items, &ret->n_rlimits, err);
        if (r <= 0)
                return r;
        ret->rlimits = items;
        return 0;
}
