/* SPDX-License-Identifier: MIT */

/* linux.namespaces, and the clocks of a time namespace. */

#include "spec/sections.h"

#include "spec/values.h"

#include <linux/sched.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static const struct ct_word types[] = {
        { "pid", CLONE_NEWPID },       { "network", CLONE_NEWNET }, { "mount", CLONE_NEWNS },
        { "ipc", CLONE_NEWIPC },       { "uts", CLONE_NEWUTS },     { "user", CLONE_NEWUSER },
        { "cgroup", CLONE_NEWCGROUP }, { "time", CLONE_NEWTIME },
};

static int parse_namespace(const struct ct_json *value, void *ret, contain_error_t **err)
{
        struct ct_spec_namespace *namespace = ret;
        const struct ct_word *type = NULL;
        int r;

        r = ct_spec_require_word(value, "type", "namespace type", types, CT_LENGTH(types), &type, err);
        if (r < 0)
                return r;
        if (type) {
                namespace->type = type->value;
                namespace->name = type->name;
        }
        /* Empty would be a new namespace for some, an error for others: better the error. */
        r = ct_spec_get_path(value, "path", &namespace->path, err);
        return r < 0 ? r : 0;
}

static int check_namespace(const struct ct_json *value, const void *items, size_t i, contain_error_t **err)
{
        const struct ct_spec_namespace *namespaces = items;
        size_t j;

        for (j = 0; j < i; j++)
                if (namespaces[j].type == namespaces[i].type)
                        return ct_json_fail(value, err, CONTAIN_E_DUPLICATE,
                                            "a namespace of type '%s' is given twice", namespaces[i].name);
        return 0;
}

int ct_spec_parse_namespaces(const struct ct_json *value, struct ct_spec_linux *ret, contain_error_t **err)
{
        static const struct ct_item_type type = { .size = sizeof *ret->namespaces,
                                                  .parse = parse_namespace,
                                                  .check = check_namespace };
        void *items;
        int r;

        r = ct_spec_parse_items(value, &type, &items, &ret->n_namespaces, err);
        if (r <= 0)
                return r;
        ret->namespaces = items;
        return 0;
}

static int parse_offset(const struct ct_json *value, struct ct_spec_time_offset *ret, contain_error_t **err)
{
        int r;

        r = ct_json_get_int(value, "secs", INT64_MIN, INT64_MAX, &ret->secs, err);
        if (r < 0)
                return r;
        r = ct_spec_get_uint32(value, "nanosecs", 999999999, &ret->nanosecs, err);
        if (r < 0)
                return r;
        ret->has = true;
        return 0;
}

int ct_spec_parse_time_offsets(const struct ct_json *value, struct ct_spec_linux *ret, contain_error_t **err)
{
        static const struct ct_word clocks[] = { { "monotonic", 0 }, { "boottime", 1 } };
        void *position = NULL;
        struct ct_json member;
        const char *name;
        int r;

        while (ct_json_next(value, &position, &name, &member)) {
                const struct ct_word *clock = clocks;

                r = ct_spec_find_word(&member, name, "clock", clocks, CT_LENGTH(clocks), &clock, err);
                if (r > 0)
                        r = parse_offset(&member,
                                         clock == clocks ? &ret->time_monotonic : &ret->time_boottime, err);
                if (r < 0)
                        return r;
        }
        return 0;
}
