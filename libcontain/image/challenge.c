/* SPDX-License-Identifier: MIT */

#include "image/challenge.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum scheme { SCHEME_OTHER, SCHEME_BASIC, SCHEME_BEARER };

static bool is_token_char(char c)
{
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               (c != 0 && strchr("!#$%&'*+-.^_`|~", c));
}

static size_t token_length(const char *text)
{
        size_t n = 0;

        while (is_token_char(text[n]))
                n++;
        return n;
}

static const char *skip_space(const char *text)
{
        return text + strspn(text, " \t");
}

/* A token or a quoted string; NULL when out of memory. *cursor goes behind it. */
static char *take_value(struct ct_arena *arena, const char **cursor)
{
        const char *from = *cursor;
        size_t n = 0;
        char *value;

        if (*from != '"') {
                *cursor = from + token_length(from);
                return ct_arena_strndup(arena, from, (size_t)(*cursor - from));
        }
        value = ct_arena_alloc(arena, strlen(from));
        if (!value)
                return NULL;
        for (from++; *from && *from != '"' && *from != '\n'; from++) {
                if (*from == '\\' && from[1] && from[1] != '\n')
                        from++;
                value[n++] = *from;
        }
        *cursor = *from == '"' ? from + 1 : from;
        return value;
}

static enum scheme find_scheme(const char *name, size_t length)
{
        if (length == 5 && strncasecmp(name, "Basic", length) == 0)
                return SCHEME_BASIC;
        if (length == 6 && strncasecmp(name, "Bearer", length) == 0)
                return SCHEME_BEARER;
        return SCHEME_OTHER;
}

/* The first of several counts. */
static void keep(struct ct_challenge *challenge, const char *name, size_t length, const char *value)
{
        const struct {
                const char *name, **value;
        } known[] = {
                { "realm", &challenge->realm },
                { "service", &challenge->service },
                { "scope", &challenge->scope },
        };

        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
                if (length == strlen(known[i].name) && strncasecmp(name, known[i].name, length) == 0 &&
                    !*known[i].value)
                        *known[i].value = value;
}

/* "Bearer realm=…, service=…, Basic realm=…": a name without = begins the next challenge. */
int ct_challenge_parse(struct ct_arena *arena, const char *lines, struct ct_challenge *ret)
{
        struct ct_challenge challenge = { 0 };
        enum scheme scheme = SCHEME_OTHER;
        const char *cursor = lines;

        while (*cursor) {
                const char *name = cursor;
                size_t length = token_length(cursor);
                char *value;

                if (length == 0) {
                        cursor++; /* space, a comma, the end of a line, or what nobody should send */
                        continue;
                }
                cursor = skip_space(cursor + length);
                if (*cursor != '=') {
                        scheme = find_scheme(name, length);
                        challenge.basic |= scheme == SCHEME_BASIC;
                        challenge.bearer |= scheme == SCHEME_BEARER;
                        continue;
                }
                cursor = skip_space(cursor + 1);
                value = take_value(arena, &cursor);
                if (!value)
                        return -ENOMEM;
                if (scheme == SCHEME_BEARER)
                        keep(&challenge, name, length, value);
        }
        *ret = challenge;
        return 0;
}
