/* SPDX-License-Identifier: MIT */

/* Hooks that run while the container is made. The library runs poststart and poststop itself. */

#include "plan/parts.h"

static void add_hook(struct ct_build *build, enum plan_op op, enum ct_spec_hook_kind kind, size_t i)
{
        _cleanup_buf_ struct ct_buf strings = CT_BUF_INIT;
        const struct ct_spec_hook *hook = &build->spec->hooks[kind].items[i];
        const char *name = ct_spec_hook_name(kind);
        char *path[] = { (char *)hook->path, NULL };
        struct ct_strings args = hook->args;

        if (args.n == 0)
                args = (struct ct_strings){ .items = path, .n = 1 };
        ct_build_put_strings(&strings, &args);
        /* Without "env", a hook has no environment: that of the caller is none of its business. */
        ct_build_put_strings(&strings, &hook->env);
        ct_build_add(build, .op = op, .at = ct_build_text(build, "/hooks/%s/%zu", name, i),
                     .s = { hook->path, name }, .n = { args.n, hook->env.n, hook->timeout, i },
                     .blob = &strings);
}

static void add_hooks(struct ct_build *build, enum plan_op op, enum ct_spec_hook_kind kind)
{
        for (size_t i = 0; i < build->spec->hooks[kind].n; i++)
                add_hook(build, op, kind, i);
}

int ct_plan_add_create_hooks(struct ct_build *build, contain_error_t **err)
{
        (void)err;
        add_hooks(build, STEP_RUNTIME_HOOK, CT_HOOK_PRESTART);
        add_hooks(build, STEP_RUNTIME_HOOK, CT_HOOK_CREATE_RUNTIME);
        add_hooks(build, STEP_HOOK, CT_HOOK_CREATE_CONTAINER);
        return 0;
}

int ct_plan_add_start_hooks(struct ct_build *build, contain_error_t **err)
{
        (void)err;
        add_hooks(build, STEP_HOOK, CT_HOOK_START_CONTAINER);
        return 0;
}
