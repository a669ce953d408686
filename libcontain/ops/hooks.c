/* SPDX-License-Identifier: MIT */

/* The hooks that no plan has in it, as they run after the start or after the end. */

#include "ops/handle.h"

#include "host/hooks.h"

#include <stdio.h>
#include <string.h>

static int run(const struct ct_spec_hook *hook, enum ct_spec_hook_kind kind, size_t i, const char *folder,
               const char *state, contain_error_t **err)
{
        char *bare_argv[] = { (char *)(uintptr_t)hook->path, NULL }, *no_env[] = { NULL };
        char at[64];
        struct ct_hook_run run = {
                .path = hook->path,
                .argv = hook->args.items ? hook->args.items : bare_argv,
                .envp = hook->env.items ? hook->env.items : no_env,
                .timeout = hook->timeout,
                .at = at,
                .kind = ct_spec_hook_name(kind),
                .state = state,
                .folder = folder,
        };

        (void)snprintf(at, sizeof(at), "/hooks/%s/%zu", run.kind, i);
        return ct_hook_run(&run, err);
}

int ct_hook_list_run(const struct ct_spec_hooks *hooks, enum ct_spec_hook_kind kind, const char *folder,
                     const char *state, contain_error_t **err)
{
        int r = 0;

        for (size_t i = 0; i < hooks->n && r >= 0; i++)
                r = run(&hooks->items[i], kind, i, folder, state, err);
        return r;
}

int ct_hooks_run(struct contain *c, enum ct_spec_hook_kind kind, int status, bool all, contain_error_t **err)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = NULL;
        _cleanup_free_ char *state = NULL;
        struct ct_spec_hooks hooks[CT_HOOK_N];
        int r;

        if (!c->record || !c->record->hooks)
                return 0;
        arena = ct_arena_new();
        if (!arena)
                return ct_fail_memory(err);
        memset(hooks, 0, sizeof(hooks));
        r = ct_spec_parse_hooks_text(arena, c->record->hooks, strlen(c->record->hooks), hooks, err);
        if (r < 0)
                return r;
        state = ct_state_text(c->record, status, status == CONTAIN_STATUS_STOPPED ? 0 : c->child.pid, false);
        if (!state)
                return ct_fail_memory(err);
        for (size_t i = 0; i < hooks[kind].n; i++) {
                contain_error_t *error = NULL;

                r = run(&hooks[kind].items[i], kind, i, c->record->bundle, state, all ? &error : err);
                if (r < 0 && !all)
                        return r;
                if (r < 0)
                        ct_log_error(c->ctx, CONTAIN_LOG_WARNING, c->id, &error);
        }
        return 0;
}
