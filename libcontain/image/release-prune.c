/* SPDX-License-Identifier: MIT */

/* Which releases go, and how: never one that somebody still needs. */

#include "image/releases.h"

#include "image/tree.h"
#include "image/uses.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

void ct_releases_choose(const struct ct_releases *releases, uint64_t keep, bool *ret)
{
        const struct ct_release *previous = ct_releases_previous(releases);

        for (size_t i = 0; i < releases->n; i++)
                ret[i] = i >= keep && !releases->items[i].current && &releases->items[i] != previous;
}

/* Names, and who uses what they name. */
struct list {
        char **names;
        struct ct_use *uses;
        size_t n;
};

static void list_done(struct list *list)
{
        for (size_t i = 0; i < list->n; i++)
                free(list->names[i]);
        free(list->names);
        free(list->uses);
}

static int list_add(struct list *list, const char *name)
{
        char **names = realloc(list->names, (list->n + 1) * sizeof *names);
        struct ct_use *uses = realloc(list->uses, (list->n + 1) * sizeof *uses);

        if (names)
                list->names = names;
        if (uses)
                list->uses = uses;
        if (!names || !uses)
                return -ENOMEM;
        list->names[list->n] = strdup(name);
        if (!list->names[list->n])
                return -ENOMEM;
        list->uses[list->n++] = (struct ct_use){ .how = NULL };
        return 0;
}

static int find_uses(const struct ct_releases *releases, struct list *list, contain_error_t **err)
{
        const struct ct_use_search search = {
                .dir_fd = releases->dir_fd,
                .names = (const char *const *)list->names,
                .n = list->n,
                .inner = CT_RELEASE_ROOTFS,
                .containers = releases->containers,
                .n_containers = releases->n_containers,
        };

        return ct_uses_find(&search, list->uses, err);
}

static void put_use(struct ct_buf *buf, const char *name, const struct ct_use *use)
{
        (void)ct_buf_puts(buf, "{\"name\":");
        (void)ct_buf_json_string(buf, name);
        (void)ct_buf_printf(buf, ",\"pid\":%d,\"how\":\"%s\"", (int)use->pid, use->how);
        if (use->container) {
                (void)ct_buf_puts(buf, ",\"container\":");
                (void)ct_buf_json_string(buf, use->container);
        }
        (void)ct_buf_puts(buf, "}");
}

static void put_names(struct ct_buf *buf, const char *key, const struct list *list, bool used)
{
        const char *comma = "";

        (void)ct_buf_printf(buf, "\"%s\":[", key);
        for (size_t i = 0; i < list->n; i++) {
                if ((list->uses[i].how != NULL) != used)
                        continue;
                (void)ct_buf_puts(buf, comma);
                if (used)
                        put_use(buf, list->names[i], &list->uses[i]);
                else
                        (void)ct_buf_json_string(buf, list->names[i]);
                comma = ",";
        }
        (void)ct_buf_puts(buf, "]");
}

/*
 * Takes the name of a release that goes away from it, so that nobody finds a part of it. Who has come between
 * the first look and this keeps it: then it gets its name back.
 */
static int condemn(const struct ct_releases *releases, const char *name, contain_error_t **err)
{
        char condemned[NAME_MAX + 1];

        (void)snprintf(condemned, sizeof condemned, "%s%s", CT_RELEASE_OLD, name);
        if (renameat2(releases->dir_fd, name, releases->dir_fd, condemned, RENAME_NOREPLACE) < 0)
                return ct_fail(err, CONTAIN_E_DEPLOY, errno, NULL, "cannot remove release '%s' of '%s'", name,
                               releases->path);
        return 0;
}

/* The file first: what has none is no release any more, whatever is left of it. */
static int remove_release(const struct ct_releases *releases, const char *name)
{
        _cleanup_close_ int fd =
                openat(releases->dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        if (fd >= 0 && unlinkat(fd, CT_RELEASE_FILE, 0) < 0 && errno != ENOENT)
                return -errno;
        return ct_tree_remove(releases->dir_fd, name);
}

/* One that is half-removed already stays what it is until nobody uses it. */
static int return_release(const struct ct_releases *releases, const char *name, const char *real_name)
{
        struct ct_release release;
        int r = ct_releases_read(releases, name, &release);

        if (r > 0 && renameat2(releases->dir_fd, name, releases->dir_fd, real_name, RENAME_NOREPLACE) < 0)
                return -errno;
        return r < 0 ? r : 0;
}

/* @name begins with CT_RELEASE_OLD. */
static int remove_or_return(const struct ct_releases *releases, const char *name, const struct ct_use *use,
                            contain_error_t **err)
{
        const char *real_name = name + strlen(CT_RELEASE_OLD);
        int r = use->how ? return_release(releases, name, real_name) : remove_release(releases, name);

        if (r < 0)
                return ct_fail(err, CONTAIN_E_DEPLOY, -r, NULL, "cannot remove release '%s' of '%s'",
                               real_name, releases->path);
        return 0;
}

/* Who has come in the meantime is told of with the others. */
static void note_use(struct list *list, const char *name, const struct ct_use *use)
{
        for (size_t i = 0; list && i < list->n; i++)
                if (strcmp(list->names[i], name) == 0)
                        list->uses[i] = *use;
}

/* What stands in releases/ with that prefix. */
static int find_prefixed(const struct ct_releases *releases, const char *prefix, struct list *ret)
{
        int fd = openat(releases->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
        const struct dirent *entry;
        int r = 0;

        if (!dir) {
                ct_close(fd);
                return -errno;
        }
        while (r == 0 && (entry = readdir(dir)))
                if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
                        r = list_add(ret, entry->d_name);
        (void)closedir(dir);
        return r;
}

/* Who is killed here has condemned some, which the next one finds. @told, which may be NULL, are those that
 * the caller is told of. */
static int remove_condemned(const struct ct_releases *releases, struct list *told, contain_error_t **err)
{
        _cleanup_(list_done) struct list list = { NULL, NULL, 0 };
        int r = find_prefixed(releases, CT_RELEASE_OLD, &list);

        if (r < 0)
                return ct_fail(err, CONTAIN_E_DEPLOY, -r, NULL, "cannot read '%s/%s'", releases->path,
                               releases->folder);
        r = find_uses(releases, &list, err);
        for (size_t i = 0; r == 0 && i < list.n; i++) {
                r = remove_or_return(releases, list.names[i], &list.uses[i], err);
                note_use(told, list.names[i] + strlen(CT_RELEASE_OLD), &list.uses[i]);
        }
        return r;
}

int ct_releases_clean(struct ct_releases *releases, contain_error_t **err)
{
        _cleanup_(list_done) struct list list = { NULL, NULL, 0 };
        int r = find_prefixed(releases, CT_RELEASE_NEW, &list);

        /* Nobody is at work here, as the lock is ours; nor can anybody use what was never in force. */
        for (size_t i = 0; r == 0 && i < list.n; i++)
                r = ct_tree_remove(releases->dir_fd, list.names[i]);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_DEPLOY, -r, NULL,
                               "cannot remove what an earlier deployment left in '%s/%s'", releases->path,
                               releases->folder);
        return remove_condemned(releases, NULL, err);
}

int ct_releases_prune(struct ct_releases *releases, uint64_t keep, bool dry_run, struct ct_buf *ret_json,
                      contain_error_t **err)
{
        _cleanup_(list_done) struct list list = { NULL, NULL, 0 };
        bool *chosen = ct_arena_array(releases->arena, releases->n, sizeof *chosen);
        int r = 0;

        if (!chosen)
                return ct_fail_memory(err);
        ct_releases_choose(releases, keep, chosen);
        for (size_t i = 0; i < releases->n; i++)
                if (chosen[i] && list_add(&list, releases->items[i].name) < 0)
                        return ct_fail_memory(err);
        r = find_uses(releases, &list, err);
        if (r < 0)
                return r;
        for (size_t i = 0; !dry_run && r == 0 && i < list.n; i++)
                if (!list.uses[i].how)
                        r = condemn(releases, list.names[i], err);
        if (!dry_run && r == 0)
                r = remove_condemned(releases, &list, err);
        if (r < 0)
                return r;
        put_names(ret_json, "pruned", &list, false);
        (void)ct_buf_puts(ret_json, ",");
        put_names(ret_json, "inUse", &list, true);
        return ret_json->failed ? ct_fail_memory(err) : 0;
}
