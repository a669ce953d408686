/* SPDX-License-Identifier: MIT */

/*
 * The state object (runtime-spec, runtime.md, "State") for those who are told about the container by init:
 * hooks, and the seccomp agent. Written here as text with gaps, as init knows nothing but the pid that
 * belongs there.
 */

#include "plan/parts.h"
#include "plan/state-text.h"

static void put_member(struct ct_buf *text, const char *key, const char *value)
{
        (void)ct_buf_json_string(text, key);
        (void)ct_buf_puts(text, ":");
        (void)ct_buf_json_string(text, value);
}

static void put_annotations(const struct ct_build *build, struct ct_buf *text)
{
        const struct ct_spec_pairs *annotations = &build->spec->annotations;

        if (annotations->n == 0)
                return;
        (void)ct_buf_puts(text, ",\"annotations\":{");
        for (size_t i = 0; i < annotations->n; i++) {
                (void)ct_buf_puts(text, i > 0 ? "," : "");
                put_member(text, annotations->items[i].key, annotations->items[i].value);
        }
        (void)ct_buf_puts(text, "}");
}

void ct_plan_put_state_head(const struct ct_build *build, struct ct_buf *text, const char *status)
{
        (void)ct_buf_puts(text, "{");
        put_member(text, "ociVersion", CT_OCI_VERSION);
        (void)ct_buf_puts(text, ",");
        put_member(text, "id", build->request->id);
        (void)ct_buf_puts(text, ",");
        put_member(text, "status", status);
        (void)ct_buf_puts(text, ",\"pid\":");
}

void ct_plan_put_state_tail(const struct ct_build *build, struct ct_buf *text)
{
        (void)ct_buf_puts(text, ",");
        put_member(text, "bundle", build->request->bundle);
        put_annotations(build, text);
        (void)ct_buf_puts(text, "}");
}

int ct_plan_add_state(struct ct_build *build, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf creating = CT_BUF_INIT, created = CT_BUF_INIT, tail = CT_BUF_INIT;

        (void)err;
        ct_plan_put_state_head(build, &creating, "creating");
        ct_plan_put_state_head(build, &created, "created");
        ct_plan_put_state_tail(build, &tail);
        build->state_creating[0] = ct_build_buf_text(build, &creating);
        build->state_created[0] = ct_build_buf_text(build, &created);
        build->state_creating[1] = build->state_created[1] = ct_build_buf_text(build, &tail);
        return 0;
}
