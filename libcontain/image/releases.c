/* SPDX-License-Identifier: MIT */

/* The folder of releases: opened, locked, read. */

#include "image/releases.h"

#include "base/fds.h"
#include "base/sys.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

/* How often it is looked whether the lock is free: there is no way to wait for it and for a cancellation. */
#define LOCK_RETRY_MS 50

int ct_releases_open(int top_fd, const char *path, const char *folder, bool make, struct ct_releases **ret,
                     contain_error_t **err)
{
        _cleanup_(ct_releases_freep) struct ct_releases *releases = calloc(1, sizeof *releases);
        int r = 0;

        if (!releases)
                return ct_fail_memory(err);
        releases->top_fd = top_fd;
        releases->dir_fd = -EBADF;
        releases->folder = folder;
        releases->arena = ct_arena_new();
        releases->path = releases->arena ? ct_arena_strdup(releases->arena, path) : NULL;
        if (!releases->path)
                return ct_fail_memory(err);
        if (make)
                r = ct_mkdirat(top_fd, folder, strcmp(folder, CT_RELEASES_FOLDER) == 0 ? 0755 : 0700);
        if (r == 0 || r == -EEXIST)
                r = releases->dir_fd =
                        ct_sys_openat2(top_fd, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0,
                                       RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
        if (r == -ENOENT)
                return ct_fail(err, CONTAIN_E_DEPLOY, ENOENT, NULL, "there are no releases in '%s'", path);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_DEPLOY, -r, NULL, "cannot open '%s/%s'", path, folder);
        *ret = ct_take(releases);
        return 0;
}

struct ct_releases *ct_releases_free(struct ct_releases *releases)
{
        if (!releases)
                return NULL;
        ct_close(releases->dir_fd);
        (void)ct_arena_free(releases->arena);
        free(releases);
        return NULL;
}

int ct_releases_lock(struct ct_releases *releases, const struct ct_job *job, contain_error_t **err)
{
        struct pollfd cancelled = { .fd = job->cancel_fd, .events = POLLIN };

        while (flock(releases->dir_fd, LOCK_EX | LOCK_NB) < 0) {
                if (errno != EWOULDBLOCK && errno != EINTR)
                        return ct_fail(err, CONTAIN_E_DEPLOY, errno, NULL, "cannot lock '%s/%s'",
                                       releases->path, releases->folder);
                ct_job_progress(job, "wait", releases->path, 0, 0);
                (void)poll(&cancelled, 1, LOCK_RETRY_MS);
                if (ct_job_is_cancelled(job))
                        return ct_fail(err, CONTAIN_E_BUSY, ECANCELED, NULL,
                                       "gave up waiting for another deployment to '%s'", releases->path);
        }
        return 0;
}

static int read_container(const struct ct_json *json, struct ct_use_container *ret, contain_error_t **err)
{
        uint64_t pid = 0;
        int r;

        r = ct_json_require(ct_json_get_string(json, "id", &ret->id, err), json, "id", err);
        if (r >= 0)
                r = ct_json_require(ct_json_get_string(json, "rootfs", &ret->rootfs, err), json, "rootfs",
                                    err);
        if (r >= 0)
                r = ct_json_get_uint(json, "pid", INT_MAX, &pid, err);
        ret->pid = (pid_t)pid;
        return r < 0 ? r : 0;
}

int ct_releases_read_containers(struct ct_releases *releases, const struct ct_job *job, contain_error_t **err)
{
        struct ct_use_container *containers;
        struct ct_json list;
        size_t n = 0;
        int r = ct_json_get_array(&job->request, "containers", &list, &n, err);

        if (r <= 0)
                return r;
        containers = ct_arena_array(releases->arena, n, sizeof *containers);
        if (!containers)
                return ct_fail_memory(err);
        for (size_t i = 0; i < n; i++) {
                struct ct_json item;

                ct_json_element(&list, i, &item);
                r = read_container(&item, &containers[i], err);
                if (r < 0)
                        return r;
        }
        releases->containers = containers;
        releases->n_containers = n;
        return 0;
}

/* --- reading --------------------------------------------------------------------------------- */

static int parse(struct ct_arena *arena, const char *text, size_t size, struct ct_release *release)
{
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        struct ct_json json;
        int r;

        r = ct_json_parse(arena, CT_RELEASE_FILE, text, size, &document, &json, NULL);
        if (r == 0)
                r = ct_json_require(ct_json_get_uint(&json, "sequence", INT64_MAX, &release->sequence, NULL),
                                    &json, "sequence", NULL);
        if (r >= 0)
                r = ct_json_get_string(&json, "name", &release->name, NULL);
        if (r >= 0)
                r = ct_json_require(ct_json_get_string(&json, "created", &release->created, NULL), &json,
                                    "created", NULL);
        if (r >= 0)
                r = ct_json_require(ct_json_get_string(&json, "digest", &release->digest, NULL), &json,
                                    "digest", NULL);
        if (r >= 0)
                r = ct_json_require(ct_json_get_string(&json, "treatment", &release->treatment, NULL), &json,
                                    "treatment", NULL);
        return r < 0 ? r : 0;
}

int ct_releases_read(const struct ct_releases *releases, const char *name, struct ct_release *ret)
{
        _cleanup_close_ int fd = -EBADF, file_fd = -EBADF;
        struct ct_release release = { .name = "" };
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        fd = openat(releases->dir_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        file_fd = fd >= 0 ? openat(fd, CT_RELEASE_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : fd;
        if (file_fd < 0)
                return 0;
        r = ct_read_fd(file_fd, CT_JSON_MAX_SIZE, &text, &size);
        if (r == -ENOMEM)
                return r;
        if (r < 0 || parse(releases->arena, text, size, &release) < 0)
                return 0;
        /* One that stands in a folder of its own is called like that, whatever is written there. */
        if (strcmp(name, ".") != 0)
                release.name = ct_arena_strdup(releases->arena, name);
        release.text = ct_arena_strdup(releases->arena, text);
        if (!release.name || !release.text)
                return -ENOMEM;
        *ret = release;
        return 1;
}

/* The release that a link leads to, by its text: what it points to need not be there. */
static void mark(struct ct_releases *releases, const char *link, bool is_current)
{
        char target[PATH_MAX];
        ssize_t length = readlinkat(releases->top_fd, link, target, sizeof target - 1);

        if (length < 0)
                return;
        target[length] = '\0';
        for (size_t i = 0; i < releases->n; i++) {
                char expected[PATH_MAX];

                (void)snprintf(expected, sizeof expected, "%s/%s/%s", CT_RELEASES_FOLDER,
                               releases->items[i].name, CT_RELEASE_ROOTFS);
                if (strcmp(target, expected) != 0)
                        continue;
                if (is_current)
                        releases->items[i].current = true;
                else
                        releases->items[i].previous = true;
        }
}

static int newest_first(const void *a, const void *b)
{
        const struct ct_release *x = a, *y = b;

        if (x->sequence != y->sequence)
                return x->sequence < y->sequence ? 1 : -1;
        return strcmp(y->name, x->name);
}

static void close_dir(DIR **dir)
{
        if (*dir)
                (void)closedir(*dir);
}

static int read_all(struct ct_releases *releases, DIR *dir)
{
        size_t capacity = 0;
        const struct dirent *entry;

        releases->n = 0;
        releases->items = NULL;
        while ((entry = readdir(dir))) {
                int r;

                if (entry->d_name[0] == '.')
                        continue;
                if (releases->n == capacity) {
                        struct ct_release *items =
                                ct_arena_array(releases->arena, capacity * 2 + 16, sizeof *items);

                        if (!items)
                                return -ENOMEM;
                        if (capacity > 0)
                                memcpy(items, releases->items, capacity * sizeof *items);
                        releases->items = items;
                        capacity = capacity * 2 + 16;
                }
                r = ct_releases_read(releases, entry->d_name, &releases->items[releases->n]);
                if (r < 0)
                        return r;
                releases->n += (size_t)r;
        }
        return 0;
}

int ct_releases_load(struct ct_releases *releases, contain_error_t **err)
{
        _cleanup_close_ int fd = openat(releases->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_(close_dir) DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
        int r;

        if (!dir)
                return ct_fail(err, CONTAIN_E_DEPLOY, errno, NULL, "cannot read '%s/%s'", releases->path,
                               releases->folder);
        (void)ct_take_fd(&fd);
        r = read_all(releases, dir);
        if (r < 0)
                return ct_fail_memory(err);
        if (releases->n > 0)
                qsort(releases->items, releases->n, sizeof *releases->items, newest_first);
        mark(releases, CT_RELEASES_CURRENT, true);
        mark(releases, CT_RELEASES_PREVIOUS, false);
        return 0;
}

struct ct_release *ct_releases_find(const struct ct_releases *releases, const char *name)
{
        for (size_t i = 0; i < releases->n; i++)
                if (strcmp(releases->items[i].name, name) == 0)
                        return &releases->items[i];
        return NULL;
}

struct ct_release *ct_releases_current(const struct ct_releases *releases)
{
        for (size_t i = 0; i < releases->n; i++)
                if (releases->items[i].current)
                        return &releases->items[i];
        return NULL;
}

struct ct_release *ct_releases_previous(const struct ct_releases *releases)
{
        const struct ct_release *current = ct_releases_current(releases);

        for (size_t i = 0; i < releases->n; i++)
                if (releases->items[i].previous && !releases->items[i].current)
                        return &releases->items[i];
        /* A deployment that was killed between its two links has made both of them the same. */
        for (size_t i = 0; i < releases->n; i++)
                if (current && releases->items[i].sequence < current->sequence)
                        return &releases->items[i];
        return NULL;
}

/* What comes before the configuration, which is the last member, has no quotes in its strings but escaped. */
static size_t brief_length(const char *text)
{
        const char *config = strstr(text, ",\"config\":");

        return config ? (size_t)(config - text) : 0;
}

int ct_release_put_json(struct ct_buf *buf, const struct ct_release *release, bool brief)
{
        size_t length = brief ? brief_length(release->text) : 0, whole = strlen(release->text);

        while (length == 0 && whole > 0)
                if (release->text[--whole] == '}')
                        length = whole;
        (void)ct_buf_append(buf, release->text, length);
        return ct_buf_printf(buf, ",\"current\":%s,\"previous\":%s}", release->current ? "true" : "false",
                             release->previous ? "true" : "false");
}
