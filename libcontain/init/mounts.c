/* SPDX-License-Identifier: MIT */

/*
 * Mounts: a tree is made detached, changed while nobody can see it, and attached to a descriptor. Only
 * what is mounted already is changed in place.
 */

#include "init/init.h"

/* --- the current tree ----------------------------------------------------------------------- */

void init_set_tree(struct init *in, int fd, bool is_file_system)
{
        in->tree_fd = fd;
        in->tree_is_file_system = is_file_system;
        in->tree_has_late = false;
}

int init_step_tree(struct init *in, const struct plan_step *step)
{
        const char *source = init_text(in, step->s[0]);
        uint64_t type = step->n[1], device = step->n[2], inode = step->n[3];
        struct statx is;
        int fd = init_slot(in, step), r;

        if (fd < 0 && !source)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        if (fd < 0)
                fd = sys_open_tree(CURRENT_DIR, source,
                                   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
                                           (step->n[0] ? (unsigned)AT_RECURSIVE : 0u));
        if (fd < 0)
                return init_fail(in, PLAN_DETAIL_SOURCE, fd);
        init_set_tree(in, fd, false);
        if (type == 0 && inode == 0)
                return 0;
        r = sys_statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_INO, &is);
        if (r < 0)
                return init_fail(in, PLAN_DETAIL_SOURCE, r);
        /* The path led elsewhere when its owner looked. */
        if (inode && (is.stx_ino != inode || ((uint64_t)is.stx_dev_major << 32 | is.stx_dev_minor) != device))
                return init_fail(in, PLAN_DETAIL_SOURCE, -ESTALE);
        if (inode || type == 0)
                return 0;
        if ((is.stx_mode & S_IFMT) != type ||
            (device && ((uint64_t)is.stx_rdev_major << 32 | is.stx_rdev_minor) != device))
                return init_fail(in, PLAN_DETAIL_MISMATCH, -ENODEV);
        return 0;
}

/* --- attributes ----------------------------------------------------------------------------- */

/* Adds a later change to an earlier one. */
static void merge(struct init *in, const struct mount_attr *change, bool recursive)
{
        struct mount_attr *late = &in->late;

        if (!in->tree_has_late) {
                in->late = (struct mount_attr){ 0 };
                in->late_below = 0;
        }
        in->tree_has_late = true;
        late->attr_set = (late->attr_set & ~change->attr_clr) | change->attr_set;
        late->attr_clr = (late->attr_clr & ~change->attr_set) | change->attr_clr;
        if (recursive && change->propagation) {
                in->late_below = change->propagation;
                late->propagation = 0;
        } else if (change->propagation) {
                late->propagation = change->propagation;
        }
}

/* What mount_setattr(2) could not do for a tree, done by mount(2) now that the tree can be reached. */
static int change_late(struct init *in)
{
        const struct mount_attr below = { .propagation = in->late_below };
        int r = 0;

        if (below.propagation)
                r = init_set_attributes(in, in->tree_fd, &below, true);
        if (r == 0 && (in->late.attr_set | in->late.attr_clr | in->late.propagation))
                r = init_set_attributes(in, in->tree_fd, &in->late, false);
        return r;
}

int init_change_tree(struct init *in, const struct mount_attr *change, bool recursive)
{
        int r = -ENOSYS;

        if (!in->no_setattr)
                r = sys_mount_setattr(in->tree_fd, AT_EMPTY_PATH | (recursive ? (unsigned)AT_RECURSIVE : 0u),
                                      change);
        if (init_is_for_mount(in, r, change, recursive)) {
                merge(in, change, recursive);
                return 0;
        }
        return r < 0 ? init_fail(in, PLAN_DETAIL_ATTRIBUTES, r) : 0;
}

int init_step_attr(struct init *in, const struct plan_step *step)
{
        const struct mount_attr change = { .attr_set = step->n[0],
                                           .attr_clr = step->n[1],
                                           .propagation = step->n[2] };

        return init_change_tree(in, &change, step->n[3] != 0);
}

int init_step_idmap(struct init *in, const struct plan_step *step)
{
        const struct mount_attr attributes = { .attr_set = MOUNT_ATTR_IDMAP,
                                               .userns_fd = (uint64_t)(unsigned)init_slot(in, step) };
        int r;

        r = sys_mount_setattr(in->tree_fd, AT_EMPTY_PATH | (step->n[0] ? (unsigned)AT_RECURSIVE : 0u),
                              &attributes);
        return r < 0 ? init_fail(in, PLAN_DETAIL_ATTRIBUTES, r) : 0;
}

/* --- in the container ----------------------------------------------------------------------- */

static int open_target(struct init *in, const struct plan_step *step, const char *target)
{
        uint64_t more = step->n[0] & PLAN_ATTACH_REAL_DIR ? RESOLVE_NO_SYMLINKS : 0;
        int fd = init_resolve(in, target, O_PATH | (more ? O_DIRECTORY : 0), more), folder;

        if (fd == -ENOENT && !(step->n[0] & (PLAN_ATTACH_IF_PRESENT | PLAN_ATTACH_EXISTING))) {
                folder = in->tree_is_file_system ? 1 : init_is_folder(in->tree_fd);
                if (folder < 0)
                        return folder;
                return init_make(in, target, folder != 0, (unsigned)step->n[1], more);
        }
        if (fd < 0)
                return init_fail(in, fd == -ELOOP ? PLAN_DETAIL_TARGET_LINK : PLAN_DETAIL_TARGET, fd);
        return fd;
}

/* An empty file is a place to mount on, perhaps from the last time. */
static int check_same(struct init *in, int target_fd)
{
        struct statx tree, target;
        int r;

        r = sys_statx(in->tree_fd, "", AT_EMPTY_PATH, STATX_TYPE, &tree);
        if (r == 0)
                r = sys_statx(target_fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_SIZE, &target);
        if (r < 0)
                return init_fail(in, PLAN_DETAIL_TARGET, r);
        if (S_ISREG(target.stx_mode) && target.stx_size == 0)
                return 0;
        if ((tree.stx_mode & S_IFMT) == (target.stx_mode & S_IFMT) &&
            tree.stx_rdev_major == target.stx_rdev_major && tree.stx_rdev_minor == target.stx_rdev_minor)
                return 0;
        return init_fail(in, PLAN_DETAIL_MISMATCH, -EEXIST);
}

int init_step_attach(struct init *in, const struct plan_step *step)
{
        const char *target = init_text(in, step->s[0]);
        int fd, r;

        if (in->tree_fd < 0 || !target)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        fd = open_target(in, step, target);
        if (fd == -ENOENT && (step->n[0] & PLAN_ATTACH_IF_PRESENT)) {
                init_close(&in->tree_fd);
                return 0;
        }
        if (fd < 0)
                return fd;
        r = step->n[0] & PLAN_ATTACH_OVER_SAME ? check_same(in, fd) : 0;
        if (r < 0) {
                init_close(&fd);
                return r;
        }
        r = sys_move_mount(in->tree_fd, "", fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
        /* The kernel's word for that says less. */
        if (r == -EINVAL && init_is_folder(in->tree_fd) != init_is_folder(fd))
                r = -ENOTDIR;
        init_close(&fd);
        if (r < 0)
                return init_fail(in, PLAN_DETAIL_ATTACH, r);
        if (in->tree_has_late)
                r = change_late(in);
        if (!(step->n[0] & PLAN_ATTACH_KEEP))
                init_close(&in->tree_fd);
        return r;
}

int init_open_mounted(struct init *in, const struct plan_step *step)
{
        const char *target = init_text(in, step->s[0]);
        int fd;

        if (!target)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        fd = init_resolve(in, target, O_PATH, 0);
        return fd < 0 ? init_fail(in, PLAN_DETAIL_TARGET, fd) : fd;
}

int init_step_target_attr(struct init *in, const struct plan_step *step)
{
        const struct mount_attr attributes = { .attr_set = step->n[0],
                                               .attr_clr = step->n[1],
                                               .propagation = step->n[2] };
        int fd, r;

        fd = init_open_mounted(in, step);
        if (fd < 0)
                return fd;
        r = init_set_attributes(in, fd, &attributes, step->n[3] != 0);
        init_close(&fd);
        return r;
}

/* Where one cannot be made, it is the step which needs it that says so. */
static int make_optional_folder(struct init *in, const char *path, unsigned mode)
{
        int fd = init_resolve(in, path, O_PATH | O_DIRECTORY, 0);

        if (fd == -ENOENT)
                fd = init_make(in, path, true, mode, 0);
        init_close(&fd);
        return 0;
}

/* As a rule it is absent: looking first would be one call more. */
int init_step_mkdir(struct init *in, const struct plan_step *step)
{
        const char *path = init_text(in, step->s[0]), *name;
        int dir_fd, fd, r;

        if (!path)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        if (text_equal(path, "/"))
                return 0;
        if (step->n[1])
                return make_optional_folder(in, path, (unsigned)step->n[0]);
        dir_fd = init_resolve_parent(in, path, 0, &name);
        if (dir_fd < 0)
                return dir_fd;
        r = sys_mkdirat(dir_fd, name, step->n[0] ? (unsigned)step->n[0] : INIT_FOLDER_MODE);
        if (r != -EEXIST)
                return r < 0 ? init_fail(in, PLAN_DETAIL_TARGET_CREATE, r) : 0;
        fd = init_resolve(in, path, O_PATH | O_DIRECTORY, 0);
        if (fd == -ENOENT) /* a link that leads nowhere */
                return init_fail(in, PLAN_DETAIL_TARGET_LINK, -ELOOP);
        if (fd < 0)
                return init_fail(in, PLAN_DETAIL_TARGET_CREATE, fd);
        init_close(&fd);
        return 0;
}
