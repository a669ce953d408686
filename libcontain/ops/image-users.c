/* SPDX-License-Identifier: MIT */

/*
 * Users and groups of an image: passwd(5) and group(5), read here, as the host's NSS knows the host's only.
 * Lines that are none are passed over, as the C library does.
 */

#include "ops/image-config.h"

#include "base/ids.h"

#include <string.h>

#define FILE_MAX   ((size_t)4 << 20)
#define FIELDS_MAX 7
#define GROUPS_MAX 1024

static const char passwd[] = "etc/passwd";
static const char group[] = "etc/group";

/* One that is not there is empty. */
static int read_lines(int root_fd, const char *path, const char *at, char **ret, size_t *ret_size,
                      contain_error_t **err)
{
        int r = root_fd < 0 ? -ENOENT : ct_image_read_file(root_fd, path, FILE_MAX, ret, ret_size);

        if (r == -ENOENT || r == -ENOTDIR) {
                *ret = strdup("");
                *ret_size = 0;
                return *ret ? 0 : ct_fail_memory(err);
        }
        if (r == -EFBIG)
                return ct_fail(err, CONTAIN_E_VALUE, EFBIG, at, "the image's '/%s' is larger than %zu bytes",
                               path, FILE_MAX);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_VALUE, -r, at, "cannot read the image's '/%s'", path);
        return 0;
}

/*
 * Cuts the next line of *text, which has *size bytes, into its fields. Returns their number; 0 for a line
 * that is none, -1 at the end.
 */
static int next_line(char **text, size_t *size, const char *ret[FIELDS_MAX])
{
        char *line = *text, *end;
        size_t length;
        int n = 0;

        if (*size == 0)
                return -1;
        end = memchr(line, '\n', *size);
        length = end ? (size_t)(end - line) : *size;
        line[length] = '\0'; /* at the end of the file there is one already */
        *size -= end ? length + 1 : length;
        *text += end ? length + 1 : length;
        if (strlen(line) != length || line[0] == '#')
                return 0;
        while (line && n < FIELDS_MAX)
                ret[n++] = strsep(&line, ":");
        return n;
}

/* What is asked for in one of the files: by name, or by id. */
struct entry {
        const char *name; /* NULL: by id */
        uint32_t id;
        /* What is found */
        const char *found_name; /* in the text */
        uint32_t group;
};

/* The first entry that has the name, or else the id. Both files have the id third. */
static bool find_entry(char *text, size_t size, bool has_group, struct entry *entry)
{
        const char *fields[FIELDS_MAX];
        int n;

        while ((n = next_line(&text, &size, fields)) >= 0) {
                uint32_t id, gid = 0;

                if (n < (has_group ? 4 : 3) || fields[0][0] == '\0' || !ct_id_parse(fields[2], &id) ||
                    (has_group && !ct_id_parse(fields[3], &gid)))
                        continue;
                if (entry->name ? strcmp(fields[0], entry->name) != 0 : id != entry->id)
                        continue;
                *entry = (struct entry){ .id = id, .found_name = fields[0], .group = gid };
                return true;
        }
        return false;
}

static bool is_number(const char *text)
{
        return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* @what: "user" or "group" */
static int look_for(const char *text, const char *what, const char *at, struct entry *ret,
                    contain_error_t **err)
{
        *ret = (struct entry){ .name = text };
        if (!is_number(text))
                return 0;
        ret->name = NULL;
        if (!ct_id_parse(text, &ret->id))
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, at, "'%s' is no %s id", text, what);
        return 0;
}

static int fail_absent(int root_fd, const char *name, const char *what, const char *path, const char *at,
                       contain_error_t **err)
{
        int r;

        if (root_fd < 0) {
                r = ct_fail(err, CONTAIN_E_VALUE, EINVAL, at,
                            "%s '%s' has to be looked up in a root file system, and there is none", what,
                            name);
                ct_error_set_hint(err, "unpack the image to 'rootfs' first");
                return r;
        }
        r = ct_fail(err, CONTAIN_E_VALUE, EINVAL, at, "the image's '/%s' has no %s '%s'", path, what, name);
        ct_error_set_hint(err, "a number needs no entry");
        return r;
}

static bool names(const char *members, const char *name)
{
        size_t length = strlen(name);

        while (members) {
                size_t n = strcspn(members, ",");

                if (n == length && strncmp(members, name, n) == 0)
                        return true;
                members = members[n] == ',' ? members + n + 1 : NULL;
        }
        return false;
}

static bool has_group(const struct ct_image_user *user, uint32_t gid)
{
        bool found = gid == user->gid;

        for (size_t i = 0; i < user->n_groups && !found; i++)
                found = user->groups[i] == gid;
        return found;
}

static int add_groups(struct ct_arena *arena, int root_fd, const char *name, const char *at,
                      struct ct_image_user *user, contain_error_t **err)
{
        _cleanup_free_ char *text = NULL;
        const char *fields[FIELDS_MAX];
        size_t size = 0;
        char *rest;
        int n, r;

        r = read_lines(root_fd, group, at, &text, &size, err);
        if (r < 0)
                return r;
        user->groups = ct_arena_array(arena, GROUPS_MAX, sizeof(*user->groups));
        if (!user->groups)
                return ct_fail_memory(err);
        rest = text;
        while ((n = next_line(&rest, &size, fields)) >= 0) {
                uint32_t gid;

                if (n < 4 || fields[0][0] == '\0' || !ct_id_parse(fields[2], &gid) ||
                    !names(fields[3], name) || has_group(user, gid))
                        continue;
                if (user->n_groups == GROUPS_MAX)
                        return ct_fail(err, CONTAIN_E_VALUE, E2BIG, at,
                                       "user '%s' is in more than %d groups of the image", name, GROUPS_MAX);
                user->groups[user->n_groups++] = gid;
        }
        return 0;
}

static int find_group(int root_fd, const char *name, const char *at, uint32_t *ret, contain_error_t **err)
{
        _cleanup_free_ char *text = NULL;
        struct entry entry;
        size_t size = 0;
        int r;

        r = look_for(name, "group", at, &entry, err);
        if (r < 0)
                return r;
        if (entry.name) {
                r = read_lines(root_fd, group, at, &text, &size, err);
                if (r < 0)
                        return r;
                if (!find_entry(text, size, false, &entry))
                        return fail_absent(root_fd, name, "group", group, at, err);
        }
        *ret = entry.id;
        return 0;
}

int ct_image_find_user(struct ct_arena *arena, int root_fd, const char *user, const char *group_name,
                       const char *at, struct ct_image_user *ret, contain_error_t **err)
{
        struct ct_image_user found = { 0 };
        _cleanup_free_ char *text = NULL;
        struct entry entry;
        size_t size = 0;
        int r;

        r = look_for(user, "user", at, &entry, err);
        if (r == 0)
                r = read_lines(root_fd, passwd, at, &text, &size, err);
        if (r < 0)
                return r;
        if (!find_entry(text, size, true, &entry) && entry.name)
                return fail_absent(root_fd, user, "user", passwd, at, err);
        found.uid = entry.id;
        found.gid = entry.group;
        if (group_name)
                r = find_group(root_fd, group_name, at, &found.gid, err);
        else if (entry.found_name)
                r = add_groups(arena, root_fd, entry.found_name, at, &found, err);
        if (r < 0)
                return r;
        *ret = found;
        return 0;
}

int ct_image_parse_user(struct ct_arena *arena, int root_fd, const char *text, const char *at,
                        struct ct_image_user *ret, contain_error_t **err)
{
        char *user, *group_name;

        if (!text || text[0] == '\0')
                return ct_image_find_user(arena, root_fd, "0", NULL, at, ret, err);
        group_name = ct_arena_strdup(arena, text);
        if (!group_name)
                return ct_fail_memory(err);
        user = strsep(&group_name, ":");
        if (user[0] == '\0' || (group_name && strchr(group_name, ':')))
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, at, "'%s' is not of the form USER or USER:GROUP",
                               text);
        /* "user:" is what some build tools write for a user alone. */
        if (group_name && group_name[0] == '\0')
                group_name = NULL;
        return ct_image_find_user(arena, root_fd, user, group_name, at, ret, err);
}
