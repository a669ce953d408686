/* SPDX-License-Identifier: MIT */

/* Lists of writes to control files. apply.c performs them. */

#include "cgroup/cgroup.h"
#include "cgroup/writes.h"

#include "base/json.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *format_text(struct ct_cgroup_writes *writes, const char *format, va_list args)
{
        va_list again;
        char *text = NULL;
        int n;

        va_copy(again, args);
        n = vsnprintf(NULL, 0, format, again);
        va_end(again);
        if (n >= 0)
                text = ct_arena_alloc(writes->arena, (size_t)n + 1);
        if (!text) {
                writes->failed = true;
                return "";
        }
        (void)vsnprintf(text, (size_t)n + 1, format, args);
        return text;
}

const char *ct_writes_text(struct ct_cgroup_writes *writes, const char *format, ...)
{
        const char *text;
        va_list args;

        va_start(args, format);
        text = format_text(writes, format, args);
        va_end(args);
        return text;
}

const char *ct_writes_pointer(struct ct_cgroup_writes *writes, const char *at, const char *key)
{
        const char *pointer = ct_json_pointer_join(writes->arena, at, key);

        if (!pointer)
                writes->failed = true;
        return pointer ? pointer : "";
}

static bool grow(struct ct_cgroup_writes *writes)
{
        size_t capacity = writes->capacity == 0 ? 16 : 2 * writes->capacity;
        struct ct_cgroup_write *more;

        if (writes->n < writes->capacity)
                return true;
        more = ct_arena_array(writes->arena, capacity, sizeof *more);
        if (!more) {
                writes->failed = true;
                return false;
        }
        if (writes->n > 0)
                memcpy(more, writes->items, writes->n * sizeof *more);
        writes->items = more;
        writes->capacity = capacity;
        return true;
}

void ct_writes_add(struct ct_cgroup_writes *writes, unsigned flags, const char *at, const char *file,
                   const char *format, ...)
{
        struct ct_cgroup_write write = { .file = file, .at = at, .flags = flags, .group = writes->group };
        va_list args;

        va_start(args, format);
        write.value = format_text(writes, format, args);
        va_end(args);
        if (grow(writes))
                writes->items[writes->n++] = write;
}

void ct_writes_limit(struct ct_cgroup_writes *writes, unsigned flags, const char *at, const char *file,
                     int64_t value, const char *unlimited)
{
        if (value < 0)
                ct_writes_add(writes, flags | CT_WRITE_OPTIONAL, at, file, "%s", unlimited);
        else
                ct_writes_add(writes, flags, at, file, "%" PRId64, value);
}

void ct_writes_need(struct ct_cgroup_writes *writes, const char *controller, const char *at)
{
        struct ct_cgroup_need *more;

        for (size_t i = 0; i < writes->n_needs; i++)
                if (strcmp(writes->needs[i].controller, controller) == 0)
                        return;
        more = ct_arena_array(writes->arena, writes->n_needs + 1, sizeof *more);
        if (!more) {
                writes->failed = true;
                return;
        }
        if (writes->n_needs > 0)
                memcpy(more, writes->needs, writes->n_needs * sizeof *more);
        more[writes->n_needs].controller = controller;
        more[writes->n_needs].at = at;
        writes->needs = more;
        writes->n_needs++;
}

const char *ct_writes_asked(const struct ct_cgroup_writes *writes)
{
        for (size_t i = 0; i < writes->n; i++)
                if (!(writes->items[i].flags & (CT_WRITE_OPTIONAL | CT_WRITE_DEVICES)))
                        return writes->items[i].at;
        return NULL;
}

void ct_writes_pass_over(const struct ct_cgroup_writes *writes, const char *at)
{
        struct ct_passed_over *list = writes->passed_over;

        if (list && list->n < sizeof(list->at) / sizeof(list->at[0]))
                list->at[list->n++] = at;
}

int ct_fail_v1_only(contain_error_t **err, const char *at, const char *what)
{
        return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, at, "cgroup v2 has no %s", what);
}
