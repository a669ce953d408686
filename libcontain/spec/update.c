/* SPDX-License-Identifier: MIT */

/*
 * New limits for a container that exists: a linux.resources object, with the schemata of linux.intelRdt
 * beside its own members. Generators write zeros for what they do not want to change.
 */

#include "spec/sections.h"

static void forget_zero_int(struct ct_optional_int *value)
{
        value->has = value->has && value->value != 0;
}

static void forget_zero_uint(struct ct_optional_uint *value)
{
        value->has = value->has && value->value != 0;
}

/* None of these can be zero: no program runs without memory, or without time. */
static void forget_zeros(struct ct_spec_resources *resources)
{
        forget_zero_int(&resources->memory.limit);
        forget_zero_int(&resources->memory.reservation);
        forget_zero_int(&resources->memory.swap);
        forget_zero_int(&resources->memory.kernel);
        forget_zero_int(&resources->memory.kernel_tcp);
        forget_zero_uint(&resources->cpu.shares);
        forget_zero_uint(&resources->cpu.period);
        forget_zero_int(&resources->cpu.quota);
        forget_zero_uint(&resources->cpu.realtime_period);
        forget_zero_int(&resources->cpu.realtime_runtime);
}

static int check_member(const struct ct_json *object, const char *key, contain_error_t **err)
{
        struct ct_json member;
        int r = ct_json_get(object, key, &member, err);

        if (r <= 0)
                return r;
        return ct_json_fail(&member, err, CONTAIN_E_CONFLICT, "only schemata can be changed");
}

/* The class itself, and whether it is monitored, stay. */
static int parse_intel_rdt(const struct ct_json *value, struct ct_spec_intel_rdt *ret, contain_error_t **err)
{
        struct ct_json member;
        int r;

        r = ct_json_get_object(value, "intelRdt", &member, err);
        if (r <= 0)
                return r;
        r = check_member(&member, "closID", err);
        if (r >= 0)
                r = check_member(&member, "enableMonitoring", err);
        return r < 0 ? r : ct_spec_parse_intel_rdt(&member, ret, err);
}

int ct_spec_parse_update(struct ct_arena *arena, const char *text, size_t size, struct ct_spec_update *ret,
                         contain_error_t **err)
{
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        struct ct_spec_update update = { 0 };
        struct ct_json value;
        int r;

        r = ct_json_parse(arena, "resources", text, size, &document, &value, err);
        if (r >= 0)
                r = ct_json_check_object(&value, err);
        if (r >= 0)
                r = ct_spec_parse_resources(&value, &update.resources, err);
        if (r >= 0)
                r = parse_intel_rdt(&value, &update.intel_rdt, err);
        if (r < 0)
                return r;
        forget_zeros(&update.resources);
        update.resources.has = ct_json_length(&value) > (update.intel_rdt.has ? 1 : 0);
        *ret = update;
        return 0;
}
