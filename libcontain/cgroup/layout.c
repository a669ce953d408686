/* SPDX-License-Identifier: MIT */

/*
 * The machine's hierarchies: mounts of type cgroup and cgroup2, joined with the caller's own
 * place in each from /proc/self/cgroup. mountinfo.c reads the lines.
 */

#include "cgroup/internal.h"
#include "base/mountinfo.h"

#include "base/fds.h"

#include <fcntl.h>
#include <string.h>

#define TEXT_MAX (64u * 1024u * 1024u)

static void hierarchy_done(struct ct_hierarchy *hierarchy)
{
        free(hierarchy->controllers);
        free(hierarchy->mountpoint);
        free(hierarchy->name);
        free(hierarchy->own_path);
}

struct ct_cgroup_layout *ct_cgroup_layout_free(struct ct_cgroup_layout *layout)
{
        int saved = errno;

        if (!layout)
                return NULL;
        for (size_t i = 0; i < layout->n; i++)
                hierarchy_done(&layout->items[i]);
        free(layout->items);
        free(layout);
        errno = saved;
        return NULL;
}

bool ct_hierarchy_has(const struct ct_hierarchy *hierarchy, const char *controller)
{
        return ct_mountinfo_word(hierarchy->controllers, hierarchy->v2 ? " \n" : ",", controller);
}

/* One line of /proc/self/cgroup, "4:memory:/a/b": whether it is of the hierarchy that @mount shows. */
static bool line_is_of(const struct ct_mount_line *mount, const char *controllers, size_t size)
{
        if (mount->v2)
                return size == 0;
        if (size == 0)
                return false;
        while (size > 0) {
                const char *comma = memchr(controllers, ',', size);
                size_t length = comma ? (size_t)(comma - controllers) : size;
                char word[64];

                if (length >= sizeof word)
                        return false;
                memcpy(word, controllers, length);
                word[length] = '\0';
                if (!ct_mountinfo_word(mount->super_options, ",", word))
                        return false;
                controllers += length + (comma != NULL);
                size -= length + (comma != NULL);
        }
        return true;
}

/*
 * Where the cgroup @own is below a mount whose root is the cgroup @root; NULL where the mount does not
 * show it, as with a mount that was made in another cgroup namespace ("/../..").
 */
static const char *below_root(const char *own, const char *root)
{
        size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);

        if (strncmp(own, root, length) != 0)
                return NULL;
        if (own[length] == '\0')
                return "/";
        return own[length] == '/' ? own + length : NULL;
}

static char *copy(const char *from, const char *end)
{
        size_t length = (size_t)(end - from);
        char *text = malloc(length + 1);

        if (!text)
                return NULL;
        memcpy(text, from, length);
        text[length] = '\0';
        return text;
}

/* Finds the mount's line in @own. 1 found, 0 there is none, -ENOMEM; what is found is malloc'd. */
static int find_own(const char *own, const struct ct_mount_line *mount, char **ret_controllers,
                    char **ret_path)
{
        for (const char *line = own; *line != '\0';) {
                const char *end = strchrnul(line, '\n');
                const char *first = memchr(line, ':', (size_t)(end - line));
                const char *second = first ? memchr(first + 1, ':', (size_t)(end - first - 1)) : NULL;

                if (second && line_is_of(mount, first + 1, (size_t)(second - first - 1))) {
                        _cleanup_free_ char *controllers = copy(first + 1, second);
                        _cleanup_free_ char *path = copy(second + 1, end);
                        char *below = NULL;

                        if (!controllers || !path)
                                return -ENOMEM;
                        if (below_root(path, mount->root)) {
                                below = strdup(below_root(path, mount->root));
                                if (!below)
                                        return -ENOMEM;
                        }
                        *ret_controllers = ct_take(controllers);
                        *ret_path = below;
                        return 1;
                }
                line = *end == '\0' ? end : end + 1;
        }
        return 0;
}

static struct ct_hierarchy *find_same(struct ct_cgroup_layout *layout, bool v2, const char *controllers)
{
        for (size_t i = 0; i < layout->n; i++)
                if (layout->items[i].v2 == v2 && strcmp(layout->items[i].controllers, controllers) == 0)
                        return &layout->items[i];
        return NULL;
}

static int fill_hierarchy(struct ct_hierarchy *hierarchy, const struct ct_mount_line *mount)
{
        const char *slash = strrchr(mount->mountpoint, '/');

        hierarchy->v2 = mount->v2;
        hierarchy->mountpoint = strdup(mount->mountpoint);
        hierarchy->name = strdup(slash ? slash + 1 : mount->mountpoint);
        return hierarchy->mountpoint && hierarchy->name ? 0 : -ENOMEM;
}

/* Adds the hierarchy of one visible mount, unless a mount of it that shows as much is there already. */
static int add_mount(struct ct_cgroup_layout *layout, const struct ct_mount_line *mount, const char *own)
{
        struct ct_hierarchy found = { .v2 = mount->v2 }, *same, *more;
        int r;

        r = find_own(own, mount, &found.controllers, &found.own_path);
        if (r <= 0)
                return r;
        r = fill_hierarchy(&found, mount);
        same = find_same(layout, found.v2, found.controllers);
        if (r < 0 || (same && (same->own_path || !found.own_path))) {
                hierarchy_done(&found);
                return r;
        }
        if (same) {
                hierarchy_done(same);
                *same = found;
                return 0;
        }
        more = realloc(layout->items, (layout->n + 1) * sizeof *more);
        if (!more) {
                hierarchy_done(&found);
                return -ENOMEM;
        }
        layout->items = more;
        layout->items[layout->n++] = found;
        return 0;
}

static enum ct_cgroup_kind kind_of(const struct ct_cgroup_layout *layout)
{
        size_t n_v2 = 0;

        for (size_t i = 0; i < layout->n; i++)
                n_v2 += layout->items[i].v2;
        if (layout->n == 0)
                return CT_CGROUPS_NONE;
        if (n_v2 == 0)
                return CT_CGROUPS_V1;
        return n_v2 == layout->n ? CT_CGROUPS_V2 : CT_CGROUPS_HYBRID;
}

int ct_cgroup_layout_parse(const char *mountinfo, const char *own, struct ct_cgroup_layout **ret)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *layout = NULL;
        _cleanup_(ct_mountinfo_freep) struct ct_mountinfo *mounts = NULL;
        int r;

        layout = calloc(1, sizeof *layout);
        if (!layout)
                return -ENOMEM;
        r = ct_mountinfo_parse(mountinfo, &mounts);
        if (r < 0)
                return r;
        for (size_t i = 0; i < mounts->n; i++) {
                if (!mounts->items[i].cgroup || ct_mountinfo_hidden(mounts, i))
                        continue;
                r = add_mount(layout, &mounts->items[i], own);
                if (r < 0)
                        return r;
        }
        layout->kind = kind_of(layout);
        if (layout->kind == CT_CGROUPS_V2)
                layout->items[0].name[0] = '\0';
        *ret = ct_take(layout);
        return 0;
}

/* What a v2 hierarchy can do is not in its mount options. */
static int read_controllers(struct ct_hierarchy *hierarchy)
{
        _cleanup_free_ char *text = NULL;
        char path[PATH_MAX];
        int r;

        r = ct_cgroup_format(path, hierarchy, "", "cgroup.controllers");
        if (r < 0)
                return r;
        r = ct_read_file_at(AT_FDCWD, path, TEXT_MAX, &text, NULL);
        if (r < 0)
                return r == -ENOMEM ? r : 0; /* mounted, but not to be read: it has none for us */
        text[strcspn(text, "\n")] = '\0';
        free(hierarchy->controllers);
        hierarchy->controllers = ct_take(text);
        return 0;
}

int ct_cgroup_layout_new(struct ct_cgroup_layout **ret)
{
        _cleanup_(ct_cgroup_layout_freep) struct ct_cgroup_layout *layout = NULL;
        _cleanup_free_ char *mountinfo = NULL, *own = NULL;
        int r;

        r = ct_read_file_at(AT_FDCWD, "/proc/self/cgroup", TEXT_MAX, &own, NULL);
        if (r == -ENOENT) {
                own = strdup(""); /* a kernel without cgroups */
                r = own ? 0 : -ENOMEM;
        }
        if (r < 0)
                return r;
        r = ct_read_file_at(AT_FDCWD, "/proc/self/mountinfo", TEXT_MAX, &mountinfo, NULL);
        if (r < 0)
                return r;
        r = ct_cgroup_layout_parse(mountinfo, own, &layout);
        if (r < 0)
                return r;
        for (size_t i = 0; i < layout->n; i++) {
                if (!layout->items[i].v2)
                        continue;
                r = read_controllers(&layout->items[i]);
                if (r < 0)
                        return r;
        }
        *ret = ct_take(layout);
        return 0;
}
