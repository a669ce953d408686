/* SPDX-License-Identifier: MIT */

/* Strings: see init/text.h. */

#include "init/init.h"

size_t text_length(const char *text)
{
        size_t n = 0;

        while (text[n] != '\0')
                n++;
        return n;
}

bool text_equal(const char *a, const char *b)
{
        for (; *a == *b; a++, b++)
                if (*a == '\0')
                        return true;
        return false;
}

const char *text_find(const char *text, char byte)
{
        for (; *text != '\0'; text++)
                if (*text == byte)
                        return text;
        return NULL;
}

char *text_copy(char *to, const char *from, size_t size)
{
        for (size_t i = 0; i < size; i++)
                to[i] = from[i];
        return to + size;
}

char *text_decimal(char to[TEXT_DECIMAL], uint64_t number)
{
        char reversed[TEXT_DECIMAL];
        size_t n = 0;

        do {
                reversed[n++] = (char)('0' + number % 10);
                number /= 10;
        } while (number != 0);
        while (n > 0)
                *to++ = reversed[--n];
        *to = '\0';
        return to;
}

char *text_add(char *to, const char *end, const char *text)
{
        while (*text != '\0' && to + 1 < end)
                *to++ = *text++;
        *to = '\0';
        return to;
}
