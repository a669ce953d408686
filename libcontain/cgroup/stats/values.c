/* SPDX-License-Identifier: MIT */

/* The texts of cgroup files: numbers, lines of a key and a number, words. */

#include "cgroup/stats/stats.h"

#include "base/fds.h"

#include <string.h>

/* memory.stat has a few KiB; what has a line per processor or per device may have more. */
#define TEXT_MAX ((size_t)4 * 1024 * 1024)

char *ct_stats_read(int fd, const char *file, struct ct_buf *buf)
{
        char *text = NULL;
        int r;

        if (fd < 0)
                return NULL;
        r = ct_read_file_at(fd, file, TEXT_MAX, &text, NULL);
        if (r == -ENOMEM)
                buf->failed = true;
        return text;
}

bool ct_stats_number(const char *word, uint64_t *ret)
{
        uint64_t value = 0;

        if (strcmp(word, "max") == 0) {
                *ret = UINT64_MAX;
                return true;
        }
        if (word[0] == '\0')
                return false;
        for (const char *p = word; *p != '\0'; p++) {
                if (*p < '0' || *p > '9' || __builtin_mul_overflow(value, 10u, &value) ||
                    __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
                        return false;
        }
        *ret = value;
        return true;
}

bool ct_stats_read_number(int fd, const char *file, struct ct_buf *buf, uint64_t *ret)
{
        _cleanup_free_ char *text = ct_stats_read(fd, file, buf);

        if (!text)
                return false;
        text[strcspn(text, "\n")] = '\0';
        return ct_stats_number(text, ret);
}

bool ct_stats_find(const char *text, const char *key, uint64_t *ret)
{
        size_t length = strlen(key);

        for (const char *line = text; *line != '\0';) {
                const char *end = strchrnul(line, '\n');
                char word[32];

                if (strncmp(line, key, length) == 0 && line[length] == ' ') {
                        size_t size = (size_t)(end - line) - length - 1;

                        if (size >= sizeof(word))
                                return false;
                        memcpy(word, line + length + 1, size);
                        word[size] = '\0';
                        return ct_stats_number(word, ret);
                }
                line = *end == '\0' ? end : end + 1;
        }
        return false;
}

/* What ends at one of @separators. */
static char *cut(char **rest, const char *separators)
{
        char *begin = *rest;
        size_t length = strcspn(begin, separators);

        *rest = begin + length + (begin[length] != '\0');
        begin[length] = '\0';
        return begin;
}

char *ct_stats_line(char **rest)
{
        return **rest == '\0' ? NULL : cut(rest, "\n");
}

char *ct_stats_word(char **rest)
{
        *rest += strspn(*rest, " \t");
        return **rest == '\0' ? NULL : cut(rest, " \t");
}
