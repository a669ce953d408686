/* SPDX-License-Identifier: MIT */

/* Lengths of time, as callers written in Go send them. */

#include "duration.h"

#include <stddef.h>
#include <string.h>

static const struct unit {
        const char *name;
        int64_t nsec;
} units[] = {
        { "ns", 1 },
        { "us", 1000 },
        { "\u00b5s", 1000 },
        { "\u03bcs", 1000 },
        { "ms", 1000000 },
        { "s", 1000000000 },
        { "m", INT64_C(60) * 1000000000 },
        { "h", INT64_C(3600) * 1000000000 },
};

/* The unit that @text begins with, in full: "m" is not one of "ms". */
static const struct unit *find_unit(const char *text)
{
        size_t length = strcspn(text, "0123456789.");

        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
                if (strlen(units[i].name) == length && memcmp(units[i].name, text, length) == 0)
                        return &units[i];
        return NULL;
}

/* Digits at *text; *ret_n is how many. False when there are too many of them. */
static bool take_digits(const char **text, int64_t *ret, size_t *ret_n)
{
        size_t n = strspn(*text, "0123456789");
        int64_t value = 0;

        for (size_t i = 0; i < n; i++)
                if (__builtin_mul_overflow(value, 10, &value) ||
                    __builtin_add_overflow(value, (*text)[i] - '0', &value))
                        return false;
        *text += n;
        *ret = value;
        *ret_n = n;
        return true;
}

/* What follows the point, in nanoseconds of @unit; digits that are too small to count are passed over. */
static int64_t take_fraction(const char **text, int64_t unit, size_t *ret_n)
{
        size_t n = strspn(*text, "0123456789");
        int64_t nsec = 0;

        for (size_t i = 0; i < n; i++) {
                unit /= 10;
                nsec += ((*text)[i] - '0') * unit;
        }
        *text += n;
        *ret_n = n;
        return nsec;
}

/* One "1.5h" of the sum. */
static bool take_part(const char **text, int64_t *ret_nsec)
{
        const struct unit *unit;
        const char *fraction;
        size_t n, m = 0;
        int64_t nsec;

        if (!take_digits(text, &nsec, &n))
                return false;
        fraction = **text == '.' ? *text + 1 : NULL;
        if (fraction)
                *text = fraction + strspn(fraction, "0123456789");
        unit = find_unit(*text);
        if (!unit || __builtin_mul_overflow(nsec, unit->nsec, &nsec) ||
            (fraction && __builtin_add_overflow(nsec, take_fraction(&fraction, unit->nsec, &m), &nsec)) ||
            n + m == 0)
                return false;
        *text += strlen(unit->name);
        *ret_nsec = nsec;
        return true;
}

bool duration_parse(const char *text, int64_t *ret_nsec)
{
        int64_t sum = 0, part;

        if (*text == '+')
                text++;
        if (strcmp(text, "0") == 0) {
                *ret_nsec = 0;
                return true;
        }
        if (*text == '\0')
                return false;
        while (*text != '\0')
                if (!take_part(&text, &part) || __builtin_add_overflow(sum, part, &sum))
                        return false;
        *ret_nsec = sum;
        return true;
}
