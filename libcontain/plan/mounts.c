/* SPDX-License-Identifier: MIT */

/*
 * The configuration's mounts, in the order of the file. Each is made as a detached tree, gets its attributes
 * while nobody can see it, and is attached to its target as the last act.
 */

#include "plan/parts.h"

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

/* Place of option @word, or of the mount. */
static const char *option_at(struct ct_build *build, const struct work *work, const char *word)
{
        const struct ct_strings *options = &work->mount->options;

        for (size_t i = 0; i < options->n; i++)
                if (strcmp(options->items[i], word) == 0)
                        return ct_build_text(build, "%s/options/%zu", work->at, i);
        return work->at;
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

static int check_attributes(struct ct_build *build, const struct work *work, contain_error_t **err)
{
        const struct ct_spec_mount *mount = work->mount;
        const struct ct_facts *facts = build->facts;
        bool old = facts->kernel_major < 5 || (facts->kernel_major == 5 && facts->kernel_minor < 14);

        if (!facts->has_mount_setattr && (mount->attr_set_recursive | mount->attr_clear_recursive))
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, work->at,
                               "this kernel cannot change mounts recursively, it takes Linux 5.12");
        if (old && ((mount->attr_set | mount->attr_set_recursive) & MOUNT_ATTR_NOSYMFOLLOW))
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, work->at,
                               "this kernel does not know 'nosymfollow', it takes Linux 5.14");
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

/* --- id-mapped mounts ------------------------------------------------------------------------ */

static int idmap_slot(struct ct_build *build, const struct work *work, unsigned *ret, contain_error_t **err)
{
        const struct ct_spec_linux *linux_ = &build->spec->linux_;
        const struct ct_spec_id_maps *uid_maps = &work->mount->uid_maps, *gid_maps = &work->mount->gid_maps;

        if (uid_maps->n == 0 && build->user_slot != 0) {
                *ret = build->user_slot; /* the joined namespace has the very maps that are meant */
                return 0;
        }
        if (uid_maps->n == 0) {
                uid_maps = &linux_->uid_maps;
                gid_maps = &linux_->gid_maps;
        }
        if (uid_maps->n == 0 || gid_maps->n == 0)
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, work->at,
                               "an id-mapped mount needs id mappings, its own or those of a user namespace");
        *ret = ct_build_slot(build, PLAN_SLOT_USERNS, work->at, ct_plan_id_map_text(build, uid_maps),
                             ct_plan_id_map_text(build, gid_maps), 0);
        return 0;
}

/* The slot of the user namespace whose maps the mount is to have; 0 when it is to have none. */
static int find_idmap(struct ct_build *build, const struct work *work, unsigned *ret, contain_error_t **err)
{
        const struct ct_spec_mount *mount = work->mount;

        /* The maps say it as well as the word does. */
        if (!mount->idmap && mount->uid_maps.n == 0)
                return 0;
        if (!build->facts->has_idmapped_mounts)
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, work->at,
                               "this kernel has no id-mapped mounts, they take Linux 5.12");
        return idmap_slot(build, work, ret, err);
}

static void add_idmap(struct ct_build *build, const struct work *work, unsigned slot)
{
        if (slot != 0)
                ct_build_add(build, .op = STEP_IDMAP, .at = work->at, .slot = slot,
                             .n = { work->mount->idmap_recursive });
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
        r = find_idmap(build, work, &idmap, err);
        if (r < 0)
                return r;
        /* From within a user namespace the ids of the host's file systems cannot be mapped. */
        if (build->trees_by_slot && build->userns)
                tree.map_slot = idmap;
        /* Options for a file system are of no meaning here: the kernel does not look at them either. */
        ct_plan_add_tree(build, &tree);
        if (tree.map_slot == 0)
                add_idmap(build, work, idmap);
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

static void put_data(struct ct_build *build, const struct ct_spec_mount *mount, struct ct_buf *blob)
{
        const char *label = build->spec->linux_.mount_label;

        ct_build_put_strings(blob, &mount->data);
        if (label && label[0] != '\0' && takes_label(mount->type)) {
                (void)ct_buf_puts(blob, "context=");
                (void)ct_buf_append(blob, label, strlen(label) + 1);
        }
}

/*
 * "ro" is for the mount. The file system itself becomes read-only only when it is on a device: those of
 * the kernel exist once for all who mount them, and others may want to write.
 */
static uint64_t super_flags(const struct ct_spec_mount *mount)
{
        return mount->source[0] == '/' ? mount->sb_set : mount->sb_set & ~(uint32_t)MS_RDONLY;
}

static int add_file_system(struct ct_build *build, const struct work *work, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf data = CT_BUF_INIT;
        const struct ct_spec_mount *mount = work->mount;
        uint64_t attr = merged_set(mount), later = work->late_readonly ? MOUNT_ATTR_RDONLY : 0;
        unsigned idmap = 0;
        int r;

        if (mount->type[0] == '\0')
                return ct_fail(err, CONTAIN_E_MISSING, EINVAL, work->at,
                               "a mount that is no bind mount needs a 'type'");
        if (mount->tmpcopyup && strcmp(mount->type, "tmpfs") != 0)
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, option_at(build, work, "tmpcopyup"),
                               "'tmpcopyup' is for a tmpfs, not for type '%s'", mount->type);
        r = find_idmap(build, work, &idmap, err);
        if (r < 0)
                return r;
        put_data(build, mount, &data);
        if (mount->tmpcopyup)
                later |= MOUNT_ATTR_RDONLY;
        ct_build_add(build, .op = STEP_FS, .at = work->at,
                     .s = { mount->type, mount->source[0] != '\0' ? mount->source : NULL },
                     .n = { attr & ~later, super_flags(mount) }, .blob = &data);
        add_idmap(build, work, idmap);
        if (mount->tmpcopyup) {
                ct_build_add(build, .op = STEP_COPY_UP, .at = work->at, .s = { mount->destination });
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

static void add_remount(struct ct_build *build, const struct work *work)
{
        _cleanup_buf_ struct ct_buf data = CT_BUF_INIT;
        const struct ct_spec_mount *mount = work->mount;
        uint64_t set = mount->attr_set_recursive, clear = mount->attr_clear_recursive;

        if (set | clear)
                ct_build_add(build, .op = STEP_TARGET_ATTR, .at = work->at, .s = { mount->destination },
                             .n = { set, clear, 0, 1 });
        /* With "bind" it is about this mount only, else about the file system, too. */
        if (!mount->bind)
                ct_build_put_strings(&data, &mount->data);
        ct_build_add(build, .op = STEP_REMOUNT, .at = work->at, .s = { mount->destination },
                     .n = { mount->attr_set, mount->attr_clear, mount->bind ? 0 : mount->sb_set,
                            mount->bind ? 0 : mount->sb_clear },
                     .blob = &data);
        if (mount->propagation != 0)
                ct_build_add(build, .op = STEP_TARGET_ATTR, .at = work->at, .s = { mount->destination },
                             .n = { 0, 0, mount->propagation, mount->propagation_recursive });
}

static int add_mount(struct ct_build *build, const struct work *work, contain_error_t **err)
{
        const struct ct_spec_mount *mount = work->mount;
        int r;

        r = check_attributes(build, work, err);
        if (r < 0)
                return r;
        if (mount->remount) {
                add_remount(build, work);
                return 0;
        }
        if (strcmp(work->target, "/") == 0)
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, ct_build_text(build, "%s/destination", work->at),
                               "'%s' is the root itself, which 'root' is for", mount->destination);
        if (mount->bind && mount->tmpcopyup)
                return ct_fail(err, CONTAIN_E_VALUE, EINVAL, option_at(build, work, "tmpcopyup"),
                               "'tmpcopyup' is for a tmpfs, not for a bind mount");
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
                r = add_mount(build, &work, err);
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
