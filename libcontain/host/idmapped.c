/* SPDX-License-Identifier: MIT */

/* Why the ids of a file system could not be mapped: the kernel has two errors for a dozen of reasons. */

#include "host/idmapped.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/utsname.h>

#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546 /* linux/magic.h has it since 5.16 */
#endif

static const struct {
        unsigned long magic;
        const char *name;
} known[] = {
        { TMPFS_MAGIC, "tmpfs" },
        { OVERLAYFS_SUPER_MAGIC, "overlay" },
        { NFS_SUPER_MAGIC, "nfs" },
        { FUSE_SUPER_MAGIC, "fuse" },
        { V9FS_MAGIC, "9p" },
        { EXT4_SUPER_MAGIC, "ext4" },
        { XFS_SUPER_MAGIC, "xfs" },
        { BTRFS_SUPER_MAGIC, "btrfs" },
        { PROC_SUPER_MAGIC, "proc" },
        { SYSFS_MAGIC, "sysfs" },
        { CGROUP2_SUPER_MAGIC, "cgroup2" },
        { CGROUP_SUPER_MAGIC, "cgroup" },
};

static void put_type(const char *path, char *ret, size_t size)
{
        struct statfs fs;

        if (statfs(path, &fs) < 0) {
                (void)snprintf(ret, size, "of an unknown type");
                return;
        }
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
                if ((unsigned long)fs.f_type != known[i].magic)
                        continue;
                (void)snprintf(ret, size, "'%s'", known[i].name);
                return;
        }
        (void)snprintf(ret, size, "of type %#lx", (unsigned long)fs.f_type);
}

/* EINVAL: a file system without support in this kernel. */
static void explain_type(contain_error_t **err, const char *type, const char *path)
{
        char name[64], release[32] = "";
        struct utsname kernel;

        if (type)
                (void)snprintf(name, sizeof(name), "'%.40s'", type);
        else
                put_type(path, name, sizeof(name));
        if (uname(&kernel) == 0)
                (void)snprintf(release, sizeof(release), " %.24s", kernel.release);
        ct_error_set_hint(err, "Linux%s cannot map the ids of a file system %s%s", release, name,
                          strcmp(name, "'tmpfs'") == 0 ? ", later ones can (6.3)" : "");
        ct_error_set_cause(err, CONTAIN_CAUSE_KERNEL);
}

void ct_idmapped_explain(contain_error_t **err, int error, const char *type, const char *path)
{
        if (error == EINVAL)
                explain_type(err, type, path);
        else if (error == EPERM)
                ct_error_set_hint(
                        err, "it takes CAP_SYS_ADMIN in the user namespace that the file system was mounted "
                             "in, and ids that are not mapped already");
}
