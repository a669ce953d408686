/* SPDX-License-Identifier: MIT */

/* A list of problems as JSON. */

#include "ops/check.h"

static const char *cause_word(int cause)
{
        switch (cause) {
        case CONTAIN_CAUSE_CONFIG:
                return "config";
        case CONTAIN_CAUSE_KERNEL:
                return "kernel";
        case CONTAIN_CAUSE_PRIVILEGE:
                return "privilege";
        case CONTAIN_CAUSE_BUILD:
                return "build";
        default:
                return "other";
        }
}

static void put_member(struct ct_buf *text, const char *name, const char *value)
{
        (void)ct_buf_printf(text, ",\"%s\":", name);
        (void)ct_buf_json_string(text, value);
}

static void put_problem(struct ct_buf *text, const contain_error_t *problem)
{
        (void)ct_buf_puts(text, "{\"pointer\":");
        (void)ct_buf_json_string(text, contain_error_pointer(problem));
        put_member(text, "cause", cause_word(contain_error_cause(problem)));
        put_member(text, "sentence", contain_error_sentence(problem));
        put_member(text, "hint", contain_error_hint(problem));
        put_member(text, "message", contain_error_message(problem));
        put_member(text, "step", contain_error_step(problem));
        (void)ct_buf_printf(text, ",\"code\":%d,\"errno\":%d}", contain_error_code(problem),
                            contain_error_errno(problem));
}

int ct_check_document(const struct ct_problems *problems, char **ret, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT;
        char *document;

        (void)ct_buf_puts(&text, "{\"problems\":[");
        for (size_t i = 0; i < problems->n; i++) {
                if (i > 0)
                        (void)ct_buf_puts(&text, ",");
                put_problem(&text, problems->items[i]);
        }
        (void)ct_buf_puts(&text, "]");
        if (problems->more > 0)
                (void)ct_buf_printf(&text, ",\"more\":%zu", problems->more);
        (void)ct_buf_puts(&text, "}");
        document = text.failed ? NULL : ct_buf_steal(&text);
        if (!document)
                return ct_fail_memory(err);
        *ret = document;
        return 0;
}
