/* SPDX-License-Identifier: MIT */

/*
 * A container's cgroups as JSON, and back:
 *     {"hierarchies":[{"name":"cpu,cpuacct","path":"/a/b","made":1},{"v2":true,"path":"/a/b","made":2}]}
 * A v1 hierarchy is known by its controllers; v2 there is one. With "made" 0, which is a folder that was
 * there before, "bare" says that none was below it. What systemd made has a member more:
 *     "scope":{"unit":"contain-a.scope","slice":"system.slice","user":false}
 *
 * Saved before anything is made, the record says what is going to be made, so that a container whose maker
 * was killed half-way can be cleaned up.
 */

#include "cgroup/systemd/systemd.h"

#include "base/buf.h"
#include "base/fds.h"
#include "base/json.h"

#include <string.h>

/* How many folders of the path are not there yet. */
static size_t count_absent(const struct ct_hierarchy *hierarchy, const char *path)
{
        size_t depth = ct_cgroup_depth(path), absent = 0;
        char full[PATH_MAX];

        if (ct_cgroup_format(full, hierarchy, path, NULL) < 0)
                return 0;
        while (absent < depth && access(full, F_OK) < 0 && errno == ENOENT) {
                ct_cgroup_cut(full);
                absent++;
        }
        return absent;
}

/* A folder in which others live is going to be refused: it must not be in the record for one moment. */
static bool is_foreign(const struct ct_cgroup *cgroup, size_t i)
{
        _cleanup_pids_ struct ct_pid_list list = { 0 };
        _cleanup_close_ int fd = -EBADF;

        fd = ct_cgroup_open(cgroup, i);
        return fd >= 0 && (ct_procs_read_below(fd, &list) < 0 || list.n > 0);
}

static bool is_bare(const struct ct_cgroup *cgroup, size_t i)
{
        _cleanup_close_ int fd = -EBADF;

        if (cgroup->created)
                return cgroup->members[i].bare;
        fd = ct_cgroup_open(cgroup, i);
        return fd >= 0 && ct_folders_below(fd) == 0;
}

static void save_member(const struct ct_cgroup *cgroup, size_t i, const char *separator, struct ct_buf *buf)
{
        const struct ct_hierarchy *hierarchy = &cgroup->layout->items[i];
        const struct ct_cgroup_member *member = &cgroup->members[i];
        size_t made = cgroup->created ? member->made : count_absent(hierarchy, member->path);

        (void)ct_buf_printf(buf, "%s{", separator);
        if (hierarchy->v2) {
                (void)ct_buf_puts(buf, "\"v2\":true");
        } else {
                (void)ct_buf_puts(buf, "\"name\":");
                (void)ct_buf_json_string(buf, hierarchy->controllers);
        }
        (void)ct_buf_puts(buf, ",\"path\":");
        (void)ct_buf_json_string(buf, member->path);
        (void)ct_buf_printf(buf, ",\"made\":%zu%s}", made,
                            made == 0 && is_bare(cgroup, i) ? ",\"bare\":true" : "");
}

static void save_scope(const struct ct_scope *scope, struct ct_buf *buf)
{
        (void)ct_buf_puts(buf, ",\"scope\":{\"unit\":");
        (void)ct_buf_json_string(buf, scope->unit);
        (void)ct_buf_puts(buf, ",\"slice\":");
        (void)ct_buf_json_string(buf, scope->slice);
        (void)ct_buf_printf(buf, ",\"user\":%s}", scope->user ? "true" : "false");
}

int ct_cgroup_save(const struct ct_cgroup *cgroup, char **ret)
{
        _cleanup_buf_ struct ct_buf buf = CT_BUF_INIT;
        const char *separator = "";
        char *text;

        (void)ct_buf_puts(&buf, "{\"hierarchies\":[");
        for (size_t i = 0; i < cgroup->layout->n; i++) {
                if (!cgroup->members[i].path || (!cgroup->created && is_foreign(cgroup, i)))
                        continue;
                save_member(cgroup, i, separator, &buf);
                separator = ",";
        }
        (void)ct_buf_puts(&buf, "]");
        /* Before it is made, the unit may be another's. */
        if (cgroup->scope && cgroup->created)
                save_scope(cgroup->scope, &buf);
        (void)ct_buf_puts(&buf, "}");
        text = ct_buf_steal(&buf);
        if (!text)
                return -ENOMEM;
        *ret = text;
        return 0;
}

static int find_hierarchy(const struct ct_cgroup_layout *layout, bool v2, const char *name)
{
        for (size_t i = 0; i < layout->n; i++)
                if (layout->items[i].v2 == v2 && (v2 || strcmp(layout->items[i].controllers, name) == 0))
                        return (int)i;
        return -1;
}

static int load_member(struct ct_cgroup *cgroup, const struct ct_json *entry, contain_error_t **err)
{
        const char *name = "", *path = NULL;
        struct ct_cgroup_member *member;
        uint64_t made = 0;
        bool v2 = false, bare = false;
        int i, r;

        r = ct_json_get_bool(entry, "v2", &v2, err);
        if (r >= 0)
                r = ct_json_get_string(entry, "name", &name, err);
        if (r >= 0)
                r = ct_json_get_uint(entry, "made", PATH_MAX, &made, err);
        if (r >= 0)
                r = ct_json_get_bool(entry, "bare", &bare, err);
        if (r >= 0)
                r = ct_json_require(ct_json_get_string(entry, "path", &path, err), entry, "path", err);
        if (r < 0)
                return r;
        if (ct_cgroup_check_path(path) < 0 || made > ct_cgroup_depth(path))
                return ct_json_fail(entry, err, CONTAIN_E_STATE, "'%s' is not the path of a cgroup", path);
        i = find_hierarchy(cgroup->layout, v2, name);
        if (i < 0)
                return 0; /* unmounted since */
        member = &cgroup->members[i];
        free(member->path);
        member->made = (size_t)made;
        member->bare = bare;
        member->path = strdup(path);
        return member->path ? 0 : ct_fail_memory(err);
}

static int load_scope(struct ct_cgroup *cgroup, const struct ct_json *root, contain_error_t **err)
{
        _cleanup_(ct_scope_freep) struct ct_scope *scope = calloc(1, sizeof(*scope));
        const char *unit = NULL, *slice = NULL;
        struct ct_json entry;
        int r;

        r = ct_json_get_object(root, "scope", &entry, err);
        if (r <= 0)
                return r;
        if (!scope)
                return ct_fail_memory(err);
        r = ct_json_require(ct_json_get_string(&entry, "unit", &unit, err), &entry, "unit", err);
        if (r >= 0)
                r = ct_json_require(ct_json_get_string(&entry, "slice", &slice, err), &entry, "slice", err);
        if (r >= 0)
                r = ct_json_get_bool(&entry, "user", &scope->user, err);
        if (r < 0)
                return r;
        if (ct_scope_check(unit, slice) < 0)
                return ct_json_fail(&entry, err, CONTAIN_E_STATE, "'%s' in '%s' is not a scope", unit, slice);
        scope->unit = strdup(unit);
        scope->slice = strdup(slice);
        if (!scope->unit || !scope->slice)
                return ct_fail_memory(err);
        cgroup->scope = ct_take(scope);
        return 0;
}

int ct_cgroup_load(const struct ct_cgroup_layout *layout, const char *text, struct ct_cgroup **ret,
                   contain_error_t **err)
{
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *cgroup = NULL;
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        _cleanup_(ct_arena_freep) struct ct_arena *arena = NULL;
        struct ct_json root, list, entry;
        size_t n = 0;
        int r;

        arena = ct_arena_new();
        cgroup = ct_cgroup_alloc(layout);
        if (!arena || !cgroup)
                return ct_fail_memory(err);
        r = ct_json_parse(arena, "the record of cgroups", text, strlen(text), &document, &root, err);
        if (r >= 0)
                r = ct_json_check_object(&root, err);
        if (r >= 0)
                r = load_scope(cgroup, &root, err);
        if (r >= 0)
                r = ct_json_get_array(&root, "hierarchies", &list, &n, err);
        for (size_t i = 0; r >= 0 && i < n; i++) {
                ct_json_element(&list, i, &entry);
                r = ct_json_check_object(&entry, err);
                if (r >= 0)
                        r = load_member(cgroup, &entry, err);
        }
        if (r < 0)
                return r;
        cgroup->created = true;
        r = ct_cgroup_find_v2(cgroup);
        if (r >= 0) {
                cgroup->v2_fd = ct_high_fd(ct_cgroup_open(cgroup, (size_t)r));
                if (cgroup->v2_fd < 0)
                        cgroup->v2_fd = -EBADF;
        }
        *ret = ct_take(cgroup);
        return 0;
}
