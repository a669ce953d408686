/* SPDX-License-Identifier: MIT */

/* Environments as files: written and read. */

#include "base/env-file.h"

#include <string.h>

static bool is_blank(char c)
{
        return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

/* What a reader that trims lines, or takes them apart at other places, would not give back. */
static bool needs_quotes(const char *value)
{
        size_t length = strlen(value);

        if (length == 0)
                return false;
        return *value == '"' || is_blank(*value) || is_blank(value[length - 1]) || strpbrk(value, "\n\r");
}

static void put_quoted(struct ct_buf *buf, const char *value)
{
        (void)ct_buf_puts(buf, "\"");
        for (const char *p = value; *p != '\0'; p++)
                if (*p == '\n')
                        (void)ct_buf_puts(buf, "\\n");
                else if (*p == '\r')
                        (void)ct_buf_puts(buf, "\\r");
                else if (*p == '"' || *p == '\\')
                        (void)ct_buf_printf(buf, "\\%c", *p);
                else
                        (void)ct_buf_append(buf, p, 1);
        (void)ct_buf_puts(buf, "\"");
}

/* A key that comes back as it is: nothing at its beginning that is trimmed or means a comment. */
static bool is_key(const char *key, size_t length)
{
        if (length == 0 || *key == '#' || is_blank(*key))
                return false;
        for (size_t i = 0; i < length; i++)
                if (key[i] == '\n' || key[i] == '\r')
                        return false;
        return true;
}

int ct_env_file_format(const char *const *env, struct ct_buf *ret, size_t *ret_bad)
{
        (void)ct_buf_puts(ret, CT_ENV_FILE_MARK "\n");
        for (size_t i = 0; env && env[i]; i++) {
                const char *equals = strchr(env[i], '=');

                if (!equals || !is_key(env[i], (size_t)(equals - env[i]))) {
                        *ret_bad = i;
                        return -EINVAL;
                }
                (void)ct_buf_append(ret, env[i], (size_t)(equals + 1 - env[i]));
                if (needs_quotes(equals + 1))
                        put_quoted(ret, equals + 1);
                else
                        (void)ct_buf_puts(ret, equals + 1);
                (void)ct_buf_puts(ret, "\n");
        }
        return ret->failed ? -ENOMEM : 0;
}

/* Undoes put_quoted() in place, on what begins with a quote. */
static int unquote(char *value)
{
        char *to = value, *from = value + 1;

        for (; *from != '"'; from++) {
                if (*from == '\0')
                        return -EINVAL;
                if (*from != '\\') {
                        *to++ = *from;
                        continue;
                }
                from++;
                if (*from == 'n')
                        *to++ = '\n';
                else if (*from == 'r')
                        *to++ = '\r';
                else if (*from == '"' || *from == '\\')
                        *to++ = *from;
                else
                        return -EINVAL;
        }
        if (from[1] != '\0')
                return -EINVAL;
        *to = '\0';
        return 0;
}

/* 1: @line became an entry; 0: it means nothing. */
static int parse_line(struct ct_arena *arena, const char *line, size_t length, bool quoted, char **ret)
{
        char *entry, *equals;

        while (length > 0 && (is_blank(line[length - 1]) || line[length - 1] == '\r'))
                length--;
        while (length > 0 && is_blank(*line)) {
                line++;
                length--;
        }
        if (length == 0 || *line == '#')
                return 0;
        if (memchr(line, '\0', length))
                return -EINVAL;
        entry = ct_arena_strndup(arena, line, length);
        if (!entry)
                return -ENOMEM;
        equals = strchr(entry, '=');
        if (!equals || equals == entry)
                return -EINVAL;
        if (quoted && equals[1] == '"' && unquote(equals + 1) < 0)
                return -EINVAL;
        *ret = entry;
        return 1;
}

int ct_env_file_parse(struct ct_arena *arena, const char *text, size_t size, char ***ret, size_t *ret_line)
{
        const size_t mark = strlen(CT_ENV_FILE_MARK);
        bool quoted = size > mark && memcmp(text, CT_ENV_FILE_MARK "\n", mark + 1) == 0;
        const char *end = text + size;
        size_t n = 0, n_lines = 1, number = 0;
        char **entries;

        for (const char *p = text; p < end; p++)
                n_lines += *p == '\n';
        entries = ct_arena_array(arena, n_lines + 1, sizeof *entries);
        if (!entries)
                return -ENOMEM;
        while (text < end) {
                const char *line = text, *stop = memchr(text, '\n', (size_t)(end - text));
                int r;

                number++;
                text = stop ? stop + 1 : end;
                r = parse_line(arena, line, (size_t)((stop ? stop : end) - line), quoted, &entries[n]);
                if (r == -EINVAL)
                        *ret_line = number;
                if (r < 0)
                        return r;
                n += (size_t)r;
        }
        *ret = entries;
        return 0;
}
