/* SPDX-License-Identifier: MIT */

/* The hooks section: six lists of programs. */

#include "spec/sections.h"

#include "spec/values.h"

#include <string.h>

static const char *const names[CT_HOOK_N] = {
        [CT_HOOK_PRESTART] = "prestart",
        [CT_HOOK_CREATE_RUNTIME] = "createRuntime",
        [CT_HOOK_CREATE_CONTAINER] = "createContainer",
        [CT_HOOK_START_CONTAINER] = "startContainer",
        [CT_HOOK_POSTSTART] = "poststart",
        [CT_HOOK_POSTSTOP] = "poststop",
};

const char *ct_spec_hook_name(enum ct_spec_hook_kind kind)
{
        return names[kind];
}

static int parse_hook(const struct ct_json *value, void *ret, contain_error_t **err)
{
        struct ct_spec_hook *hook = ret;
        struct ct_json timeout;
        int r;

        r = ct_json_require(ct_spec_get_path(value, "path", &hook->path, err), value, "path", err);
        if (r < 0)
                return r;
        r = ct_spec_get_strings(value, "args", &hook->args, err);
        if (r < 0)
                return r;
        r = ct_spec_get_strings(value, "env", &hook->env, err);
        if (r < 0)
                return r;
        r = ct_json_get(value, "timeout", &timeout, err);
        if (r <= 0)
                return r;
        r = ct_spec_get_uint32(value, "timeout", INT32_MAX, &hook->timeout, err);
        if (r <= 0)
                return r;
        if (hook->timeout == 0)
                return ct_json_fail(&timeout, err, CONTAIN_E_VALUE, "a timeout has to be at least 1 second");
        return 0;
}

static int parse_kind(const struct ct_json *value, const char *key, struct ct_spec_hooks *ret,
                      contain_error_t **err)
{
        static const struct ct_item_type type = { .size = sizeof *ret->items, .parse = parse_hook };
        void *items;
        int r;

        r = ct_spec_get_items(value, key, &type, &items, &ret->n, err);
        if (r <= 0)
                return r;
        ret->items = items;
        return 0;
}

int ct_spec_parse_hooks(const struct ct_json *value, struct ct_spec *ret, contain_error_t **err)
{
        size_t i;
        int r;

        for (i = 0; i < CT_HOOK_N; i++) {
                r = parse_kind(value, names[i], &ret->hooks[i], err);
                if (r < 0)
                        return r;
        }
        return 0;
}

int ct_spec_parse_hooks_text(struct ct_arena *arena, const char *text, size_t size,
                             struct ct_spec_hooks ret[CT_HOOK_N], contain_error_t **err)
{
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        struct ct_spec spec = { 0 };
        struct ct_json value;
        int r;

        r = ct_json_parse(arena, "hooks", text, size, &document, &value, err);
        if (r < 0)
                return r;
        r = ct_spec_parse_hooks(&value, &spec, err);
        if (r < 0)
                return r;
        memcpy(ret, spec.hooks, sizeof(spec.hooks));
        return 0;
}
