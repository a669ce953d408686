/* SPDX-License-Identifier: MIT */

#include "live.h"

#include "base/fds.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* Leaves only the hierarchies that have the controller. */
static void reduce(struct ct_cgroup_layout *layout, const char *controller)
{
        size_t n = 0;

        for (size_t i = 0; i < layout->n; i++) {
                struct ct_hierarchy kept = layout->items[i];

                if (strcmp(controller, "v2") == 0 ? kept.v2 : ct_hierarchy_has(&kept, controller)) {
                        layout->items[i] = layout->items[n];
                        layout->items[n++] = kept;
                }
        }
        for (size_t i = n; i < layout->n; i++) {
                free(layout->items[i].controllers);
                free(layout->items[i].mountpoint);
                free(layout->items[i].name);
                free(layout->items[i].own_path);
        }
        layout->n = n;
}

bool live_begin(struct live *live, const char *more, const char *controller)
{
        static unsigned count;

        *live = (struct live){ 0 };
        if (geteuid() != 0) {
                test_skip("needs root");
                return false;
        }
        if (!test_equal(ct_cgroup_layout_new(&live->layout), 0, __FILE__, __LINE__, "layout"))
                return false;
        if (controller)
                reduce(live->layout, controller);
        if (live->layout->n == 0 || access(live->layout->items[0].mountpoint, W_OK) < 0) {
                live->layout = ct_cgroup_layout_free(live->layout);
                test_skip("no writable cgroup hierarchy%s%s", controller ? " with " : "",
                          controller ? controller : "");
                return false;
        }
        live->arena = ct_arena_new();
        (void)snprintf(live->path, sizeof live->path, "/contain-unit-%d-%u%s", (int)getpid(), count++, more);
        return test_equal(ct_cgroup_new(live->layout, live->path, "unit", &live->cgroup, NULL), 0, __FILE__,
                          __LINE__, "ct_cgroup_new()");
}

bool live_begin_scope(struct live *live)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        static unsigned count;
        char name[64];
        int r;

        *live = (struct live){ 0 };
        if (geteuid() != 0 || !ct_systemd_built() || access("/run/systemd/system", F_OK) < 0) {
                test_skip("needs root, and a machine that systemd runs");
                return false;
        }
        if (!test_equal(ct_cgroup_layout_new(&live->layout), 0, __FILE__, __LINE__, "layout"))
                return false;
        live->arena = ct_arena_new();
        /* At the top, as slices are systemd's and stay. */
        (void)snprintf(name, sizeof name, "-.slice:contain-unit:%d-%u", (int)getpid(), count++);
        r = ct_cgroup_new_scope(live->layout, name, "unit", NULL, &live->cgroup, &error);
        if (!test_check(r == 0, __FILE__, __LINE__, "%s", contain_error_message(error)))
                return false;
        (void)snprintf(live->path, sizeof live->path, "%s", ct_cgroup_path(live->cgroup, 0));
        return true;
}

size_t live_count(const struct live *live)
{
        size_t n = 0;

        for (size_t i = 0; i < live->layout->n; i++) {
                char full[PATH_MAX], *slash;

                (void)ct_cgroup_format(full, &live->layout->items[i], live->path, NULL);
                slash = strchr(full + strlen(live->layout->items[i].mountpoint) + 1, '/');
                n += access(full, F_OK) == 0;
                if (slash) { /* what was made for it above */
                        *slash = '\0';
                        n += access(full, F_OK) == 0;
                }
        }
        return n;
}

void live_end(struct live *live)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        int r;

        if (!live->cgroup)
                return;
        r = ct_cgroup_destroy(live->cgroup, 5000, &error);
        (void)test_check(r == 0, __FILE__, __LINE__, "%s", contain_error_message(error));
        (void)test_equal((long long)live_count(live), 0, __FILE__, __LINE__, "folders left");
        while (live->n_children > 0)
                (void)live_wait(live, live->children[live->n_children - 1]);
        live->cgroup = ct_cgroup_free(live->cgroup);
        live->layout = ct_cgroup_layout_free(live->layout);
        live->arena = ct_arena_free(live->arena);
}

typedef int change(struct ct_cgroup *, const struct ct_spec_resources *, contain_error_t **);

static const char *set(struct live *live, const char *json, change *function)
{
        static char messages[4][512];
        static unsigned next;
        char *message = messages[next++ % 4];
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;

        message[0] = '\0';
        if (function(live->cgroup, resources_parse(live->arena, json), &error) < 0)
                (void)snprintf(message, sizeof messages[0], "%s", contain_error_message(error));
        return message;
}

const char *live_create(struct live *live, const char *json)
{
        return set(live, json, ct_cgroup_create);
}

static int update(struct ct_cgroup *cgroup, const struct ct_spec_resources *resources, contain_error_t **err)
{
        return ct_cgroup_update(cgroup, resources, NULL, err);
}

const char *live_update(struct live *live, const char *json)
{
        return set(live, json, update);
}

pid_t live_child(struct live *live, int (*work)(void))
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        int gate[2], r;
        pid_t pid;

        if (!test_check(pipe2(gate, O_CLOEXEC) == 0, __FILE__, __LINE__, "pipe"))
                return -1;
        (void)fflush(NULL);
        pid = fork();
        if (pid == 0) {
                char byte;

                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void)close(gate[1]);
                if (read(gate[0], &byte, 1) != 1)
                        _exit(120);
                while (!work)
                        (void)pause();
                _exit(work());
        }
        (void)close(gate[0]);
        live->children[live->n_children++] = pid;
        r = ct_cgroup_enter(live->cgroup, pid, false, &error);
        (void)test_check(r == 0, __FILE__, __LINE__, "%s", contain_error_message(error));
        if (r == 0)
                (void)test_check(write(gate[1], "", 1) == 1, __FILE__, __LINE__, "write");
        (void)close(gate[1]);
        return pid;
}

int live_wait(struct live *live, pid_t pid)
{
        int status = 0;

        for (size_t i = 0; i < live->n_children; i++)
                if (live->children[i] == pid) {
                        live->children[i] = live->children[--live->n_children];
                        break;
                }
        if (!test_check(waitpid(pid, &status, 0) == pid, __FILE__, __LINE__, "waitpid"))
                return -1000;
        return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int find(const struct live *live, const char *controller)
{
        return strcmp(controller, "v2") == 0 ? ct_cgroup_find_v2(live->cgroup)
                                             : ct_cgroup_find(live->cgroup, controller, controller);
}

static const char *folder_of(const struct live *live, const char *controller)
{
        static char full[PATH_MAX];
        int i = find(live, controller);

        if (i < 0 || ct_cgroup_format(full, &live->layout->items[i], live->path, NULL) < 0)
                return "/nowhere";
        return full;
}

const char *live_file(const struct live *live, const char *controller, const char *file)
{
        return file_get(folder_of(live, controller), file);
}

bool live_put(const struct live *live, const char *controller, const char *file, const char *text)
{
        char path[PATH_MAX + 64];

        (void)snprintf(path, sizeof path, "%s/%s", folder_of(live, controller), file);
        return ct_write_file_at(AT_FDCWD, path, text) >= 0;
}

bool live_has_v1(const struct live *live, const char *controller)
{
        int i = find(live, controller);

        return i >= 0 && !live->layout->items[i].v2;
}

bool live_has_v2(const struct live *live, const char *controller)
{
        int i = find(live, controller);

        return i >= 0 && live->layout->items[i].v2;
}
