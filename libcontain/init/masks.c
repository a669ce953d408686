/* SPDX-License-Identifier: MIT */

/* Paths that the container must not read, or not write. They need not exist. */

#include "init/init.h"

#define NULL_MAJOR 1
#define NULL_MINOR 3

/* Is there nothing at a path? Then there is nothing to hide. */
static bool is_absent(int r)
{
        return r == -ENOENT || r == -ENOTDIR;
}

/*
 * A mount of the host's /dev/null, of which we make sure that it is that. Before the pivot: the
 * one in the container is the image's, or whoever's who got there first.
 */
static int clone_null(struct init *in)
{
        struct statx is;
        int fd, r;

        fd = sys_open_tree(CURRENT_DIR, "/dev/null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        if (fd < 0)
                return init_fail(in, PLAN_DETAIL_SOURCE, fd);
        r = sys_statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &is);
        if (r == 0 &&
            (!S_ISCHR(is.stx_mode) || is.stx_rdev_major != NULL_MAJOR || is.stx_rdev_minor != NULL_MINOR))
                r = -ENODEV;
        if (r < 0) {
                init_close(&fd);
                return init_fail(in, PLAN_DETAIL_SOURCE, r);
        }
        return fd;
}

int init_masks_before_pivot(struct init *in)
{
        const struct plan_step *steps = init_plan_steps(in);

        for (uint32_t i = in->step + 1; i < in->plan->n_steps; i++) {
                if (steps[i].op != STEP_MASK)
                        continue;
                in->null_fd = clone_null(in);
                return in->null_fd < 0 ? in->null_fd : 0;
        }
        return 0;
}

static int make_empty(void)
{
        int config_fd, r;

        config_fd = sys_fsopen("tmpfs", FSOPEN_CLOEXEC);
        if (config_fd < 0)
                return config_fd;
        r = sys_fsconfig(config_fd, FSCONFIG_SET_FLAG, "ro", NULL);
        if (r == 0)
                r = sys_fsconfig(config_fd, FSCONFIG_CMD_CREATE, NULL, NULL);
        if (r == 0)
                r = sys_fsmount(config_fd, FSMOUNT_CLOEXEC,
                                MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
        init_close(&config_fd);
        return r;
}

/*
 * Attaches @cover_fd over @target_fd. The first mount is attached itself, and kept to clone the next ones
 * from: before Linux 6.15 a detached one cannot be cloned.
 */
static int cover(struct init *in, int cover_fd, bool *is_attached, int target_fd)
{
        const unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
        int fd = cover_fd, r;

        if (*is_attached)
                fd = sys_open_tree(cover_fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
        if (fd < 0)
                return init_fail(in, PLAN_DETAIL_SOURCE, fd);
        r = sys_move_mount(fd, "", target_fd, "", flags);
        if (fd != cover_fd)
                init_close(&fd);
        if (r < 0)
                return init_fail(in, PLAN_DETAIL_ATTACH, r);
        *is_attached = true;
        return 0;
}

static int mask(struct init *in, int target_fd)
{
        int folder = init_is_folder(target_fd);

        if (folder < 0)
                return folder;
        if (!folder)
                return cover(in, in->null_fd, &in->null_attached, target_fd);
        if (in->empty_fd < 0)
                in->empty_fd = make_empty();
        if (in->empty_fd < 0)
                return init_fail(in, PLAN_DETAIL_SUPERBLOCK, in->empty_fd);
        return cover(in, in->empty_fd, &in->empty_attached, target_fd);
}

int init_step_mask(struct init *in, const struct plan_step *step)
{
        const char *path = init_text(in, step->s[0]);
        int fd, r;

        if (!path)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        fd = init_resolve(in, path, O_PATH, 0);
        if (fd < 0)
                return is_absent(fd) ? 0 : init_fail(in, PLAN_DETAIL_TARGET, fd);
        r = mask(in, fd);
        init_close(&fd);
        return r;
}

/* Bound on itself: what is mounted below comes along, and keeps the attributes that it was given. */
int init_step_read_only(struct init *in, const struct plan_step *step)
{
        const struct mount_attr readonly = { .attr_set = MOUNT_ATTR_RDONLY };
        const char *path = init_text(in, step->s[0]);
        int fd, tree_fd, r;

        if (!path)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        fd = init_resolve(in, path, O_PATH, 0);
        if (fd < 0)
                return is_absent(fd) ? 0 : init_fail(in, PLAN_DETAIL_TARGET, fd);
        tree_fd = sys_open_tree(fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
        if (tree_fd < 0) {
                init_close(&fd);
                return init_fail(in, PLAN_DETAIL_SOURCE, tree_fd);
        }
        r = sys_move_mount(tree_fd, "", fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
        if (r < 0)
                r = init_fail(in, PLAN_DETAIL_ATTACH, r);
        else /* attached, as mount(2) could not change it before; nobody runs in here yet */
                r = init_set_attributes(in, tree_fd, &readonly, false);
        init_close(&tree_fd);
        init_close(&fd);
        return r;
}
