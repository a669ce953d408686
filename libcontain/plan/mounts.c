/* SPDX-License-Identifier: MIT */

/*
 * The configuration's mounts, in the order of the file. Each is made as a detached tree, gets its attributes
 * while nobody can see it, and is attached to its target as the last act.
 */

#include "plan/parts.h"

#include "spec/options.h"

#include <linux/mount.h>
#include <sched.h>
#include <string.h>

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

/* One mount, and what is known of it. */
struct work {
        const struct ct_spec_mount *mount;
        const char *at;
        const char *target; /* clean */
        bool late_readonly;
};

static const char *option_at(struct ct_build *build, const struct work *work, const char *word)
{
        return ct_plan_option_at(build, work->mount, work->at, word);
}

/* --- what cannot be honoured ----------------------------------------------------------------- */

/* The kernel ignores all of these without a word. */
static int check_bind(struct ct_build *build, const struct work *work, contain_error_t **err)
{
        const struct ct_spec_mount *mount = work->mount;

        if (mount->data.n > 0)
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, option_at(build, work, mount->data.items[0]),
                               "'%s' is no option of a bind mount", mount->data.items[0]);
        if (mount->tmpcopyup)
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, option_at(build, work, "tmpcopyup"),
                               "'tmpcopyup' is for a tmpfs, not for a bind mount");
        return ct_plan_refuse_super_words(build, mount, work->at, "a bind mount", err);
}

static int check_remount(struct ct_build *build, const struct work *work, contain_error_t **err)
{
        const struct ct_spec_mount *mount = work->mount;
        int r;

        r = ct_plan_refuse_idmap(build, mount, work->at,
                                 "ids are mapped when a mount is made, not by a remount", err);
        if (r < 0)
                return r;
        if (mount->tmpcopyup)
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, option_at(build, work, "tmpcopyup"),
                               "'tmpcopyup' is for a new tmpfs, not for a remount");
        /* Only mount(2) can tell the kernel, and would reset what else it was not told about. */
        if (mount->sb_set & MS_I_VERSION)
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, option_at(build, work, "iversion"),
                               "'iversion' is set when a file system is mounted, not by a remount");
        if (mount->sb_clear & MS_I_VERSION)
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, option_at(build, work, "noiversion"),
                               "'noiversion' is for a new mount, not for a remount");
        return mount->bind ? check_bind(build, work, err) : 0;
}

/* --- attributes ------------------------------------------------------------------------------ */

/* What the words change on the mount itself, those that go for all below included. Its own words win. */
static uint64_t merged_set(const struct ct_spec_mount *mount)
{
        return (mount->attr_set_recursive & ~mount->attr_clear) | mount->attr_set;
}

static uint64_t merged_clear(const struct ct_spec_mount *mount)
{
        return mount->attr_clear_recursive | mount->attr_clear;
}

static void add_change(struct ct_build *build, const char *at, uint64_t set, uint64_t clear,
                       uint64_t propagation, bool recursive)
{
        if (set | clear | propagation)
                ct_build_add(build, .op = STEP_ATTR, .at = at, .n = { set, clear, propagation, recursive });
}

/* Place of the first word that is for the mounts below as well. */
static const char *recursive_at(struct ct_build *build, const struct work *work)
{
        const struct ct_strings *options = &work->mount->options;

        for (size_t i = 0; i < options->n; i++)
                if (ct_mount_option_is_recursive(options->items[i]))
                        return option_at(build, work, options->items[i]);
        return work->at;
}

static int check_attributes(struct ct_build *build, const struct work *work, contain_error_t **err)
{
        const struct ct_spec_mount *mount = work->mount;
        const struct ct_facts *facts = build->facts;
        uint64_t recursive = mount->attr_set_recursive | mount->attr_clear_recursive;

        if (!facts->has_mount_setattr && recursive)
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, recursive_at(build, work),
                               "this kernel cannot change mounts recursively, it takes Linux 5.12");
        /* Without those below, mount(2) can do it since Linux 5.10. */
        if (ct_plan_is_before(facts, 5, 14) && (recursive & MOUNT_ATTR_NOSYMFOLLOW))
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, recursive_at(build, work),
                               "this kernel cannot change 'symfollow' recursively, it takes Linux 5.14");
        return 0;
}

/*
 * "shared" on a tree is for when it is attached: a peer group of its own is of use to those who can
 * reach it. All else is set before anybody can.
 */
static uint64_t detached_propagation(uint64_t propagation)
{
        return propagation == MS_SHARED ? 0 : propagation;
}

static void add_bind_attributes(struct ct_build *build, const struct work *work)
{
        const struct ct_spec_mount *mount = work->mount;
        uint64_t late = work->late_readonly ? MOUNT_ATTR_RDONLY : 0;
        uint64_t propagation = ct_plan_default_propagation(build);
        bool recursive = true;

        if (mount->propagation != 0) {
                /* A word for the topmost mount only: those below stay as by default. */
                if (mount->bind_recursive && !mount->propagation_recursive && mount->propagation != MS_SHARED)
                        add_change(build, work->at, 0, 0, propagation, true);
                propagation = detached_propagation(mount->propagation);
                recursive = mount->propagation_recursive;
        }
        if (!mount->bind_recursive) {
                add_change(build, work->at, merged_set(mount) & ~late, merged_clear(mount), propagation,
                           false);
                return;
        }
        add_change(build, work->at, mount->attr_set_recursive, mount->attr_clear_recursive,
                   recursive ? propagation : 0, true);
        add_change(build, work->at, mount->attr_set & ~late, mount->attr_clear, recursive ? 0 : propagation,
                   false);
}

/* --- the kinds of mounts --------------------------------------------------------------------- */

static int add_bind(struct ct_build *build, const struct work *work, contain_error_t **err)
{
        const struct ct_spec_mount *mount = work->mount;
        struct ct_tree tree = {
                .at = work->at,
                .source = ct_plan_host_path(build, mount->source),
                .recursive = mount->bind_recursive,
                .map_recursive = mount->idmap_recursive,
        };
        unsigned idmap = 0;
        int r;

        if (mount->source[0] == '\0')
                return ct_fail(err, CONTAIN_E_MISSING, EINVAL, work->at, "a bind mount needs a 'source'");
        r = check_bind(build, work, err);
        if (r < 0)
                return r;
        r = ct_plan_idmap_bind(build, mount, work->at, &idmap, err);
        if (r < 0)
                return r;
        /* From within a user namespace the ids of the host's file systems cannot be mapped. */
        if (build->trees_by_slot && build->userns)
                tree.map_slot = idmap;
        ct_plan_add_tree(build, &tree);
        if (tree.map_slot == 0)
                ct_plan_add_idmap(build, mount, work->at, idmap);
        add_bind_attributes(build, work);
        return 0;
}

/* These have no files of their own that a label could be for, or label them by rules of their own. */
static bool takes_label(const char *type)
{
        static const char *const without[] = { "proc", "sysfs", "cgroup", "cgroup2", NULL };

        for (size_t i = 0; without[i]; i++)
                if (strcmp(type, without[i]) == 0)
                        return false;
        return true;
}

static const char *label_of(const struct ct_build *build, const struct ct_spec_mount *mount)
{
        const char *label = build->spec->linux_.mount_label;

        return label && label[0] != '\0' && takes_label(mount->type) ? label : NULL;
}

/*
 * "ro" is for the mount. The file system itself becomes read-only only when it is on a device: those of
 * the kernel exist once for all who mount them, and others may want to write.
 */
static uint64_t super_flags(const struct ct_spec_mount *mount)
{
        return mount->source[0] == '/' ? mount->sb_set : mount->sb_set & ~(uint32_t)MS_RDONLY;
}

static bool has_key(const struct ct_spec_mount *mount, const char *key)
{
        for (size_t i = 0; i < mount->data.n; i++)
                if (strncmp(mount->data.items[i], key, strlen(key)) == 0)
                        return true;
        return false;
}

static int add_file_system(struct ct_build *build, const struct work *work, contain_error_t **err)
{
        const struct ct_spec_mount *mount = work->mount;
        uint64_t attr = merged_set(mount), later = work->late_readonly ? MOUNT_ATTR_RDONLY : 0;
        unsigned idmap = 0;
        int r;

        if (mount->type[0] == '\0')
                return ct_fail(err, CONTAIN_E_MISSING, EINVAL, work->at,
                               "a mount that is no bind mount needs a 'type'");
        if (strcmp(mount->type, "bind") == 0) {
                r = ct_fail(err, CONTAIN_E_VALUE, EINVAL, ct_build_text(build, "%s/type", work->at),
                            "there is no file system 'bind'");
                ct_error_set_hint(err, "a bind mount has 'bind' or 'rbind' among its options");
                return r;
        }
        if (mount->tmpcopyup && strcmp(mount->type, "tmpfs") != 0)
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, option_at(build, work, "tmpcopyup"),
                               "'tmpcopyup' is for a tmpfs, not for type '%s'", mount->type);
        r = ct_plan_idmap_file_system(build, mount, work->at, &idmap, err);
        if (r == 0)
                r = ct_plan_check_mount_ids(build, mount, work->at, err);
        if (r < 0)
                return r;
        if (mount->tmpcopyup)
                later |= MOUNT_ATTR_RDONLY;
        r = ct_plan_add_file_system(build,
                                    &(struct ct_file_system){
                                            .at = work->at,
                                            .type = mount->type,
                                            .source = mount->source[0] != '\0' ? mount->source : NULL,
                                            .attr = attr & ~later,
                                            .sb_flags = super_flags(mount),
                                            .mount = mount,
                                            .data = &mount->data,
                                            .label = label_of(build, mount),
                                    },
                                    err);
        if (r < 0)
                return r;
        ct_plan_add_idmap(build, mount, work->at, idmap);
        if (mount->tmpcopyup) {
                ct_build_add(build, .op = STEP_COPY_UP, .at = option_at(build, work, "tmpcopyup"),
                             .s = { mount->destination },
                             .n = { !has_key(mount, "uid=") && !has_key(mount, "gid="),
                                    !has_key(mount, "mode=") });
                if (!work->late_readonly)
                        add_change(build, work->at, attr & MOUNT_ATTR_RDONLY, 0, 0, false);
        }
        add_change(build, work->at, 0, 0, detached_propagation(mount->propagation), false);
        return 0;
}

/*
 * A container that could choose where its procfs goes, by a symbolic link in its root, could make writes
 * to files in it go astray.
 */
static uint64_t attach_flags(const struct work *work)
{
        const struct ct_spec_mount *mount = work->mount;
        bool kernel = strcmp(work->target, "/proc") == 0 || strcmp(work->target, "/sys") == 0;

        if (!mount->bind)
                kernel = kernel || strcmp(mount->type, "proc") == 0 || strcmp(mount->type, "sysfs") == 0;
        return kernel ? PLAN_ATTACH_REAL_DIR : 0;
}

static void add_attach(struct ct_build *build, const struct work *work)
{
        const struct ct_spec_mount *mount = work->mount;

        ct_build_add(build, .op = STEP_ATTACH, .at = work->at, .s = { mount->destination },
                     .n = { attach_flags(work) });
        if (mount->propagation == MS_SHARED)
                ct_build_add(build, .op = STEP_TARGET_ATTR, .at = work->at, .s = { mount->destination },
                             .n = { 0, 0, MS_SHARED, mount->propagation_recursive });
}

static int add_remount(struct ct_build *build, const struct work *work, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf data = CT_BUF_INIT;
        const struct ct_spec_mount *mount = work->mount;
        uint64_t set = mount->attr_set_recursive, clear = mount->attr_clear_recursive;
        int r;

        r = check_remount(build, work, err);
        if (r < 0)
                return r;
        if (set | clear)
                ct_build_add(build, .op = STEP_TARGET_ATTR, .at = work->at, .s = { mount->destination },
                             .n = { set, clear, 0, 1 });
        /* With "bind" it is about this mount only, else about the file system, too. */
        ct_build_put_strings(&data, &mount->data);
        ct_build_add(build, .op = STEP_REMOUNT, .at = work->at, .s = { mount->destination },
                     .n = { mount->attr_set, mount->attr_clear, mount->bind ? 0 : mount->sb_set,
                            mount->bind ? 0 : mount->sb_clear },
                     .blob = &data);
        if (mount->propagation != 0)
                ct_build_add(build, .op = STEP_TARGET_ATTR, .at = work->at, .s = { mount->destination },
                             .n = { 0, 0, mount->propagation, mount->propagation_recursive });
        return 0;
}

static int add_mount(struct ct_build *build, const struct work *work, contain_error_t **err)
{
        const struct ct_spec_mount *mount = work->mount;
        int r;

        r = ct_build_keep(build, check_attributes(build, work, err), err);
        if (r < 0)
                return r;
        if (mount->remount)
                return add_remount(build, work, err);
        if (strcmp(work->target, "/") == 0)
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, ct_build_text(build, "%s/destination", work->at),
                               "'%s' is the root itself, which 'root' is for", mount->destination);
        if (!mount->bind && (strcmp(mount->type, "cgroup") == 0 || strcmp(mount->type, "cgroup2") == 0)) {
                r = ct_plan_add_cgroup(build, err);
                if (r < 0)
                        return r;
        }
        if (!mount->bind && strcmp(mount->type, "cgroup") == 0)
                return ct_plan_add_cgroup_mount(build, mount, work->at, err);
        r = mount->bind ? add_bind(build, work, err) : add_file_system(build, work, err);
        if (r < 0)
                return r;
        add_attach(build, work);
        return 0;
}

/* --- all of them ----------------------------------------------------------------------------- */

/* Is something made or mounted in mount @i later on, so that it has to be writable until then? */
static bool is_filled_later(const struct ct_spec *spec, const char *const *targets, size_t i)
{
        const struct ct_spec_mount *mount = &spec->mounts[i];
        bool filled = strcmp(targets[i], "/dev") == 0; /* devices.c will */
        bool can_fill = filled || (!mount->bind && strcmp(mount->type, "tmpfs") == 0);

        if (!can_fill || mount->remount)
                return false;
        for (size_t j = i + 1; j < spec->n_mounts; j++) {
                if (spec->mounts[j].remount)
                        continue;
                /* Covered by a later mount, it cannot be reached at the end. */
                if (strcmp(targets[j], targets[i]) == 0 || ct_plan_path_is_below(targets[i], targets[j]))
                        return false;
                filled = filled || ct_plan_path_is_below(targets[j], targets[i]);
        }
        return filled;
}

static bool becomes_readonly(const struct ct_spec_mount *mount)
{
        return ((mount->bind ? mount->attr_set : merged_set(mount)) & MOUNT_ATTR_RDONLY) != 0;
}

int ct_plan_add_mounts(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec *spec = build->spec;
        const char **targets;
        int r;

        targets = ct_arena_array(build->arena, spec->n_mounts, sizeof(*targets));
        if (!targets)
                return ct_fail_memory(err);
        for (size_t i = 0; i < spec->n_mounts; i++)
                targets[i] = ct_plan_clean_path(build, spec->mounts[i].destination);

        for (size_t i = 0; i < spec->n_mounts; i++) {
                struct work work = {
                        .mount = &spec->mounts[i],
                        .at = ct_build_text(build, "/mounts/%zu", i),
                        .target = targets[i],
                        .late_readonly =
                                becomes_readonly(&spec->mounts[i]) && is_filled_later(spec, targets, i),
                };

                build->late_readonly[i] = work.late_readonly;
                r = ct_build_keep(build, add_mount(build, &work, err), err);
                if (r < 0)
                        return r;
        }
        return 0;
}

int ct_plan_add_late_readonly(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec *spec = build->spec;

        (void)err;
        for (size_t i = 0; i < spec->n_mounts; i++)
                if (build->late_readonly[i])
                        ct_build_add(build, .op = STEP_TARGET_ATTR,
                                     .at = ct_build_text(build, "/mounts/%zu", i),
                                     .s = { spec->mounts[i].destination }, .n = { MOUNT_ATTR_RDONLY });
        return 0;
}
