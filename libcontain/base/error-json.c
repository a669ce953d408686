/* SPDX-License-Identifier: MIT */

/* Errors to and from JSON: see base/error-json.h. */

#include "base/error-json.h"

#define ERRNO_MAX 4095 /* of the kernel */

static void put_text(struct ct_buf *buf, const char *key, const char *text)
{
        if (text[0] == '\0')
                return;
        (void)ct_buf_printf(buf, ",\"%s\":", key);
        (void)ct_buf_json_string(buf, text);
}

int ct_error_put_json(struct ct_buf *buf, const contain_error_t *error)
{
        (void)ct_buf_printf(buf, "{\"code\":%d,\"errno\":%d,\"cause\":%d", contain_error_code(error),
                            contain_error_errno(error), contain_error_cause(error));
        put_text(buf, "pointer", contain_error_pointer(error));
        put_text(buf, "step", contain_error_step(error));
        put_text(buf, "sentence", contain_error_sentence(error));
        put_text(buf, "hint", contain_error_hint(error));
        return ct_buf_puts(buf, "}");
}

int ct_error_from_json(const struct ct_json *object, contain_error_t **err)
{
        const char *pointer = "", *step = NULL, *sentence = NULL, *hint = NULL;
        int64_t code = 0, errnum = 0, cause = 0;
        int r;

        if (ct_json_get_int(object, "code", 1, 9999, &code, NULL) != 1 ||
            ct_json_get_int(object, "errno", 1, ERRNO_MAX, &errnum, NULL) != 1 ||
            ct_json_get_int(object, "cause", 0, 99, &cause, NULL) != 1 ||
            ct_json_get_string(object, "sentence", &sentence, NULL) != 1 ||
            ct_json_get_string(object, "pointer", &pointer, NULL) < 0 ||
            ct_json_get_string(object, "step", &step, NULL) < 0 ||
            ct_json_get_string(object, "hint", &hint, NULL) < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, EPROTO, NULL,
                               "a failure was told of in a form that is none");
        if (code == CONTAIN_E_NO_MEMORY)
                return ct_fail_memory(err);
        r = ct_fail(err, (int)code, (int)errnum, pointer, "%s", sentence);
        if (step)
                ct_error_set_step(err, step);
        if (hint)
                ct_error_set_hint(err, "%s", hint);
        ct_error_set_cause(err, (int)cause);
        return r;
}
