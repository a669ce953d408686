/* SPDX-License-Identifier: MIT */

/* Device nodes and symbolic links, made relative to their folder. */

#include "init/init.h"

/* Opens what @name is, of which it must be sure that it is this device. */
static int open_device(struct init *in, int dir_fd, const char *name, uint32_t mode, uint64_t device)
{
        int fd = sys_openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0), r;
        struct statx is;

        if (fd < 0)
                return init_fail(in, PLAN_DETAIL_OPEN, fd);
        r = sys_statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &is);
        if (r < 0) {
                init_close(&fd);
                return r;
        }
        if ((is.stx_mode & S_IFMT) != (mode & S_IFMT) ||
            ((mode & S_IFMT) != S_IFIFO &&
             ((uint64_t)is.stx_rdev_major << 32 | is.stx_rdev_minor) != device)) {
                init_close(&fd);
                return init_fail(in, PLAN_DETAIL_MISMATCH, -EEXIST);
        }
        return fd;
}

/* A node that is there already keeps its owner and mode: it may be the host's, in a folder that is shared. */
int init_step_mknod(struct init *in, const struct plan_step *step)
{
        const char *path = init_text(in, step->s[0]), *name;
        uint32_t mode = (uint32_t)step->n[0], uid = (uint32_t)step->n[2], gid = (uint32_t)step->n[3];
        uint64_t device = step->n[1];
        int dir_fd, fd, r, made;

        if (!path)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        dir_fd = init_resolve_parent(in, path, 0, &name);
        if (dir_fd < 0)
                return dir_fd;
        made = sys_mknodat(dir_fd, name, mode, kernel_device((uint32_t)(device >> 32), (uint32_t)device));
        if (made < 0 && made != -EEXIST)
                return init_fail(in, PLAN_DETAIL_TARGET_CREATE, made);
        if (made == 0 && uid == 0 && gid == 0)
                return 0;
        fd = open_device(in, dir_fd, name, mode, device);
        if (fd < 0)
                return fd;
        r = made < 0 ? 0 : sys_fchownat(fd, "", uid, gid, AT_EMPTY_PATH);
        init_close(&fd);
        return r < 0 ? init_fail(in, PLAN_DETAIL_OWNER, r) : 0;
}

int init_step_symlink(struct init *in, const struct plan_step *step)
{
        const char *path = init_text(in, step->s[0]), *target = init_text(in, step->s[1]), *name;
        struct statx is;
        int dir_fd, r;

        if (!path || !target)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        if (step->n[0] && sys_statx(CURRENT_DIR, target, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &is) < 0)
                return 0;
        dir_fd = init_resolve_parent(in, path, 0, &name);
        if (dir_fd < 0)
                return dir_fd;
        r = sys_symlinkat(target, dir_fd, name);
        return r < 0 && r != -EEXIST ? init_fail(in, PLAN_DETAIL_TARGET_CREATE, r) : 0;
}
