/* SPDX-License-Identifier: MIT */

/*
 * Names of units. The path of a cgroup that systemd makes follows from them: a slice "a-b.slice" is inside
 * of "a.slice", and "-.slice" is the root.
 */

#include "cgroup/systemd/systemd.h"

#include "base/buf.h"

#include <stdio.h>
#include <string.h>

#define AT "/linux/cgroupsPath"

enum { UNIT_NAME_MAX = 255 };

static const char name_characters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:-_.\\@";

struct ct_scope *ct_scope_free(struct ct_scope *scope)
{
        if (!scope)
                return NULL;
        free(scope->unit);
        free(scope->slice);
        free(scope);
        return NULL;
}

/* Whether @name has this end, something before it, and only characters that units' names have. */
static bool is_unit(const char *name, const char *end)
{
        size_t length = strlen(name), end_length = strlen(end);

        return length > end_length && length <= UNIT_NAME_MAX &&
               strcmp(name + length - end_length, end) == 0 && strspn(name, name_characters) == length;
}

static bool is_slice(const char *name)
{
        if (strcmp(name, "-.slice") == 0)
                return true;
        return is_unit(name, ".slice") && name[0] != '-' && !strstr(name, "--") && !strstr(name, "-.slice");
}

int ct_scope_check(const char *unit, const char *slice)
{
        return is_unit(unit, ".scope") && is_slice(slice) ? 0 : -EINVAL;
}

static int refuse(const char *path, const char *why, contain_error_t **err)
{
        int r = ct_fail(err, CONTAIN_E_CGROUP, EINVAL, AT, "'%s' %s", path, why);

        ct_error_set_hint(err, "with systemd it is SLICE:PREFIX:NAME, such as 'machine.slice:contain:web'");
        return r;
}

/* An id can have characters that units' names cannot: those as systemd writes them, "\x2b". */
static char *unit_of_id(const char *id)
{
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;

        (void)ct_buf_puts(&buf, "contain-");
        for (const char *p = id; *p != '\0'; p++) {
                if (strchr(name_characters, *p))
                        (void)ct_buf_append(&buf, p, 1);
                else
                        (void)ct_buf_printf(&buf, "\\x%02x", (unsigned char)*p);
        }
        (void)ct_buf_puts(&buf, ".scope");
        return ct_buf_steal(&buf);
}

/* "SLICE:PREFIX:NAME"; an empty slice is the usual one. NAME may have colons of its own. */
static int split(const char *path, const char *usual_slice, struct ct_scope *scope, contain_error_t **err)
{
        const char *first = strchr(path, ':'), *second = first ? strchr(first + 1, ':') : NULL;
        size_t prefix_length;
        int n;

        if (!second)
                return refuse(path, "is not the name of a unit", err);
        prefix_length = (size_t)(second - first - 1);
        scope->slice = first == path ? strdup(usual_slice) : strndup(path, (size_t)(first - path));
        n = asprintf(&scope->unit, "%.*s%s%s.scope", (int)prefix_length, first + 1,
                     prefix_length > 0 ? "-" : "", second + 1);
        if (n < 0)
                scope->unit = NULL;
        if (!scope->slice || !scope->unit)
                return ct_fail_memory(err);
        if (second[1] == '\0')
                return refuse(path, "has no name for the unit", err);
        if (is_slice(second + 1))
                return refuse(path, "names a slice, which cannot have processes", err);
        if (!is_slice(scope->slice))
                return refuse(path, "has no valid name of a slice", err);
        if (!is_unit(scope->unit, ".scope"))
                return refuse(path, "has no valid name of a unit", err);
        return 0;
}

int ct_scope_new(const char *path, const char *id, bool user, struct ct_scope **ret, contain_error_t **err)
{
        _cleanup_(ct_scope_freep) struct ct_scope *scope = calloc(1, sizeof(*scope));
        const char *usual_slice = user ? "user.slice" : "system.slice";
        int r;

        if (!scope)
                return ct_fail_memory(err);
        scope->user = user;
        if (path && path[0] != '\0') {
                r = split(path, usual_slice, scope, err);
                if (r < 0)
                        return r;
        } else {
                scope->slice = strdup(usual_slice);
                scope->unit = unit_of_id(id);
                if (!scope->slice || !scope->unit)
                        return ct_fail_memory(err);
                if (!is_unit(scope->unit, ".scope"))
                        return ct_fail(err, CONTAIN_E_CGROUP, ENAMETOOLONG, NULL,
                                       "'%s' is too long for the name of a unit", scope->unit);
        }
        *ret = ct_take(scope);
        return 0;
}

int ct_scope_path(const struct ct_scope *scope, const char *manager_path, char **ret)
{
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        size_t stem_length = strlen(scope->slice) - strlen(".slice");
        char *path;

        if (ct_scope_check(scope->unit, scope->slice) < 0)
                return -EINVAL;
        if (strcmp(manager_path, "/") != 0)
                (void)ct_buf_puts(&buf, manager_path);
        /* "a-b-c.slice": each dash ends the name of a slice that is above. */
        for (size_t i = 1; i <= stem_length && strcmp(scope->slice, "-.slice") != 0; i++)
                if (i == stem_length || scope->slice[i] == '-')
                        (void)ct_buf_printf(&buf, "/%.*s.slice", (int)i, scope->slice);
        (void)ct_buf_printf(&buf, "/%s", scope->unit);
        path = ct_buf_steal(&buf);
        if (!path)
                return -ENOMEM;
        *ret = path;
        return 0;
}
