/* SPDX-License-Identifier: MIT */

/*
 * Takes a mount off in the container. What is at the end of a path is never followed, and the folder above it
 * is found by the resolver: umount2(2) gets a single name there, as a descriptor of what is mounted would
 * keep it busy.
 */

#include "init/init.h"

/* Splits off the last component. Returns its folder as a descriptor. */
static int open_parent(struct init *in, const char *target, const char **ret_name)
{
        const char *name = target;
        char folder[PATH_SIZE];
        int fd;

        for (const char *p = target; *p != '\0'; p++)
                if (*p == '/')
                        name = p + 1;
        if (*name == '\0' || text_equal(name, ".") || text_equal(name, ".."))
                return init_fail(in, PLAN_DETAIL_TARGET, -EINVAL);
        if ((size_t)(name - target) >= sizeof(folder))
                return init_fail(in, PLAN_DETAIL_TARGET, -ENAMETOOLONG);
        *text_copy(folder, target, (size_t)(name - target)) = '\0';
        fd = init_resolve(in, folder[0] != '\0' ? folder : "/", O_PATH | O_DIRECTORY, 0);
        if (fd < 0)
                return init_fail(in, PLAN_DETAIL_TARGET, fd);
        *ret_name = name;
        return fd;
}

/* Is something mounted there, and not just anywhere above? */
static int check_mounted(struct init *in, int folder_fd, const char *name)
{
        struct statx is;
        int r;

        r = sys_statx(folder_fd, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &is);
        if (r < 0)
                return init_fail(in, PLAN_DETAIL_TARGET, r);
        if ((is.stx_mode & S_IFMT) == S_IFLNK)
                return init_fail(in, PLAN_DETAIL_TARGET_LINK, -ELOOP);
        if (!(is.stx_attributes & STATX_ATTR_MOUNT_ROOT))
                return init_fail(in, PLAN_DETAIL_MISMATCH, -EINVAL);
        return 0;
}

int init_step_unmount(struct init *in, const struct plan_step *step)
{
        const char *target = init_text(in, step->s[0]), *name = NULL;
        int fd, r;

        if (!target)
                return init_fail(in, PLAN_DETAIL_PLAN, -EINVAL);
        fd = open_parent(in, target, &name);
        if (fd < 0)
                return fd;
        r = check_mounted(in, fd, name);
        if (r == 0) {
                r = sys_fchdir(fd);
                if (r == 0)
                        r = sys_umount(name, UMOUNT_NOFOLLOW | (step->n[0] ? UMOUNT_LAZY : 0));
        }
        init_close(&fd);
        return r;
}
