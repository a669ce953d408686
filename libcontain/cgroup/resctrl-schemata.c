/* SPDX-License-Identifier: MIT */

/*
 * Schemata: lines such as "L3:0=7f0;1=1f" and "MB:0=20;1=70", a resource and its share in each domain. Masks
 * are hexadecimal, bandwidth is decimal. The kernel pads the names of the resources with spaces.
 */

#include "cgroup/resctrl.h"

#include "base/buf.h"
#include "base/fds.h"

#include <stdlib.h>
#include <string.h>

#define AT       "/linux/intelRdt"
#define TEXT_MAX ((size_t)1024 * 1024)

/* One "0=7f0" of a line. */
struct share {
        unsigned long domain, value;
};

struct line {
        const char *name; /* of the resource, @name_size bytes */
        size_t name_size;
        const char *rest; /* its shares */
};

static bool is_bandwidth(const struct line *line)
{
        return line->name_size >= 2 && strncmp(line->name, "MB", 2) == 0;
}

/* Cuts a line off the text; false at its end. */
static bool next_line(const char **text, struct line *ret)
{
        while (**text != '\0') {
                const char *line = *text + strspn(*text, " \t\n"), *end = strchrnul(line, '\n');
                const char *colon = memchr(line, ':', (size_t)(end - line));

                *text = end;
                if (colon) {
                        *ret = (struct line){ line, (size_t)(colon - line), colon + 1 };
                        return true;
                }
        }
        return false;
}

static bool next_share(const struct line *line, const char **rest, struct share *ret)
{
        const char *text = *rest + strspn(*rest, "; \t");
        char *end;

        if (*text == '\0' || *text == '\n')
                return false;
        ret->domain = strtoul(text, &end, 10);
        if (*end != '=')
                return false;
        ret->value = strtoul(end + 1, &end, is_bandwidth(line) ? 10 : 16);
        *rest = end;
        return true;
}

/* Whether the text has the line's resource with this share. */
static bool has_share(const char *text, const struct line *wanted, const struct share *share)
{
        struct share found;
        struct line line;

        while (next_line(&text, &line)) {
                if (line.name_size != wanted->name_size ||
                    strncmp(line.name, wanted->name, line.name_size) != 0)
                        continue;
                for (const char *rest = line.rest; next_share(&line, &rest, &found);)
                        if (found.domain == share->domain && found.value == share->value)
                                return true;
        }
        return false;
}

/* Bandwidth is rounded up to what the hardware can do, and is read back like that. */
static unsigned long round_bandwidth(int root_fd, unsigned long value)
{
        _cleanup_free_ char *text = NULL;
        unsigned long step;

        if (ct_read_file_at(root_fd, "info/MB/bandwidth_gran", 64, &text, NULL) < 0)
                return value;
        step = strtoul(text, NULL, 10);
        return step > 1 ? (value + step - 1) / step * step : value;
}

static bool has_schema(int root_fd, const char *text, const char *schema)
{
        struct share share;
        struct line line;
        size_t n = 0;

        while (next_line(&schema, &line))
                for (const char *rest = line.rest; next_share(&line, &rest, &share); n++) {
                        if (is_bandwidth(&line))
                                share.value = round_bandwidth(root_fd, share.value);
                        if (!has_share(text, &line, &share))
                                return false;
                }
        return n > 0;
}

static int compare_one(int root_fd, const char *text, const char *schema, const char *at, const char *name,
                       contain_error_t **err)
{
        if (!schema || has_schema(root_fd, text, schema))
                return 0;
        (void)ct_fail(err, CONTAIN_E_CONFLICT, EEXIST, at,
                      "class of service '%s' is there already, with other schemata than '%s'", name, schema);
        ct_error_set_hint(err, "leave the schemata out to take the class as it is");
        return -EEXIST;
}

int ct_resctrl_compare(int root_fd, int class_fd, const struct ct_spec_intel_rdt *rdt, const char *name,
                       contain_error_t **err)
{
        _cleanup_free_ char *text = NULL;
        int r;

        r = ct_read_file_at(class_fd, "schemata", TEXT_MAX, &text, NULL);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_LIMIT, -r, AT, "cannot read the schemata of class '%s'", name);
        r = compare_one(root_fd, text, rdt->l3_cache_schema, AT "/l3CacheSchema", name, err);
        if (r >= 0)
                r = compare_one(root_fd, text, rdt->mem_bw_schema, AT "/memBwSchema", name, err);
        for (size_t i = 0; r >= 0 && i < rdt->schemata.n; i++)
                r = compare_one(root_fd, text, rdt->schemata.items[i], AT "/schemata", name, err);
        return r;
}

void ct_resctrl_hint(int root_fd, contain_error_t **err)
{
        _cleanup_free_ char *status = NULL;

        if (ct_read_file_at(root_fd, "info/last_cmd_status", 4096, &status, NULL) < 0)
                return;
        status[strcspn(status, "\n")] = '\0';
        if (status[0] != '\0' && strcmp(status, "ok") != 0)
                ct_error_set_hint(err, "the kernel says: %s", status);
}

/* The kernel wants a newline behind the last line. */
static int write_lines(int root_fd, int class_fd, const char *lines, const char *at, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        int r;

        if (ct_buf_printf(&buf, "%s\n", lines) < 0)
                return ct_fail_memory(err);
        r = ct_write_file_at(class_fd, "schemata", buf.data);
        if (r >= 0)
                return 0;
        (void)ct_fail(err, CONTAIN_E_LIMIT, -r, at, "cannot set the schemata '%s'", lines);
        ct_resctrl_hint(root_fd, err);
        return r;
}

int ct_resctrl_write(int root_fd, int class_fd, const struct ct_spec_intel_rdt *rdt, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf lines = CT_BUF_INIT;
        int r = 0;

        if (rdt->l3_cache_schema)
                r = write_lines(root_fd, class_fd, rdt->l3_cache_schema, AT "/l3CacheSchema", err);
        if (r >= 0 && rdt->mem_bw_schema)
                r = write_lines(root_fd, class_fd, rdt->mem_bw_schema, AT "/memBwSchema", err);
        if (r < 0 || rdt->schemata.n == 0)
                return r;
        /* All at once: the kernel takes all of them or none. */
        for (size_t i = 0; i < rdt->schemata.n; i++)
                (void)ct_buf_printf(&lines, "%s%s", i > 0 ? "\n" : "", rdt->schemata.items[i]);
        if (lines.failed)
                return ct_fail_memory(err);
        return write_lines(root_fd, class_fd, lines.data, AT "/schemata", err);
}
