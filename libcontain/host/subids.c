/* SPDX-License-Identifier: MIT */

/* Subordinate ids in plain files: lines "user:first:count", the user by name or by number. */

#include "host/subids.h"

#include "base/fds.h"
#include "base/ids.h"

#include <stdio.h>
#include <string.h>

#define FILE_MAX ((size_t)8 << 20)

const char *ct_subids_path(enum ct_id_kind kind)
{
        return kind == CT_ID_USER ? "etc/subuid" : "etc/subgid";
}

void ct_subids_done(struct ct_subids *subids)
{
        free(subids->ranges);
        free(subids->name);
        *subids = (struct ct_subids){ 0 };
}

/* A missing file is an empty one. */
static int read_file(int root_fd, const char *path, char **ret, bool *ret_found)
{
        int r = ct_read_file_at(root_fd, path, FILE_MAX, ret, NULL);

        *ret_found = r >= 0;
        if (r >= 0 || r == -ENOMEM)
                return r;
        *ret = strdup("");
        return *ret ? 0 : -ENOMEM;
}

/* The name of passwd(5)'s first entry for @uid, as getpwuid(3) has it. */
static int find_name(int root_fd, uint32_t uid, char **ret)
{
        _cleanup_free_ char *text = NULL;
        char *line, *position;
        bool found;
        int r;

        r = read_file(root_fd, "etc/passwd", &text, &found);
        if (r < 0)
                return r;
        for (line = strtok_r(text, "\n", &position); line; line = strtok_r(NULL, "\n", &position)) {
                const char *name = strsep(&line, ":"), *number;
                uint32_t id;

                (void)strsep(&line, ":");
                number = strsep(&line, ":");
                if (!ct_id_parse(number, &id) || id != uid)
                        continue;
                *ret = strdup(name);
                return *ret ? 0 : -ENOMEM;
        }
        return 0;
}

static bool is_owner(const char *owner, const char *name, uint32_t uid)
{
        uint32_t id;

        return (name && strcmp(owner, name) == 0) || (ct_id_parse(owner, &id) && id == uid);
}

static int add_range(struct ct_subids *subids, uint32_t first, uint32_t count)
{
        struct ct_subid_range *more;

        if (count == 0 || count > UINT32_MAX - 1 - first)
                return 0;
        more = realloc(subids->ranges, (subids->n + 1) * sizeof(*more));
        if (!more)
                return -ENOMEM;
        subids->ranges = more;
        subids->ranges[subids->n++] = (struct ct_subid_range){ first, count };
        return 0;
}

/* "subid: sss": then newuidmap(1) asks that instead of the files. */
static int look_elsewhere(int root_fd, bool *ret)
{
        _cleanup_free_ char *text = NULL;
        char *line, *position;
        bool found;
        int r;

        r = read_file(root_fd, "etc/nsswitch.conf", &text, &found);
        if (r < 0)
                return r;
        *ret = false;
        for (line = strtok_r(text, "\n", &position); line; line = strtok_r(NULL, "\n", &position)) {
                line += strspn(line, " \t");
                if (strncmp(line, "subid:", 6) != 0)
                        continue;
                line += 6 + strspn(line + 6, " \t");
                *ret = strncmp(line, "files", 5) != 0;
        }
        return 0;
}

/* Of who is named so, or has the id. */
static int read_ranges(int root_fd, enum ct_id_kind kind, uint32_t uid, struct ct_subids *subids)
{
        _cleanup_free_ char *text = NULL;
        char *line, *position;
        int r;

        r = look_elsewhere(root_fd, &subids->elsewhere);
        if (r == 0)
                r = read_file(root_fd, ct_subids_path(kind), &text, &subids->has_file);
        if (r < 0)
                return r;
        for (line = strtok_r(text, "\n", &position); line; line = strtok_r(NULL, "\n", &position)) {
                const char *owner = strsep(&line, ":"), *first = strsep(&line, ":");
                const char *count = strsep(&line, ":");
                uint32_t from, size;

                if (!ct_id_parse(first, &from) || !ct_id_parse(count, &size) ||
                    !is_owner(owner, subids->name, uid))
                        continue;
                r = add_range(subids, from, size);
                if (r < 0)
                        return r;
        }
        return 0;
}

int ct_subids_read(int root_fd, enum ct_id_kind kind, uint32_t uid, struct ct_subids *ret)
{
        _cleanup_(ct_subids_done) struct ct_subids subids = { 0 };
        int r;

        r = find_name(root_fd, uid, &subids.name);
        if (r == 0)
                r = read_ranges(root_fd, kind, uid, &subids);
        if (r < 0)
                return r;
        *ret = subids;
        subids = (struct ct_subids){ 0 };
        return 0;
}

int ct_subids_read_named(int root_fd, enum ct_id_kind kind, const char *name, struct ct_subids *ret)
{
        _cleanup_(ct_subids_done) struct ct_subids subids = { .name = strdup(name) };
        int r;

        if (!subids.name)
                return -ENOMEM;
        r = read_ranges(root_fd, kind, UINT32_MAX, &subids);
        if (r < 0)
                return r;
        *ret = subids;
        subids = (struct ct_subids){ 0 };
        return 0;
}

bool ct_subids_have(const struct ct_subids *subids, uint32_t first, uint32_t count)
{
        while (count > 0) {
                const struct ct_subid_range *range = NULL;
                uint32_t left;

                for (size_t i = 0; i < subids->n && !range; i++)
                        if (first >= subids->ranges[i].first &&
                            first - subids->ranges[i].first < subids->ranges[i].count)
                                range = &subids->ranges[i];
                if (!range)
                        return false;
                left = range->count - (first - range->first);
                if (left >= count)
                        return true;
                first += left;
                count -= left;
        }
        return true;
}
