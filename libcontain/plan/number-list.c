/* SPDX-License-Identifier: MIT */

/* Lists of numbers as the kernel has them (bitmap_parselist()): CPUs, memory nodes. */

#include "plan/parts.h"

#include <stdlib.h>

#define WORD 64 /* bits */

struct list {
        uint64_t *bits;
        unsigned long max; /* numbers are below it */
        size_t words;      /* in use */
};

/* Reads a number and moves on. */
static bool read_number(const char **text, unsigned long max, unsigned long *ret)
{
        char *end;

        if (**text < '0' || **text > '9')
                return false;
        *ret = strtoul(*text, &end, 10);
        *text = end;
        return *ret < max;
}

static bool read_next(const char **text, char separator, unsigned long max, unsigned long *ret)
{
        if (**text != separator)
                return false;
        (*text)++;
        return read_number(text, max, ret);
}

/* One element: "3", "0-3", "0-31:2/4" (the first 2 of every 4). */
static bool read_range(const char **text, struct list *list)
{
        unsigned long first, last, used = 1, group = 1;

        if (!read_number(text, list->max, &first))
                return false;
        last = first;
        if (**text == '-' && (!read_next(text, '-', list->max, &last) || last < first))
                return false;
        if (**text == ':' && (!read_next(text, ':', list->max, &used) ||
                              !read_next(text, '/', list->max, &group) || group == 0 || used > group))
                return false;
        for (unsigned long i = first; i <= last; i++)
                if ((i - first) % group < used)
                        list->bits[i / WORD] |= UINT64_C(1) << i % WORD;
        list->words = last / WORD + 1 > list->words ? last / WORD + 1 : list->words;
        return true;
}

bool ct_plan_read_list(const char *text, uint64_t *bits, size_t n, size_t *ret_words)
{
        struct list list = { .bits = bits, .max = n * WORD };

        while (*text != '\0') {
                if (!read_range(&text, &list))
                        return false;
                if (*text == ',')
                        text++;
                else if (*text != '\0')
                        return false;
        }
        *ret_words = list.words;
        return true;
}
