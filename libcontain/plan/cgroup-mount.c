/* SPDX-License-Identifier: MIT */

/*
 * A mount of type "cgroup": the container's own cgroups, whatever the machine's layout. On cgroup v2 that is
 * one file system; else a tmpfs with a folder per hierarchy, and links for controllers that share one.
 *
 * In a cgroup namespace a fresh mount shows what is below the container's cgroup and nothing else. Without
 * one, the host's folder of that cgroup is bound instead.
 */

#include "plan/parts.h"

#include <linux/mount.h>
#include <sched.h>
#include <string.h>

struct work {
        const struct ct_spec_mount *mount;
        const char *at;
        uint64_t attr, clear;
        bool fresh; /* in a cgroup namespace, new or joined */
};

static void add_attach(struct ct_build *build, const struct work *work, const char *target)
{
        ct_build_add(build, .op = STEP_ATTACH, .at = work->at, .s = { target });
        if (work->mount->propagation == MS_SHARED)
                ct_build_add(build, .op = STEP_TARGET_ATTR, .at = work->at, .s = { target },
                             .n = { 0, 0, MS_SHARED });
}

/* Of a fresh file system, which is private unless told otherwise. */
static void add_propagation(struct ct_build *build, const struct work *work)
{
        uint64_t propagation = work->mount->propagation;

        if (propagation != 0 && propagation != MS_SHARED)
                ct_build_add(build, .op = STEP_ATTR, .at = work->at, .n = { 0, 0, propagation });
}

static void put_words(struct ct_buf *data, const char *list)
{
        for (;;) {
                size_t length = strcspn(list, ",");

                (void)ct_buf_append(data, list, length);
                (void)ct_buf_append(data, "", 1);
                if (list[length] == '\0')
                        return;
                list += length + 1;
        }
}

static void add_fresh(struct ct_build *build, const struct work *work,
                      const struct ct_facts_hierarchy *hierarchy)
{
        _cleanup_buf_ struct ct_buf data = CT_BUF_INIT;
        const struct ct_file_system fs = { .at = work->at,
                                           .type = hierarchy->v2 ? "cgroup2" : "cgroup",
                                           .source = "cgroup",
                                           .attr = work->attr };

        if (hierarchy->v2)
                ct_build_put_strings(&data, &work->mount->data);
        else
                put_words(&data, hierarchy->options);
        ct_plan_add_fs(build, &fs, false, &data);
        add_propagation(build, work);
}

/* The container's folder; all of the hierarchy, read-only, if it has none there. */
static void add_bound(struct ct_build *build, const struct work *work,
                      const struct ct_facts_hierarchy *hierarchy)
{
        const char *path = hierarchy->container_path;
        uint64_t attr = work->attr | (path ? 0 : MOUNT_ATTR_RDONLY);
        uint64_t propagation = work->mount->propagation;

        if (propagation == MS_SHARED)
                propagation = 0;
        ct_plan_add_tree(build, &(struct ct_tree){
                                        .at = work->at,
                                        .source = ct_build_text(build, "%s%s", hierarchy->mountpoint,
                                                                path && strcmp(path, "/") != 0 ? path : ""),
                                        .by_path = true, /* the cgroup step makes it */
                                });
        if (attr | work->clear | propagation)
                ct_build_add(build, .op = STEP_ATTR, .at = work->at, .n = { attr, work->clear, propagation });
}

static void add_hierarchy(struct ct_build *build, const struct work *work,
                          const struct ct_facts_hierarchy *hierarchy, const char *target)
{
        if (work->fresh)
                add_fresh(build, work, hierarchy);
        else
                add_bound(build, work, hierarchy);
        add_attach(build, work, target);
}

/* "cpu" and "cpuacct", where both are found in "cpu,cpuacct". */
static void add_links(struct ct_build *build, const struct work *work, const char *name)
{
        const char *word = name;

        while (strchr(name, ',')) {
                size_t length = strcspn(word, ",");

                ct_build_add(
                        build, .op = STEP_SYMLINK, .at = work->at,
                        .s = { ct_build_text(build, "%s/%.*s", work->mount->destination, (int)length, word),
                               name });
                if (word[length] == '\0')
                        return;
                word += length + 1;
        }
}

static void add_legacy(struct ct_build *build, const struct work *work)
{
        _cleanup_buf_ struct ct_buf data = CT_BUF_INIT;
        const struct ct_facts *facts = build->facts;
        const char *destination = work->mount->destination;
        const struct ct_file_system fs = { .at = work->at,
                                           .type = "tmpfs",
                                           .source = "cgroup",
                                           .attr = work->attr & ~(uint64_t)MOUNT_ATTR_RDONLY };

        (void)ct_buf_append(&data, "mode=755", sizeof("mode=755"));
        ct_plan_add_fs(build, &fs, false, &data);
        add_propagation(build, work);
        add_attach(build, work, destination);

        for (size_t i = 0; i < facts->n_hierarchies; i++) {
                const struct ct_facts_hierarchy *hierarchy = &facts->hierarchies[i];
                const char *target = ct_build_text(build, "%s/%s", destination, hierarchy->name);

                ct_build_add(build, .op = STEP_MKDIR, .at = work->at, .s = { target }, .n = { 0755 });
                add_hierarchy(build, work, hierarchy, target);
                add_links(build, work, hierarchy->name);
        }
        if (work->attr & MOUNT_ATTR_RDONLY)
                ct_build_add(build, .op = STEP_TARGET_ATTR, .at = work->at, .s = { destination },
                             .n = { MOUNT_ATTR_RDONLY });
}

int ct_plan_add_cgroup_mount(struct ct_build *build, const struct ct_spec_mount *mount, const char *at,
                             contain_error_t **err)
{
        const struct ct_facts *facts = build->facts;
        struct work work = {
                .mount = mount,
                .at = at,
                .attr = (mount->attr_set_recursive & ~mount->attr_clear) | mount->attr_set,
                .clear = mount->attr_clear_recursive | mount->attr_clear,
                .fresh = ((build->new_namespaces | build->joined_namespaces) & CLONE_NEWCGROUP) != 0,
        };
        int r;

        r = ct_plan_refuse_idmap(build, mount, at, "a cgroup mount has no id maps", err);
        if (r < 0)
                return r;
        if (mount->tmpcopyup)
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, ct_plan_option_at(build, mount, at, "tmpcopyup"),
                               "'tmpcopyup' is for a tmpfs, not for cgroups");
        r = ct_plan_refuse_super_words(build, mount, at, "cgroups", err);
        if (r < 0)
                return r;
        if (facts->cgroup_mode == CT_CGROUP_NONE || facts->n_hierarchies == 0)
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, at,
                               "no cgroup hierarchy is mounted on this machine");
        if (mount->data.n > 0 && !work.fresh)
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL,
                               ct_plan_option_at(build, mount, at, mount->data.items[0]),
                               "'%s' is for a cgroup mount of its own, which takes a cgroup namespace",
                               mount->data.items[0]);
        if (facts->cgroup_mode != CT_CGROUP_V2) {
                if (mount->data.n > 0)
                        return ct_fail(err, CONTAIN_E_VALUE, EINVAL,
                                       ct_plan_option_at(build, mount, at, mount->data.items[0]),
                                       "'%s' is no option of a mount of type 'cgroup' on cgroup v1",
                                       mount->data.items[0]);
                add_legacy(build, &work);
                return 0;
        }
        add_hierarchy(build, &work, &facts->hierarchies[0], mount->destination);
        return 0;
}
