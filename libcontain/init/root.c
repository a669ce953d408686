/* SPDX-License-Identifier: MIT */

/* The root file system: attached over "/", then made "/". No path is joined to reach it, before or after. */

#include "init/init.h"

int init_step_propagate(struct init *in, const struct plan_step *step)
{
        (void)in;
        return sys_mount("/", (unsigned long)step->n[0]);
}

/*
 * What is mounted below the root becomes read-only, the root itself only with its attributes later on:
 * targets may have to be made in it. If it is read-only already it stays so.
 */
static int set_readonly_below(struct init *in)
{
        const struct mount_attr set = { .attr_set = MOUNT_ATTR_RDONLY };
        const struct mount_attr clear = { .attr_clr = MOUNT_ATTR_RDONLY };
        struct kernel_statfs fs;
        int r;

        r = sys_fstatfs(in->root_fd, &fs);
        if (r < 0)
                return r;
        r = sys_mount_setattr(in->root_fd, AT_EMPTY_PATH | AT_RECURSIVE, &set);
        if (r == 0 && !(fs.f_flags & MS_RDONLY))
                r = sys_mount_setattr(in->root_fd, AT_EMPTY_PATH, &clear);
        /* Before Linux 5.12 what is mounted below stays as it is. */
        return r == -ENOSYS ? 0 : r;
}

int init_step_rootfs(struct init *in, const struct plan_step *step)
{
        const char *path = init_text(in, step->s[0]);
        int fd = init_slot(in, step), r;

        if (fd < 0 && !path)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        if (step->n[1] == 0) {
                in->root_fd = sys_openat(CURRENT_DIR, path ? path : "", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
                return in->root_fd < 0 ? init_fail(in, PLAN_DETAIL_OPEN, in->root_fd) : 0;
        }
        if (fd < 0)
                fd = sys_open_tree(CURRENT_DIR, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
        if (fd < 0)
                return init_fail(in, PLAN_DETAIL_OPEN, fd);
        in->root_fd = fd;
        if (step->n[0] != 0) {
                r = set_readonly_below(in);
                if (r < 0)
                        return init_fail(in, PLAN_DETAIL_ATTRIBUTES, r);
        }
        /* pivot_root(2) wants the new root below the old one, and not the old one itself. */
        r = sys_move_mount(fd, "", CURRENT_DIR, "/", MOVE_MOUNT_F_EMPTY_PATH);
        if (r < 0)
                return init_fail(in, PLAN_DETAIL_ATTACH, r);
        in->attached = true;
        return 0;
}

int init_step_pivot(struct init *in, const struct plan_step *step)
{
        int r;

        if (in->root_fd < 0)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        r = init_proc_before_pivot(in);
        if (r == 0)
                r = init_masks_before_pivot(in);
        if (r == 0)
                r = sys_fchdir(in->root_fd);
        if (r < 0)
                return r;
        switch (step->n[0]) {
        case PLAN_PIVOT_ROOT:
                /* The old root ends up on top of the new one, at the very same place, and is taken off it. */
                r = sys_pivot_root(".", ".");
                if (r == 0)
                        r = sys_umount(".", UMOUNT_LAZY);
                break;
        case PLAN_PIVOT_MOVE:
                /* Over "/" it is already; what it covers cannot be unmounted from within it. */
        case PLAN_PIVOT_CHROOT:
                r = sys_chroot(".");
                break;
        default:
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        }
        if (r < 0)
                return r;
        in->pivoted = true;
        return 0;
}

/*
 * Of a container that is there. Joining its mount namespace has made that one's root ours; where it has none
 * of its own, its process has a root that the host has found out.
 */
int init_step_enter_root(struct init *in, const struct plan_step *step)
{
        int fd = init_slot(in, step), r = 0;

        if (fd >= 0) {
                r = init_proc_before_pivot(in);
                if (r == 0)
                        r = sys_fchdir(fd);
                if (r == 0)
                        r = sys_chroot(".");
        }
        if (r < 0)
                return r;
        in->root_fd = sys_openat(CURRENT_DIR, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
        if (in->root_fd < 0)
                return init_fail(in, PLAN_DETAIL_OPEN, in->root_fd);
        in->pivoted = true;
        return 0;
}

int init_step_root_attr(struct init *in, const struct plan_step *step)
{
        const struct mount_attr attributes = { .attr_set = step->n[0],
                                               .attr_clr = step->n[1],
                                               .propagation = step->n[2] };

        /* Not attached, it is part of a mount of the host's. */
        if (!in->attached)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        return init_set_attributes(in, in->root_fd, &attributes, step->n[3] != 0);
}
