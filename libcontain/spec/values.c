/* SPDX-License-Identifier: MIT */

/* The kinds of values that occur in many sections: words, arrays, ids, paths, lists of numbers, pairs. */

#include "spec/values.h"

#include "base/buf.h"
#include "base/problems.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>

int ct_spec_find_word(const struct ct_json *at, const char *name, const char *what,
                      const struct ct_word *words, size_t n_words, const struct ct_word **ret,
                      contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf known = CT_BUF_INIT;
        size_t i;
        int r;

        for (i = 0; i < n_words; i++) {
                if (strcmp(words[i].name, name) == 0) {
                        *ret = &words[i];
                        return 1;
                }
        }

        r = ct_fail(err, CONTAIN_E_VALUE, EINVAL, at->at, "unknown %s '%s'", what, name);
        for (i = 0; i < n_words; i++)
                (void)ct_buf_printf(&known, "%s%s", i > 0 ? ", " : "", words[i].name);
        if (!known.failed && known.size > 0)
                ct_error_set_hint(err, "known: %s", known.data);
        return ct_problems_keep(ct_arena_problems(at->arena), r, err);
}

int ct_spec_get_word(const struct ct_json *object, const char *key, const char *what,
                     const struct ct_word *words, size_t n_words, const struct ct_word **ret,
                     contain_error_t **err)
{
        struct ct_json member;
        const char *name;
        int r;

        r = ct_json_get(object, key, &member, err);
        if (r <= 0)
                return r;
        r = ct_json_string(&member, &name, err);
        if (r <= 0)
                return r;
        return ct_spec_find_word(&member, name, what, words, n_words, ret, err);
}

int ct_spec_require_word(const struct ct_json *object, const char *key, const char *what,
                         const struct ct_word *words, size_t n_words, const struct ct_word **ret,
                         contain_error_t **err)
{
        return ct_json_require(ct_spec_get_word(object, key, what, words, n_words, ret, err), object, key,
                               err);
}

int ct_spec_get_flags(const struct ct_json *object, const char *key, const char *what,
                      const struct ct_word *words, size_t n_words, uint64_t *ret, contain_error_t **err)
{
        struct ct_json array, element;
        uint64_t flags = 0;
        size_t n, i;
        int r;

        r = ct_json_get_array(object, key, &array, &n, err);
        if (r <= 0)
                return r;
        for (i = 0; i < n; i++) {
                const struct ct_word *word = NULL;
                const char *name;

                ct_json_element(&array, i, &element);
                r = ct_json_string(&element, &name, err);
                if (r > 0)
                        r = ct_spec_find_word(&element, name, what, words, n_words, &word, err);
                if (r < 0)
                        return r;
                flags |= word ? word->value : 0;
        }
        *ret = flags;
        return 1;
}

int ct_spec_parse_items(const struct ct_json *array, const struct ct_item_type *type, void **ret,
                        size_t *ret_n, contain_error_t **err)
{
        struct ct_json element;
        unsigned char *items;
        size_t n, n_items = 0, i;
        int r;

        r = ct_json_check_array(array, &n, err);
        if (r <= 0)
                return r;
        items = ct_arena_array(array->arena, n, type->size);
        if (!items)
                return ct_fail_memory(err);
        for (i = 0; i < n; i++) {
                unsigned char *item = items + n_items * type->size;

                ct_json_element(array, i, &element);
                r = type->parse(&element, item, err);
                if (r >= 0 && type->check && !ct_json_is_damaged(&element))
                        r = type->check(&element, items, n_items, err);
                if (r >= 0 && ct_json_is_damaged(&element)) {
                        memset(item, 0, type->size);
                        r = ct_json_leave_out(&element, err);
                } else {
                        n_items++;
                }
                if (r < 0)
                        return r;
        }
        *ret = items;
        *ret_n = n_items;
        return 1;
}

int ct_spec_get_items(const struct ct_json *object, const char *key, const struct ct_item_type *type,
                      void **ret, size_t *ret_n, contain_error_t **err)
{
        struct ct_json array;
        int r;

        r = ct_json_get(object, key, &array, err);
        if (r <= 0)
                return r;
        return ct_spec_parse_items(&array, type, ret, ret_n, err);
}

int ct_spec_get_int(const struct ct_json *object, const char *key, int64_t min, int64_t max,
                    struct ct_optional_int *ret, contain_error_t **err)
{
        int r = ct_json_get_int(object, key, min, max, &ret->value, err);

        if (r < 0)
                return r;
        ret->has = r > 0;
        return 0;
}

int ct_spec_get_uint(const struct ct_json *object, const char *key, uint64_t max,
                     struct ct_optional_uint *ret, contain_error_t **err)
{
        int r = ct_json_get_uint(object, key, max, &ret->value, err);

        if (r < 0)
                return r;
        ret->has = r > 0;
        return 0;
}

int ct_spec_get_uint32(const struct ct_json *object, const char *key, uint32_t max, uint32_t *ret,
                       contain_error_t **err)
{
        uint64_t value;
        int r;

        r = ct_json_get_uint(object, key, max, &value, err);
        if (r > 0)
                *ret = (uint32_t)value;
        return r;
}

int ct_spec_get_id(const struct ct_json *object, const char *key, uint32_t *ret, contain_error_t **err)
{
        return ct_spec_get_uint32(object, key, UINT32_MAX - 1, ret, err);
}

int ct_spec_get_text(const struct ct_json *object, const char *key, const char **ret, contain_error_t **err)
{
        const char *text;
        int r;

        r = ct_json_get_string(object, key, &text, err);
        if (r <= 0)
                return r;
        if (text[0] == '\0')
                return 0;
        *ret = text;
        return 1;
}

int ct_spec_get_strings(const struct ct_json *object, const char *key, struct ct_strings *ret,
                        contain_error_t **err)
{
        return ct_json_get_strings(object, key, &ret->items, &ret->n, err);
}

int ct_spec_get_checked_strings(const struct ct_json *object, const char *key,
                                int (*check)(const struct ct_json *at, const char *text,
                                             contain_error_t **err),
                                struct ct_strings *ret, contain_error_t **err)
{
        struct ct_strings strings = { NULL, 0 };
        struct ct_json array, element;
        size_t n, i;
        int r;

        r = ct_json_get_array(object, key, &array, &n, err);
        if (r <= 0)
                return r;
        strings.items = ct_arena_array(object->arena, n + 1, sizeof *strings.items);
        if (!strings.items)
                return ct_fail_memory(err);
        for (i = 0; i < n; i++) {
                const char *text = NULL;

                ct_json_element(&array, i, &element);
                r = ct_json_string(&element, &text, err);
                if (r > 0)
                        r = check(&element, text, err);
                if (r > 0)
                        strings.items[strings.n++] = (char *)text;
                else if (r == 0)
                        r = ct_json_leave_out(&element, err);
                if (r < 0)
                        return r;
        }
        *ret = strings;
        return 1;
}

static int check_absolute(const struct ct_json *at, const char *path, contain_error_t **err)
{
        if (path[0] == '/')
                return 1;
        return ct_json_fail(at, err, CONTAIN_E_VALUE, "path '%s' is not absolute", path);
}

int ct_spec_get_path(const struct ct_json *object, const char *key, const char **ret, contain_error_t **err)
{
        struct ct_json member;
        const char *path;
        int r;

        r = ct_json_get(object, key, &member, err);
        if (r <= 0)
                return r;
        r = ct_json_string(&member, &path, err);
        if (r > 0)
                r = check_absolute(&member, path, err);
        if (r > 0)
                *ret = path;
        return r;
}

int ct_spec_get_paths(const struct ct_json *object, const char *key, struct ct_strings *ret,
                      contain_error_t **err)
{
        return ct_spec_get_checked_strings(object, key, check_absolute, ret, err);
}

/* The end of the number that @text begins with; NULL when it begins with none, or one of absurd length. */
static const char *skip_number(const char *text)
{
        size_t n = strspn(text, "0123456789");

        return n > 0 && n < 10 ? text + n : NULL;
}

static bool is_list(const char *text)
{
        while (text) {
                const char *first = text;

                text = skip_number(text);
                if (text && *text == '-') {
                        /* At most nine digits, so that both fit in a long. */
                        if (strtol(first, NULL, 10) > strtol(text + 1, NULL, 10))
                                return false;
                        text = skip_number(text + 1);
                        if (text && *text == ':') {
                                text = skip_number(text + 1);
                                text = text && *text == '/' ? skip_number(text + 1) : NULL;
                        }
                }
                if (!text || *text == '\0')
                        break;
                text = *text == ',' ? text + 1 : NULL;
        }
        return text != NULL;
}

int ct_spec_get_list(const struct ct_json *object, const char *key, const char **ret, contain_error_t **err)
{
        struct ct_json member;
        const char *text = NULL;
        int r;

        r = ct_spec_get_text(object, key, &text, err);
        if (r <= 0)
                return r;
        if (!is_list(text)) {
                r = ct_json_get(object, key, &member, err);
                if (r < 0)
                        return r;
                return ct_json_fail(&member, err, CONTAIN_E_VALUE, "'%s' is not a list such as '0-3,7'",
                                    text);
        }
        *ret = text;
        return 1;
}

int ct_spec_get_pairs(const struct ct_json *object, const char *key, struct ct_spec_pairs *ret,
                      contain_error_t **err)
{
        struct ct_json map, member;
        struct ct_spec_pair *items;
        void *position = NULL;
        const char *name;
        size_t n = 0;
        int r;

        r = ct_json_get_object(object, key, &map, err);
        if (r <= 0)
                return r;
        items = ct_arena_array(map.arena, ct_json_length(&map), sizeof *items);
        if (!items)
                return ct_fail_memory(err);
        while (ct_json_next(&map, &position, &name, &member)) {
                if (name[0] == '\0')
                        r = ct_json_fail(&map, err, CONTAIN_E_VALUE, "a key is empty");
                else
                        r = ct_json_string(&member, &items[n].value, err);
                if (r < 0)
                        return r;
                if (r == 0)
                        continue;
                items[n].key = ct_arena_strdup(map.arena, name);
                if (!items[n].key)
                        return ct_fail_memory(err);
                n++;
        }
        *ret = (struct ct_spec_pairs){ items, n };
        return 1;
}

int ct_spec_check_interface(const struct ct_json *at, const char *name, contain_error_t **err)
{
        size_t length = strlen(name);

        if (length == 0 || length >= IF_NAMESIZE || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
            strpbrk(name, "/: \t\n\v\f\r"))
                return ct_json_fail(at, err, CONTAIN_E_VALUE, "'%s' is not a network interface name", name);
        return 1;
}
