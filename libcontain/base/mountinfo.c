/* SPDX-License-Identifier: MIT */

/* Reads mountinfo lines in place: fields are cut out of one copy of the text. */

#include "base/mountinfo.h"

#include <string.h>

struct ct_mountinfo *ct_mountinfo_free(struct ct_mountinfo *mounts)
{
        int saved = errno;

        if (!mounts)
                return NULL;
        free(mounts->text);
        free(mounts->items);
        free(mounts);
        errno = saved;
        return NULL;
}

bool ct_mountinfo_word(const char *text, const char *separators, const char *word)
{
        size_t length = strlen(word);

        while (*text != '\0') {
                size_t size = strcspn(text, separators);

                if (size == length && memcmp(text, word, length) == 0)
                        return true;
                text += size;
                text += strspn(text, separators);
        }
        return false;
}

/* Space, tab, newline, backslash and '#' are written as a backslash and three octal digits. */
static void unescape(char *text)
{
        char *to = text;

        for (const char *from = text; *from != '\0'; to++) {
                if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' && from[2] <= '7' &&
                    from[3] >= '0' && from[3] <= '7') {
                        *to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
                        from += 4;
                } else {
                        *to = *from++;
                }
        }
        *to = '\0';
}

/* "36 35 98:0 /root /mountpoint options [optional...] - type source super-options" */
static bool parse_line(char *line, struct ct_mount_line *ret)
{
        char *fields[5], *state = NULL, *end, *type, *super_options;
        struct ct_mount_line mount = { 0 };

        end = strstr(line, " - ");
        if (!end)
                return false;
        *end = '\0';
        for (size_t i = 0; i < 5; i++) {
                fields[i] = strtok_r(i == 0 ? line : NULL, " ", &state);
                if (!fields[i])
                        return false;
        }
        type = strtok_r(end + 3, " ", &state);
        /* The source may be empty, which leaves two spaces: look for the last field from the end. */
        super_options = state ? strrchr(state, ' ') : NULL;

        mount.id = strtoul(fields[0], NULL, 10);
        mount.parent = strtoul(fields[1], NULL, 10);
        unescape(fields[3]);
        unescape(fields[4]);
        if (super_options)
                unescape(super_options);
        mount.device = fields[2];
        mount.root = fields[3];
        mount.mountpoint = fields[4];
        mount.super_options = super_options ? super_options + 1 : "";
        mount.v2 = type && strcmp(type, "cgroup2") == 0;
        mount.cgroup = mount.v2 || (type && strcmp(type, "cgroup") == 0);
        mount.resctrl = type && strcmp(type, "resctrl") == 0;
        *ret = mount;
        return true;
}

int ct_mountinfo_parse(const char *text, struct ct_mountinfo **ret)
{
        _cleanup_(ct_mountinfo_freep) struct ct_mountinfo *mounts = NULL;
        size_t n_lines = 1;
        char *state = NULL;

        for (const char *p = text; *p != '\0'; p++)
                n_lines += *p == '\n';
        mounts = calloc(1, sizeof *mounts);
        if (!mounts)
                return -ENOMEM;
        mounts->text = strdup(text);
        mounts->items = calloc(n_lines, sizeof *mounts->items);
        if (!mounts->text || !mounts->items)
                return -ENOMEM;
        for (char *line = strtok_r(mounts->text, "\n", &state); line; line = strtok_r(NULL, "\n", &state))
                if (parse_line(line, &mounts->items[mounts->n]))
                        mounts->n++;
        *ret = ct_take(mounts);
        return 0;
}

const char *ct_mountinfo_below(const char *path, const char *folder)
{
        size_t length = strcmp(folder, "/") == 0 ? 0 : strlen(folder);

        if (strncmp(path, folder, length) != 0 || (path[length] != '\0' && path[length] != '/'))
                return NULL;
        return path[length] == '/' ? path + length + 1 : path + length;
}

static const struct ct_mount_line *parent_of(const struct ct_mountinfo *mounts,
                                             const struct ct_mount_line *mount)
{
        for (size_t i = 0; i < mounts->n; i++)
                if (mounts->items[i].id == mount->parent && &mounts->items[i] != mount)
                        return &mounts->items[i];
        return NULL;
}

/*
 * Whether a mount on top of @on covers @path; @through, mounted on @on too, is the one that leads to it. Of
 * two on the way the one that comes first counts: @through covers whatever is below its place.
 */
static bool is_covered(const struct ct_mountinfo *mounts, const struct ct_mount_line *on,
                       const struct ct_mount_line *through, const char *path)
{
        for (size_t i = 0; i < mounts->n; i++) {
                const struct ct_mount_line *other = &mounts->items[i];

                if (other->parent != on->id || other == through || other == on ||
                    !ct_mountinfo_below(path, other->mountpoint))
                        continue;
                if (!through || ct_mountinfo_below(through->mountpoint, other->mountpoint))
                        return true;
        }
        return false;
}

bool ct_mountinfo_hidden(const struct ct_mountinfo *mounts, size_t i)
{
        const char *path = mounts->items[i].mountpoint;
        const struct ct_mount_line *on = &mounts->items[i], *through = NULL;

        /* A list that is read while mounts come and go may have a circle in it: count. */
        for (size_t steps = 0; on && steps < mounts->n; steps++) {
                if (is_covered(mounts, on, through, path))
                        return true;
                through = on;
                on = parent_of(mounts, on);
        }
        return false;
}
