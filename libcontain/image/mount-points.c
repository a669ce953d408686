/* SPDX-License-Identifier: MIT */

/* What is mounted on something below a folder, by anybody. */

#include "image/mount-tables.h"

#include <string.h>

struct points {
        struct ct_arena *arena;
        struct ct_mount_place place;
        ino_t *seen; /* mount namespaces */
        size_t n_seen;
        char **items;
        size_t n, capacity;
};

static void points_done(struct points *points)
{
        ct_mount_place_done(&points->place);
        free(points->seen);
        free(points->items);
}

static bool was_seen(const struct points *points, ino_t namespace)
{
        for (size_t i = 0; i < points->n_seen; i++)
                if (points->seen[i] == namespace)
                        return true;
        return false;
}

static int see(struct points *points, ino_t namespace)
{
        ino_t *seen = realloc(points->seen, (points->n_seen + 1) * sizeof *seen);

        if (!seen)
                return -ENOMEM;
        points->seen = seen;
        points->seen[points->n_seen++] = namespace;
        return 0;
}

static int add_point(struct points *points, const char *path)
{
        if (points->n == points->capacity) {
                size_t capacity = points->capacity ? points->capacity * 2 : 16;
                char **items = realloc(points->items, capacity * sizeof *items);

                if (!items)
                        return -ENOMEM;
                points->items = items;
                points->capacity = capacity;
        }
        points->items[points->n] = ct_arena_strdup(points->arena, path);
        return points->items[points->n++] ? 0 : -ENOMEM;
}

static int check_table(struct points *points, const struct ct_mountinfo *mounts)
{
        for (size_t i = 0; i < mounts->n; i++) {
                _cleanup_free_ char *inside = NULL;
                const char *relative;
                int r = ct_mount_point_inside(mounts, i, &points->place, &inside);

                relative = r > 0 ? ct_mountinfo_below(inside, points->place.inside) : NULL;
                if (relative && *relative != '\0')
                        r = add_point(points, relative);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int check_process(void *userdata, pid_t pid, int proc_fd)
{
        _cleanup_(ct_mountinfo_freep) struct ct_mountinfo *mounts = NULL;
        struct points *points = userdata;
        ino_t namespace = ct_mount_namespace(proc_fd);
        int r;

        (void)pid;
        if (namespace == 0 || was_seen(points, namespace))
                return 0;
        r = ct_mount_table_read(proc_fd, &mounts);
        if (r > 0)
                r = see(points, namespace) < 0 ? -ENOMEM : check_table(points, mounts);
        return r;
}

int ct_mount_points_find(struct ct_arena *arena, int dir_fd, char ***ret, contain_error_t **err)
{
        _cleanup_(points_done) struct points points = { .arena = arena };
        char **list;
        int r;

        r = ct_mount_place_find(dir_fd, &points.place);
        if (r == 0)
                r = ct_mount_processes(check_process, &points);
        if (r < 0)
                return ct_mount_fail(r, "what is mounted below", err);
        list = ct_arena_array(arena, points.n + 1, sizeof *list);
        if (!list)
                return ct_fail_memory(err);
        if (points.n > 0)
                memcpy(list, points.items, points.n * sizeof *list);
        *ret = list;
        return 0;
}
