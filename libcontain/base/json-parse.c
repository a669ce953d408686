/* SPDX-License-Identifier: MIT */

/*
 * Text to tree. json-c does the parsing. The scan before it refuses the tokens that json-c
 * takes although they are not JSON ('x', NaN, 5.), or changes: it ends strings at a NUL and
 * turns integers that are too large into the largest one.
 */

#include "base/json.h"

#include "base/json-names.h"
#include "base/utf8.h"

#include <json-c/json.h>
#include <string.h>

struct ct_json_document {
        struct json_object *root;
};

static void tokener_freep(struct json_tokener **tokener)
{
        if (*tokener)
                json_tokener_free(*tokener);
}

struct ct_json_document *ct_json_document_free(struct ct_json_document *document)
{
        int saved = errno;

        if (!document)
                return NULL;
        (void)json_object_put(document->root);
        free(document);
        errno = saved;
        return NULL;
}

/* Words a problem at @offset of the text, by line and column (in bytes), both from 1. */
static int fail_at(const char *what, const char *text, size_t offset, const char *problem,
                   contain_error_t **err)
{
        size_t line = 1, start = 0, i;

        for (i = 0; i < offset; i++) {
                if (text[i] == '\n') {
                        line++;
                        start = i + 1;
                }
        }
        return ct_fail(err, CONTAIN_E_JSON, EINVAL, NULL, "%s is not valid JSON: line %zu, column %zu: %s",
                       what, line, offset - start + 1, problem);
}

/* What is wrong with the string that begins after the quote at *offset, which moves to its end. */
static const char *scan_string(const char *text, size_t size, size_t *offset)
{
        size_t i;

        for (i = *offset + 1; i < size && text[i] != '"';) {
                size_t length = ct_utf8_length(text + i, size - i);

                *offset = i;
                if (length == 0)
                        return "string that is not UTF-8";
                if ((unsigned char)text[i] < 0x20)
                        return "control character in a string";
                if (size - i > 5 && memcmp(text + i, "\\u0000", 6) == 0)
                        return "NUL character in a string";
                i += text[i] == '\\' ? 2 : length;
        }
        *offset = i;
        return NULL;
}

static size_t count_digits(const char *text, size_t size)
{
        size_t n = 0;

        while (n < size && text[n] >= '0' && text[n] <= '9')
                n++;
        return n;
}

static bool fits(const char *digits, size_t n, uint64_t max)
{
        uint64_t value = 0;
        size_t i;

        for (i = 0; i < n; i++) {
                uint64_t digit = (uint64_t)(digits[i] - '0');

                if (value > (max - digit) / 10)
                        return false;
                value = value * 10 + digit;
        }
        return true;
}

/* What is wrong with the number at *offset, which moves to its last character. */
static const char *scan_number(const char *text, size_t size, size_t *offset)
{
        bool negative = text[*offset] == '-', integer = true;
        size_t digits = *offset + (negative ? 1 : 0), n = count_digits(text + digits, size - digits),
               end = digits + n;

        if (n == 0 || (n > 1 && text[digits] == '0'))
                return "malformed number";
        if (end < size && text[end] == '.') {
                integer = false;
                n = count_digits(text + end + 1, size - end - 1);
                if (n == 0)
                        return "malformed number";
                end += 1 + n;
        }
        if (end < size && (text[end] == 'e' || text[end] == 'E')) {
                integer = false;
                end++;
                if (end < size && (text[end] == '+' || text[end] == '-'))
                        end++;
                n = count_digits(text + end, size - end);
                if (n == 0)
                        return "malformed number";
                end += n;
        }
        /* Whether a fraction is welcome depends on the member; json-c keeps it apart from integers. */
        if (integer && !fits(text + digits, end - digits, negative ? (uint64_t)INT64_MAX + 1 : UINT64_MAX))
                return "number too large for 64 bits";
        *offset = end - 1;
        return NULL;
}

/* What is wrong with the bare word at *offset, which moves to its last character. */
static const char *scan_word(const char *text, size_t size, size_t *offset)
{
        static const char *const words[] = { "true", "false", "null" };
        size_t i;

        for (i = 0; i < sizeof words / sizeof words[0]; i++) {
                size_t length = strlen(words[i]);

                if (size - *offset >= length && memcmp(text + *offset, words[i], length) == 0) {
                        *offset += length - 1;
                        return NULL;
                }
        }
        return "unexpected character";
}

/* What is wrong with the text, token by token; their order is json-c's to check. */
static const char *scan(const char *text, size_t size, size_t *ret_offset)
{
        const char *problem = NULL;
        size_t i;

        for (i = 0; i < size && !problem; i++) {
                if (text[i] == '"')
                        problem = scan_string(text, size, &i);
                else if (text[i] == '-' || (text[i] >= '0' && text[i] <= '9'))
                        problem = scan_number(text, size, &i);
                else if (text[i] == '\0' || !strchr(" \t\r\n{}[]:,", text[i]))
                        problem = scan_word(text, size, &i);
                if (problem)
                        *ret_offset = i;
        }
        return problem;
}

static bool is_blank(const char *text, size_t size)
{
        size_t i;

        for (i = 0; i < size; i++)
                if (!strchr(" \t\r\n", text[i]) || text[i] == '\0')
                        return false;
        return true;
}

static const char *word_tokener_error(enum json_tokener_error error)
{
        switch (error) {
        case json_tokener_continue:
        case json_tokener_error_parse_eof:
                return "unexpected end of the text";
        case json_tokener_error_parse_null:
        case json_tokener_error_parse_boolean:
        case json_tokener_error_parse_unexpected:
                return "unexpected character";
        case json_tokener_error_parse_number:
                return "malformed number";
        case json_tokener_error_parse_array:
                return "expected ',' or ']'";
        case json_tokener_error_parse_object_key_name:
                return "expected a member name in double quotes";
        case json_tokener_error_parse_object_key_sep:
                return "expected ':'";
        case json_tokener_error_parse_object_value_sep:
                return "expected ',' or '}'";
        case json_tokener_error_parse_string:
                return "malformed string";
        default:
                return json_tokener_error_desc(error);
        }
}

static int parse(const char *what, const char *text, size_t size, struct json_object **ret,
                 contain_error_t **err)
{
        _cleanup_(tokener_freep) struct json_tokener *tokener = NULL;
        struct json_object *root;
        enum json_tokener_error error;
        size_t end;

        tokener = json_tokener_new_ex(CT_JSON_MAX_DEPTH);
        if (!tokener)
                return ct_fail_memory(err);
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        root = json_tokener_parse_ex(tokener, text, (int)size);
        error = json_tokener_get_error(tokener);
        end = json_tokener_get_parse_end(tokener);
        if (error == json_tokener_continue) {
                root = json_tokener_parse_ex(tokener, "", 1); /* no more to come */
                error = json_tokener_get_error(tokener);
                end = size;
        }

        if (error == json_tokener_error_depth)
                return ct_fail(err, CONTAIN_E_JSON, EINVAL, NULL, "%s is nested deeper than %d levels", what,
                               CT_JSON_MAX_DEPTH);
        if (error != json_tokener_success) {
                (void)json_object_put(root);
                return fail_at(what, text, end < size ? end : size, word_tokener_error(error), err);
        }
        *ret = root;
        return 0;
}

int ct_json_parse(struct ct_arena *arena, const char *what, const char *text, size_t size,
                  struct ct_json_document **ret_document, struct ct_json *ret, contain_error_t **err)
{
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        const char *problem;
        size_t offset = 0;
        int r;

        if (size > CT_JSON_MAX_SIZE)
                return ct_fail(err, CONTAIN_E_JSON, EINVAL, NULL, "%s is larger than %d MiB", what,
                               CT_JSON_MAX_SIZE / (1024 * 1024));
        if (is_blank(text, size))
                return ct_fail(err, CONTAIN_E_JSON, EINVAL, NULL, "%s is empty", what);
        problem = scan(text, size, &offset);
        if (problem)
                return fail_at(what, text, offset, problem, err);

        document = calloc(1, sizeof *document);
        if (!document)
                return ct_fail_memory(err);
        r = parse(what, text, size, &document->root, err);
        if (r < 0)
                return r;
        r = ct_json_check_names(arena, text, size, document->root, err);
        if (r < 0)
                return r;
        *ret = (struct ct_json){ .value = document->root, .at = "", .arena = arena };
        *ret_document = ct_take(document);
        return 0;
}
