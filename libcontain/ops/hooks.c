/* SPDX-License-Identifier: MIT */

/* The hooks that no plan has in it, as they run after the start or after the end. */

#include "ops/handle.h"

#include "host/hooks.h"

#include <stdio.h>
#include <string.h>

static int run(struct contain *c, const struct ct_spec_hook *hook, enum ct_spec_hook_kind kind, size_t i,
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
                .folder = c->record->bundle,
        };

        (void)snprintf(at, sizeof(at), "/hooks/%s/%zu", run.kind, i);
        return ct_hook_run(&run, err);
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

                r = run(c, &hooks[kind].items[i], kind, i, state, all ? &error : err);
                if (r < 0 && !all)
                        return r;
                if (r < 0)
                        ct_log_error(c->ctx, CONTAIN_LOG_WARNING, c->id, &error);
        }
        return 0;
}
