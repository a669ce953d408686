/* SPDX-License-Identifier: MIT */

/* All containers under a state root. */

#include "ops/handle.h"

#include "base/buf.h"

struct ids {
        char **items;
        size_t n;
};

static void ids_done(struct ids *ids)
{
        ct_state_list_free(ids->items, ids->n);
}

/* The state object of one; NULL when it is gone by now, or cannot be read. */
static char *state_of(struct contain_ctx *ctx, const char *id)
{
        _cleanup_(ct_container_freep) struct contain *c = NULL;
        contain_error_t *error = NULL;
        char *text = NULL;
        int r;

        r = ct_container_new(ctx, id, &c, &error);
        if (r == 0)
                r = ct_op_open(c, &error);
        if (r == 0)
                r = ct_op_state(c, &text, &error);
        if (r < 0)
                ct_log_error(ctx, r == -ENOENT ? CONTAIN_LOG_DEBUG : CONTAIN_LOG_WARNING,
                             "left out of the list", &error);
        return text;
}

int ct_op_list(struct contain_ctx *ctx, char **ret, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        _cleanup_(ids_done) struct ids ids = { 0 };
        char *text;
        int r;

        r = ct_state_list(ctx->state_root, &ids.items, &ids.n, err);
        if (r < 0)
                return r;
        (void)ct_buf_puts(&buf, "[");
        for (size_t i = 0; i < ids.n; i++) {
                _cleanup_free_ char *state = state_of(ctx, ids.items[i]);

                if (!state)
                        continue;
                (void)ct_buf_puts(&buf, buf.size > 1 ? "," : "");
                (void)ct_buf_puts(&buf, state);
        }
        (void)ct_buf_puts(&buf, "]");
        text = ct_buf_steal(&buf);
        if (!text)
                return ct_fail_memory(err);
        *ret = text;
        return 0;
}
