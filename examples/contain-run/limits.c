/* SPDX-License-Identifier: MIT */

/* Limits of what is unpacked, in commands that unpack something: see source.h. */

#include "source.h"

#include <string.h>

/* "512", "10M", "2G": bytes, by powers of 1024. */
static bool parse_size(const char *text, uint64_t *ret)
{
        static const char units[] = "KMGT";
        const char *unit;
        uint64_t value;
        char *end;

        if (text[0] < '0' || text[0] > '9')
                return false;
        errno = 0;
        value = strtoull(text, &end, 10);
        if (errno != 0)
                return false;
        unit = *end ? strchr(units, *end) : NULL;
        if (*end && (!unit || end[1] != '\0'))
                return false;
        for (ptrdiff_t i = 0; unit && i <= unit - units; i++)
                if (__builtin_mul_overflow(value, (uint64_t)1024, &value))
                        return false;
        *ret = value;
        return true;
}

static int get_size(struct app *app, const char *name, const char *text, uint64_t *ret)
{
        if (text && !parse_size(text, ret))
                return app_fail(app, "--%s '%s' is no number such as 1000, 64M or 2G", name, text);
        return 0;
}

int limits_get(struct app *app, const struct limit_options *options, contain_image_options_t *ret)
{
        int r;

        if ((r = get_size(app, "max-size", options->max_bytes, &ret->max_bytes)) != 0 ||
            (r = get_size(app, "max-file-size", options->max_file_bytes, &ret->max_file_bytes)) != 0 ||
            (r = get_size(app, "max-entries", options->max_entries, &ret->max_entries)) != 0)
                return r;
        return get_size(app, "max-depth", options->max_depth, &ret->max_depth);
}

#define MEMBER(name) (offsetof(struct source_options, limits) + offsetof(struct limit_options, name))

const struct option limit_options[] = {
        { "max-size", 0, OPTION_TEXT, MEMBER(max_bytes), "BYTES",
          "refuse images with more than this, such as 2G, in all files together" },
        { "max-file-size", 0, OPTION_TEXT, MEMBER(max_file_bytes), "BYTES", "refuse files that are larger" },
        { "max-entries", 0, OPTION_TEXT, MEMBER(max_entries), "NUMBER",
          "refuse images with more files than this" },
        { "max-depth", 0, OPTION_TEXT, MEMBER(max_depth), "NUMBER",
          "refuse folders that are deeper in each other" },
        { 0 },
};
