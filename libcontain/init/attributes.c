/* SPDX-License-Identifier: MIT */

/* Attributes of a mount that is attached: by mount_setattr(2), and before Linux 5.12 by mount(2). */

#include "init/init.h"

/* Those that mount(2) has elsewhere. */
#define STATFS_RELATIME    0x1000
#define STATFS_NOSYMFOLLOW 0x2000

/* Where the flag words of statfs(2), mount_setattr(2) and mount(2) say the same. */
static const struct {
        unsigned long statfs, attribute, mount;
} flags[] = {
        { MS_RDONLY, MOUNT_ATTR_RDONLY, MS_RDONLY },
        { MS_NOSUID, MOUNT_ATTR_NOSUID, MS_NOSUID },
        { MS_NODEV, MOUNT_ATTR_NODEV, MS_NODEV },
        { MS_NOEXEC, MOUNT_ATTR_NOEXEC, MS_NOEXEC },
        { MS_NODIRATIME, MOUNT_ATTR_NODIRATIME, MS_NODIRATIME },
        { STATFS_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW, MS_NOSYMFOLLOW },
};

unsigned long init_mount_flags(unsigned long now, const struct mount_attr *attributes)
{
        unsigned long atime = now & (MS_NOATIME | STATFS_RELATIME), ret = 0;

        for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
                if ((attributes->attr_set & flags[i].attribute) ||
                    ((now & flags[i].statfs) && !(attributes->attr_clr & flags[i].attribute)))
                        ret |= flags[i].mount;

        if (attributes->attr_clr & MOUNT_ATTR__ATIME) {
                if (attributes->attr_set & MOUNT_ATTR_NOATIME)
                        return ret | MS_NOATIME;
                return ret | (attributes->attr_set & MOUNT_ATTR_STRICTATIME ? MS_STRICTATIME : MS_RELATIME);
        }
        if (atime & MS_NOATIME)
                return ret | MS_NOATIME;
        return ret | (atime & STATFS_RELATIME ? MS_RELATIME : MS_STRICTATIME);
}

/*
 * mount(2) takes paths only. A folder is entered, a file found in a procfs of our own; *ret is the
 * path from there.
 */
static int enter_mount(struct init *in, int fd, char ret[TEXT_DECIMAL])
{
        int folder = init_is_folder(fd), fds_fd, r;

        if (folder < 0)
                return folder;
        if (folder) {
                (void)text_add(ret, ret + TEXT_DECIMAL, ".");
                return sys_fchdir(fd);
        }
        (void)text_decimal(ret, (uint64_t)(unsigned)fd);
        fds_fd = init_proc_open(in, "self/fd", O_PATH | O_DIRECTORY);
        if (fds_fd < 0)
                return fds_fd;
        r = sys_fchdir(fds_fd);
        init_close(&fds_fd);
        return r;
}

static int set_by_mount(struct init *in, int fd, const struct mount_attr *attributes, bool recursive)
{
        char target[TEXT_DECIMAL];
        struct kernel_statfs fs;
        int r, back;

        r = sys_fstatfs(fd, &fs);
        if (r == 0)
                r = enter_mount(in, fd, target);
        if (r < 0)
                return r;
        if (attributes->attr_set || attributes->attr_clr)
                r = sys_mount(target,
                              MS_REMOUNT | MS_BIND | init_mount_flags((unsigned long)fs.f_flags, attributes));
        if (r == 0 && attributes->propagation)
                r = sys_mount(target, (unsigned long)attributes->propagation | (recursive ? MS_REC : 0ul));
        back = in->pivoted ? sys_fchdir(in->root_fd) : sys_chdir("/");
        return r < 0 ? r : back;
}

bool init_is_for_mount(struct init *in, int r, const struct mount_attr *attributes, bool recursive)
{
        uint64_t changed = attributes->attr_set | attributes->attr_clr;

        if (r == -ENOSYS)
                in->no_setattr = true;
        else if (r != -EINVAL || !(changed & MOUNT_ATTR_NOSYMFOLLOW))
                return false;
        /* mount(2) changes flags of one mount at a time. */
        return !recursive || changed == 0;
}

int init_set_attributes(struct init *in, int fd, const struct mount_attr *attributes, bool recursive)
{
        int r = -ENOSYS;

        if (!in->no_setattr)
                r = sys_mount_setattr(fd, AT_EMPTY_PATH | (recursive ? (unsigned)AT_RECURSIVE : 0u),
                                      attributes);
        if (init_is_for_mount(in, r, attributes, recursive))
                r = set_by_mount(in, fd, attributes, recursive);
        return r < 0 ? init_fail(in, PLAN_DETAIL_ATTRIBUTES, r) : 0;
}
