/* SPDX-License-Identifier: MIT */

/* Reading values out of the tree, each with its place; the words for wrong types and numbers. */

#include "base/json.h"

#include "base/problems.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

const char *ct_json_pointer_join(struct ct_arena *arena, const char *at, const char *key)
{
        size_t length = strlen(at), extra = 0;
        const char *from;
        char *pointer, *to;

        for (from = key; *from != '\0'; from++)
                if (*from == '~' || *from == '/')
                        extra++;
        pointer = ct_arena_alloc(arena, length + 1 + strlen(key) + extra + 1);
        if (!pointer)
                return NULL;
        memcpy(pointer, at, length);
        to = pointer + length;
        *to++ = '/';
        for (from = key; *from != '\0'; from++) {
                if (*from == '~' || *from == '/') {
                        *to++ = '~';
                        *to++ = *from == '~' ? '0' : '1';
                } else {
                        *to++ = *from;
                }
        }
        return pointer;
}

int ct_json_fail(const struct ct_json *value, contain_error_t **err, int code, const char *format, ...)
{
        va_list args;
        int r;

        va_start(args, format);
        r = ct_failv(err, code, EINVAL, value->at, format, args);
        va_end(args);
        return ct_problems_keep(ct_arena_problems(value->arena), r, err);
}

static const char *type_word(const struct ct_json *value)
{
        switch (json_object_get_type(value->value)) {
        case json_type_boolean:
                return "a boolean";
        case json_type_int:
        case json_type_double:
                return "a number";
        case json_type_object:
                return "an object";
        case json_type_array:
                return "an array";
        case json_type_string:
                return "a string";
        case json_type_null:
        default:
                return "null";
        }
}

static int expect(const struct ct_json *value, enum json_type type, const char *word, contain_error_t **err)
{
        if (json_object_is_type(value->value, type))
                return 1;
        return ct_json_fail(value, err, CONTAIN_E_TYPE, "expected %s, found %s", word, type_word(value));
}

int ct_json_check_object(const struct ct_json *value, contain_error_t **err)
{
        return expect(value, json_type_object, "an object", err);
}

int ct_json_check_array(const struct ct_json *value, size_t *ret_n, contain_error_t **err)
{
        int r = expect(value, json_type_array, "an array", err);

        if (r <= 0)
                return r;
        *ret_n = json_object_array_length(value->value);
        return 1;
}

int ct_json_string(const struct ct_json *value, const char **ret, contain_error_t **err)
{
        char *copy;
        int r;

        r = expect(value, json_type_string, "a string", err);
        if (r <= 0)
                return r;
        /* The parser refused every NUL, so the string ends where C thinks that it does. */
        copy = ct_arena_strdup(value->arena, json_object_get_string(value->value));
        if (!copy)
                return ct_fail_memory(err);
        *ret = copy;
        return 1;
}

int ct_json_bool(const struct ct_json *value, bool *ret, contain_error_t **err)
{
        int r = expect(value, json_type_boolean, "a boolean", err);

        if (r <= 0)
                return r;
        *ret = json_object_get_boolean(value->value);
        return 1;
}

static int expect_integer(const struct ct_json *value, contain_error_t **err)
{
        if (json_object_is_type(value->value, json_type_double))
                return ct_json_fail(value, err, CONTAIN_E_TYPE,
                                    "expected an integer, found a number with a fraction or an exponent");
        return expect(value, json_type_int, "an integer", err);
}

int ct_json_int(const struct ct_json *value, int64_t min, int64_t max, int64_t *ret, contain_error_t **err)
{
        int64_t found;
        int r;

        r = expect_integer(value, err);
        if (r <= 0)
                return r;
        found = json_object_get_int64(value->value);
        /* json-c stops at INT64_MAX, while the value itself may go on to UINT64_MAX. */
        if (found == INT64_MAX && json_object_get_uint64(value->value) > (uint64_t)INT64_MAX)
                return ct_json_fail(value, err, CONTAIN_E_VALUE,
                                    "expected an integer from %" PRId64 " to %" PRId64 ", found %" PRIu64,
                                    min, max, json_object_get_uint64(value->value));
        if (found < min || found > max)
                return ct_json_fail(value, err, CONTAIN_E_VALUE,
                                    "expected an integer from %" PRId64 " to %" PRId64 ", found %" PRId64,
                                    min, max, found);
        *ret = found;
        return 1;
}

int ct_json_uint(const struct ct_json *value, uint64_t max, uint64_t *ret, contain_error_t **err)
{
        uint64_t found;
        int r;

        r = expect_integer(value, err);
        if (r <= 0)
                return r;
        if (json_object_get_int64(value->value) < 0)
                return ct_json_fail(value, err, CONTAIN_E_VALUE,
                                    "expected an integer from 0 to %" PRIu64 ", found %" PRId64, max,
                                    json_object_get_int64(value->value));
        found = json_object_get_uint64(value->value);
        if (found > max)
                return ct_json_fail(value, err, CONTAIN_E_VALUE,
                                    "expected an integer from 0 to %" PRIu64 ", found %" PRIu64, max, found);
        *ret = found;
        return 1;
}

int ct_json_get(const struct ct_json *object, const char *key, struct ct_json *ret, contain_error_t **err)
{
        struct json_object *member;
        const char *at;
        int r;

        if (!object->value)
                return 0;
        r = ct_json_check_object(object, err);
        if (r <= 0)
                return r;
        if (!json_object_object_get_ex(object->value, key, &member) || !member)
                return 0;
        at = ct_json_pointer_join(object->arena, object->at, key);
        if (!at)
                return ct_fail_memory(err);
        *ret = (struct ct_json){ .value = member, .at = at, .arena = object->arena };
        return 1;
}

int ct_json_get_object(const struct ct_json *object, const char *key, struct ct_json *ret,
                       contain_error_t **err)
{
        struct ct_json member;
        int r;

        r = ct_json_get(object, key, &member, err);
        if (r <= 0)
                return r;
        r = ct_json_check_object(&member, err);
        if (r <= 0)
                return r;
        *ret = member;
        return 1;
}

int ct_json_get_array(const struct ct_json *object, const char *key, struct ct_json *ret, size_t *ret_n,
                      contain_error_t **err)
{
        struct ct_json member;
        int r;

        r = ct_json_get(object, key, &member, err);
        if (r <= 0)
                return r;
        r = ct_json_check_array(&member, ret_n, err);
        if (r <= 0)
                return r;
        *ret = member;
        return 1;
}

int ct_json_get_string(const struct ct_json *object, const char *key, const char **ret, contain_error_t **err)
{
        struct ct_json member;
        int r;

        r = ct_json_get(object, key, &member, err);
        if (r <= 0)
                return r;
        return ct_json_string(&member, ret, err);
}

int ct_json_get_bool(const struct ct_json *object, const char *key, bool *ret, contain_error_t **err)
{
        struct ct_json member;
        int r;

        r = ct_json_get(object, key, &member, err);
        if (r <= 0)
                return r;
        return ct_json_bool(&member, ret, err);
}

int ct_json_get_int(const struct ct_json *object, const char *key, int64_t min, int64_t max, int64_t *ret,
                    contain_error_t **err)
{
        struct ct_json member;
        int r;

        r = ct_json_get(object, key, &member, err);
        if (r <= 0)
                return r;
        return ct_json_int(&member, min, max, ret, err);
}

int ct_json_get_uint(const struct ct_json *object, const char *key, uint64_t max, uint64_t *ret,
                     contain_error_t **err)
{
        struct ct_json member;
        int r;

        r = ct_json_get(object, key, &member, err);
        if (r <= 0)
                return r;
        return ct_json_uint(&member, max, ret, err);
}

int ct_json_get_strings(const struct ct_json *object, const char *key, char ***ret, size_t *ret_n,
                        contain_error_t **err)
{
        struct ct_json array, element;
        char **strings;
        size_t n, n_strings = 0, i;
        int r;

        r = ct_json_get_array(object, key, &array, &n, err);
        if (r <= 0)
                return r;
        strings = ct_arena_array(object->arena, n + 1, sizeof *strings);
        if (!strings)
                return ct_fail_memory(err);
        for (i = 0; i < n; i++) {
                const char *text = NULL;

                ct_json_element(&array, i, &element);
                r = ct_json_string(&element, &text, err);
                if (r == 0)
                        r = ct_json_leave_out(&element, err);
                if (r < 0)
                        return r;
                if (text)
                        strings[n_strings++] = (char *)text;
        }
        *ret = strings;
        *ret_n = n_strings;
        return 1;
}

static bool has_member(const struct ct_json *object, const char *key)
{
        struct json_object *member = NULL;

        if (!object->value)
                return false;
        if (!json_object_is_type(object->value, json_type_object))
                return true; /* and nothing else is to be said of it */
        return json_object_object_get_ex(object->value, key, &member) && member;
}

int ct_json_require(int r, const struct ct_json *object, const char *key, contain_error_t **err)
{
        /* A member that is there and counts as absent was refused, which has been said. */
        if (r != 0 || has_member(object, key))
                return r;
        return ct_json_fail(object, err, CONTAIN_E_MISSING, "'%s' is required", key);
}

bool ct_json_is_damaged(const struct ct_json *value)
{
        return ct_problems_last_is_in(ct_arena_problems(value->arena), value->at);
}

int ct_json_leave_out(const struct ct_json *element, contain_error_t **err)
{
        int r = ct_problems_leave_out(ct_arena_problems(element->arena), element->at);

        return r < 0 ? ct_fail_memory(err) : 0;
}

void ct_json_element(const struct ct_json *array, size_t i, struct ct_json *ret)
{
        const char *at = ct_arena_printf(array->arena, "%s/%zu", array->at, i);

        *ret = (struct ct_json){
                .value = json_object_array_get_idx(array->value, i),
                .at = at ? at : array->at, /* less exact, still true */
                .arena = array->arena,
        };
}

size_t ct_json_length(const struct ct_json *object)
{
        return object->value ? (size_t)json_object_object_length(object->value) : 0;
}

bool ct_json_next(const struct ct_json *object, void **position, const char **ret_key, struct ct_json *ret)
{
        struct lh_entry *entry = *position;
        const char *at;

        if (!object->value)
                return false;
        entry = entry ? entry->next : json_object_get_object(object->value)->head;
        if (!entry)
                return false;
        *position = entry;
        *ret_key = entry->k;
        at = ct_json_pointer_join(object->arena, object->at, *ret_key);
        *ret = (struct ct_json){
                .value = (struct json_object *)(uintptr_t)entry->v,
                .at = at ? at : object->at,
                .arena = object->arena,
        };
        return true;
}

int ct_json_print(const struct ct_json *value, char **ret)
{
        const char *text = json_object_to_json_string_ext(
                value->value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
        char *copy = text ? strdup(text) : NULL;

        if (!copy)
                return -ENOMEM;
        *ret = copy;
        return 0;
}
