/* SPDX-License-Identifier: MIT */

/*
 * Values in GVariant's text format, as annotations have them: scalars, arrays of scalars, and arrays of
 * tuples of scalars, which is what properties of units are made of. No value has a variant or a dictionary.
 */

#include "cgroup/systemd/systemd.h"

#include "base/arena.h"

#include <string.h>

enum { TUPLE_MAX = 8, VALUES_MAX = 4096 };

static const struct {
        const char *name;
        char type;
} keywords[] = {
        { "boolean", 'b' }, { "byte", 'y' },       { "int16", 'n' },     { "uint16", 'q' }, { "int32", 'i' },
        { "uint32", 'u' },  { "int64", 'x' },      { "uint64", 't' },    { "handle", 'h' }, { "double", 'd' },
        { "string", 's' },  { "objectpath", 'o' }, { "signature", 'g' },
};

struct parser {
        struct ct_arena *arena;
        const char *text; /* what is left */
        struct ct_property_value *values;
        size_t n, capacity;
};

static void skip_spaces(struct parser *parser)
{
        parser->text += strspn(parser->text, " \t\r\n");
}

static bool take_character(struct parser *parser, char c)
{
        skip_spaces(parser);
        if (*parser->text != c)
                return false;
        parser->text++;
        return true;
}

static int add_value(struct parser *parser, struct ct_property_value value)
{
        struct ct_property_value *more;

        if (parser->n == VALUES_MAX)
                return -E2BIG;
        if (parser->n == parser->capacity) {
                size_t capacity = parser->capacity ? 2 * parser->capacity : 4;

                more = ct_arena_array(parser->arena, capacity, sizeof(*more));
                if (!more)
                        return -ENOMEM;
                if (parser->n > 0)
                        memcpy(more, parser->values, parser->n * sizeof(*more));
                parser->values = more;
                parser->capacity = capacity;
        }
        parser->values[parser->n++] = value;
        return 0;
}

/* What stands behind a backslash; '\0' for what nothing stands for. */
static char unescape(char c)
{
        static const char from[] = "\\'\"abfnrtv", to[] = "\\'\"\a\b\f\n\r\t\v";
        const char *found = c == '\0' ? NULL : strchr(from, c);

        return found ? to[found - from] : '\0';
}

static int parse_string(struct parser *parser)
{
        struct ct_property_value value = { 0 };
        char quote = *parser->text++, *out;

        out = ct_arena_alloc(parser->arena, strlen(parser->text) + 1);
        if (!out)
                return -ENOMEM;
        value.text = out;
        for (; *parser->text != quote; parser->text++) {
                if (*parser->text == '\0')
                        return -EINVAL;
                *out = *parser->text;
                if (*out == '\\') {
                        *out = unescape(*++parser->text);
                        if (*out == '\0')
                                return -EINVAL;
                }
                out++;
        }
        parser->text++;
        *out = '\0';
        return add_value(parser, value);
}

static int parse_bool(struct parser *parser, const char *word, size_t length)
{
        struct ct_property_value value = { .number = length == 4 };

        if (!(length == 4 && strncmp(word, "true", 4) == 0) &&
            !(length == 5 && strncmp(word, "false", 5) == 0))
                return -EINVAL;
        return add_value(parser, value);
}

/* Whether a number fits its type. */
static bool fits(char type, bool negative, uint64_t magnitude)
{
        switch (type) {
        case 'y':
                return (!negative || magnitude == 0) && magnitude <= UINT8_MAX;
        case 'n':
                return magnitude <= (uint64_t)INT16_MAX + negative;
        case 'q':
                return (!negative || magnitude == 0) && magnitude <= UINT16_MAX;
        case 'i':
                return magnitude <= (uint64_t)INT32_MAX + negative;
        case 'u':
                return (!negative || magnitude == 0) && magnitude <= UINT32_MAX;
        case 'x':
                return magnitude <= (uint64_t)INT64_MAX + negative;
        case 't':
                return !negative || magnitude == 0;
        default:
                return false;
        }
}

/* A decimal fraction, read here: strtod() looks at the host's locale. */
static int parse_real(struct parser *parser, const char *word, size_t length)
{
        struct ct_property_value value = { 0 };
        double scale = 1;
        size_t i = 0, digits = 0;
        bool negative = word[0] == '-';

        i += word[0] == '-' || word[0] == '+';
        for (; i < length && word[i] >= '0' && word[i] <= '9'; i++, digits++)
                value.real = value.real * 10 + (word[i] - '0');
        if (i < length && word[i] == '.')
                for (i++; i < length && word[i] >= '0' && word[i] <= '9'; i++, digits++) {
                        scale /= 10;
                        value.real += (word[i] - '0') * scale;
                }
        if (i != length || digits == 0)
                return -EINVAL;
        value.real = negative ? -value.real : value.real;
        return add_value(parser, value);
}

static int parse_number(struct parser *parser, const char *word, size_t length, char *type)
{
        struct ct_property_value value = { 0 };
        bool negative = word[0] == '-';
        size_t i = negative || word[0] == '+';
        unsigned base = 10;

        if (*type == 'd' || (*type == '\0' && memchr(word, '.', length))) {
                *type = 'd';
                return parse_real(parser, word, length);
        }
        *type = *type == '\0' ? 'i' : *type;
        if (length > i + 2 && word[i] == '0' && (word[i + 1] == 'x' || word[i + 1] == 'X')) {
                base = 16;
                i += 2;
        } else if (length > i + 1 && word[i] == '0') {
                base = 8;
                i++;
        }
        if (i == length)
                return -EINVAL;
        for (; i < length; i++) {
                char c = word[i];
                unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                                 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                                 : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                        : 16;

                if (digit >= base)
                        return -EINVAL;
                if (value.number > (UINT64_MAX - digit) / base)
                        return -ERANGE;
                value.number = value.number * base + digit;
        }
        if (!fits(*type, negative, value.number))
                return -ERANGE;
        value.number = negative ? 0 - value.number : value.number;
        return add_value(parser, value);
}

/* "uint64 " and the like: 1 when there was one, and *type says which. */
static int take_keyword(struct parser *parser, char *type)
{
        size_t length = strcspn(parser->text, " \t\r\n'\"[](),");

        for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
                if (strlen(keywords[i].name) != length ||
                    strncmp(keywords[i].name, parser->text, length) != 0)
                        continue;
                if (*type != '\0' && *type != keywords[i].type)
                        return -EINVAL;
                *type = keywords[i].type;
                parser->text += length;
                skip_spaces(parser);
                return 1;
        }
        return 0;
}

/* One scalar. *type is what it has to be, or '\0' for what it looks like, and becomes what it is. */
static int parse_scalar(struct parser *parser, char *type)
{
        const char *word;
        size_t length;
        int r;

        skip_spaces(parser);
        if (*parser->text == '@' && parser->text[1] != '\0' && strchr("ybnqiuxtdsog", parser->text[1])) {
                if (*type != '\0' && *type != parser->text[1])
                        return -EINVAL;
                *type = parser->text[1];
                parser->text += 2;
                if (strspn(parser->text, " \t\r\n") == 0)
                        return -EINVAL;
                skip_spaces(parser);
        } else {
                r = take_keyword(parser, type);
                if (r < 0)
                        return r;
        }
        if (*parser->text == '\'' || *parser->text == '"') {
                *type = *type == '\0' ? 's' : *type;
                return strchr("sog", *type) ? parse_string(parser) : -EINVAL;
        }
        word = parser->text;
        length = strcspn(word, " \t\r\n'\"[](),");
        parser->text += length;
        if (length == 0)
                return -EINVAL;
        if (strchr("tf", word[0])) {
                *type = *type == '\0' ? 'b' : *type;
                return *type == 'b' ? parse_bool(parser, word, length) : -EINVAL;
        }
        return *type == '\0' || strchr("ynqiuxtd", *type) ? parse_number(parser, word, length, type)
                                                          : -EINVAL;
}

/* "('a', uint64 5)"; @types as *type of parse_scalar(), and a NUL behind. */
static int parse_tuple(struct parser *parser, char types[static TUPLE_MAX + 1])
{
        bool known = types[0] != '\0';
        size_t n = 0;
        int r;

        parser->text++;
        do {
                if (n > 0 && take_character(parser, ')')) /* "(1,)" */
                        return known && types[n] != '\0' ? -EINVAL : 0;
                if (n == TUPLE_MAX || (known && types[n] == '\0'))
                        return -EINVAL;
                r = parse_scalar(parser, &types[n++]);
                if (r < 0)
                        return r;
        } while (take_character(parser, ','));
        return take_character(parser, ')') && !(known && types[n] != '\0') ? 0 : -EINVAL;
}

/* The elements of an array; @types is one type, or those of a tuple, all '\0' when not known. */
static int parse_elements(struct parser *parser, char types[static TUPLE_MAX + 1], bool *tuples)
{
        bool known = types[0] != '\0';
        int r;

        parser->text++;
        if (take_character(parser, ']'))
                return known ? 0 : -EINVAL; /* of nothing, nothing can be told */
        do {
                bool tuple;

                skip_spaces(parser);
                tuple = *parser->text == '(';
                if (known && tuple != *tuples)
                        return -EINVAL;
                *tuples = tuple;
                r = tuple ? parse_tuple(parser, types) : parse_scalar(parser, types);
                if (r < 0)
                        return r;
                known = true;
        } while (take_character(parser, ','));
        return take_character(parser, ']') ? 0 : -EINVAL;
}

/* "@as ", "@a(ss) " before an array. */
static int take_array_signature(struct parser *parser, char types[static TUPLE_MAX + 1], bool *tuples)
{
        size_t length = strcspn(parser->text, " \t\r\n"), n;
        const char *inner = parser->text + 2;

        if (strncmp(parser->text, "@a", 2) != 0)
                return 0;
        n = length - 2;
        if (n > 2 && inner[0] == '(' && inner[n - 1] == ')') {
                *tuples = true;
                inner++;
                n -= 2;
        } else if (n != 1) {
                return -EINVAL;
        }
        if (n > TUPLE_MAX || strspn(inner, "ybnqiuxtdsog") < n)
                return -EINVAL;
        memcpy(types, inner, n);
        parser->text += length;
        skip_spaces(parser);
        return *parser->text == '[' ? 0 : -EINVAL;
}

int ct_variant_parse(struct ct_arena *arena, const char *text, struct ct_property *property)
{
        struct parser parser = { .arena = arena, .text = text };
        char types[TUPLE_MAX + 1] = { 0 };
        bool tuples = false, array;
        int r;

        skip_spaces(&parser);
        r = take_array_signature(&parser, types, &tuples);
        if (r < 0)
                return r;
        array = *parser.text == '[';
        r = array ? parse_elements(&parser, types, &tuples) : parse_scalar(&parser, types);
        if (r < 0)
                return r;
        skip_spaces(&parser);
        if (*parser.text != '\0' || strchr(types, 'h'))
                return -EINVAL;
        property->signature = ct_arena_printf(arena, "%s%s%s%s", array ? "a" : "", tuples ? "(" : "", types,
                                              tuples ? ")" : "");
        if (!property->signature)
                return -ENOMEM;
        property->values = parser.values;
        property->n = parser.n;
        return 0;
}
