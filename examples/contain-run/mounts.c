/* SPDX-License-Identifier: MIT */

/* /proc/self/mountinfo (proc(5)). */

#include "mounts.h"

#include "cleanup.h"
#include "files.h"

#include <stdio.h>
#include <string.h>

void mounts_done(struct mount_table *table)
{
        for (size_t i = 0; i < table->n; i++)
                free(table->items[i].below);
        free(table->items);
        *table = (struct mount_table){ 0 };
}

/* Undoes the kernel's octal escapes of white space and backslashes, in place. */
static void unescape(char *text)
{
        char *to = text;

        for (; *text != '\0'; text++) {
                if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && text[2] >= '0' && text[2] <= '7' &&
                    text[3] >= '0' && text[3] <= '7') {
                        *to++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0'));
                        text += 3;
                } else {
                        *to++ = *text;
                }
        }
        *to = '\0';
}

/* What of @path is below @root: NULL when it is not. */
static const char *below(const char *path, const char *root)
{
        size_t length = strlen(root);

        if (strncmp(path, root, length) != 0 || path[length] != '/')
                return NULL;
        return path + length + 1;
}

/* The line's numbers and its path, which is the fifth field. */
static int parse_line(char *line, struct mount_entry *ret, const char **ret_path)
{
        char *path = NULL;

        if (sscanf(line, "%d %d", &ret->id, &ret->parent) != 2)
                return -EBADMSG;
        for (int i = 0; i < 5; i++)
                path = strsep(&line, " ");
        if (!path || !line)
                return -EBADMSG;
        unescape(path);
        *ret_path = path;
        return 0;
}

/* How many mounts it is mounted on, one upon the other; the root's parent is not in the table. */
static size_t depth_of(const struct mount_table *all, const struct mount_entry *mount)
{
        size_t depth = 0;
        int parent = mount->parent;

        for (size_t i = 0; i < all->n && depth < all->n; i++) {
                if (all->items[i].id != parent || all->items[i].id == all->items[i].parent)
                        continue;
                parent = all->items[i].parent;
                depth++;
                i = (size_t)-1; /* from the beginning: parents may come later */
        }
        return depth;
}

static int compare(const void *a, const void *b)
{
        const struct mount_entry *x = a, *y = b;

        if (x->depth != y->depth)
                return x->depth > y->depth ? -1 : 1;
        return strcmp(y->below, x->below);
}

static int add(struct mount_table *table, const struct mount_entry *entry, const char *path)
{
        struct mount_entry *items = realloc(table->items, (table->n + 1) * sizeof(*items));

        if (!items)
                return -ENOMEM;
        table->items = items;
        items[table->n] = *entry;
        items[table->n].below = strdup(path);
        if (!items[table->n].below)
                return -ENOMEM;
        table->n++;
        return 0;
}

int mounts_parse(char *text, const char *root, struct mount_table *ret)
{
        _cleanup_(mounts_done) struct mount_table all = { 0 }, found = { 0 };
        char *line;
        int r = 0;

        while (r == 0 && (line = strsep(&text, "\n"))) {
                struct mount_entry entry = { 0 };
                const char *path = NULL;

                if (line[0] == '\0')
                        continue;
                r = parse_line(line, &entry, &path);
                if (r == 0)
                        r = add(&all, &entry, path);
        }
        for (size_t i = 0; i < all.n && r == 0; i++) {
                const char *path = below(all.items[i].below, root);
                struct mount_entry entry = all.items[i];

                if (!path)
                        continue;
                entry.depth = depth_of(&all, &all.items[i]);
                r = add(&found, &entry, path);
        }
        if (r < 0)
                return r;
        if (found.n > 0)
                qsort(found.items, found.n, sizeof(*found.items), compare);
        *ret = found;
        found = (struct mount_table){ 0 };
        return 0;
}

int mounts_below(const char *root, struct mount_table *ret)
{
        _cleanup_free_ char *text = NULL;
        size_t length;
        int r;

        r = files_read("/proc/self/mountinfo", &text, &length);
        return r < 0 ? r : mounts_parse(text, root, ret);
}
