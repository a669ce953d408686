/* SPDX-License-Identifier: MIT */

/* Plans for the fake kernel: see sample.h. */

#include "sample.h"

#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/sched.h>

#define DEVICE(major, minor) ((uint64_t)(major) << 32 | (minor))
#define CHARACTER            0020000

static const struct sock_filter allow[] = { BPF_STMT(BPF_RET | BPF_K, 0x7fff0000) };
static const uint32_t groups[] = { 5, 6 };

static void add_user(struct build *b)
{
        STEP(b, .op = STEP_UMASK, .n = { 022 });
        STEP(b, .op = STEP_BOUNDING, .n = { ~UINT64_C(6) });
        STEP(b, .op = STEP_IDENTITY, .n = { 1000, 1001, 1 }, .blob = groups, .blob_size = sizeof(groups));
        STEP(b, .op = STEP_CWD, .s = { "/work" });
        STEP(b, .op = STEP_CAPABILITIES, .n = { 1, 3, 1, 1 });
        STEP(b, .op = STEP_NO_NEW_PRIVS);
}

static void add_exec(struct build *b)
{
        STEP_TABLE(b, LIST("sh", "-c", "true", "A=b"), .op = STEP_EXEC, .at = "/process/args",
                   .s = { "/bin/sh", "/bin" }, .n = { 3, 1, 1 });
}

static void add_root(struct build *b, int rootfs)
{
        STEP(b, .op = STEP_PROPAGATE, .n = { MS_REC | MS_SLAVE });
        STEP(b, .op = STEP_ROOTFS, .slot = rootfs, .n = { 1, 1 });
        STEP(b, .op = STEP_FS, .s = { "proc", "proc" }, .n = { MOUNT_ATTR_NOSUID });
        STEP(b, .op = STEP_ATTACH, .s = { "/proc" }, .n = { PLAN_ATTACH_REAL_DIR });
        STEP_TABLE(b, LIST("mode=755", "noswap"), .op = STEP_FS, .s = { "tmpfs", "tmpfs" },
                   .n = { 0, MS_RDONLY });
        STEP(b, .op = STEP_ATTACH, .s = { "/dev" });
}

void sample_container(struct build *b)
{
        int rootfs, stdio[3], start;

        build_begin(b, 0);
        rootfs = build_slot(b, PLAN_SLOT_ROOTFS, 0);
        for (int i = 0; i < 3; i++)
                stdio[i] = build_slot(b, PLAN_SLOT_STDIO, (uint64_t)i);
        start = build_slot(b, PLAN_SLOT_START, 0);

        STEP(b, .op = STEP_HIDE);
        STEP(b, .op = STEP_CGROUP, .s = { "/x" });
        STEP(b, .op = STEP_UNSHARE, .n = { CLONE_NEWCGROUP });
        STEP(b, .op = STEP_LOOPBACK);
        STEP(b, .op = STEP_HOSTNAME, .s = { "name" });
        add_root(b, rootfs);
        STEP(b, .op = STEP_TREE, .s = { "/host/data" }, .n = { 1 });
        STEP(b, .op = STEP_ATTR, .n = { MOUNT_ATTR_RDONLY, 0, MS_SLAVE, 1 });
        STEP(b, .op = STEP_ATTACH, .s = { "/data" });
        STEP(b, .op = STEP_MKNOD, .s = { "/dev/null" }, .n = { CHARACTER | 0666, DEVICE(1, 3), 0, 0 });
        STEP(b, .op = STEP_MKNOD, .s = { "/dev/zero" }, .n = { CHARACTER | 0666, DEVICE(1, 5), 0, 5 });
        STEP(b, .op = STEP_SYMLINK, .s = { "/dev/fd", "/proc/self/fd" });
        STEP(b, .op = STEP_PIVOT, .n = { PLAN_PIVOT_ROOT });
        STEP(b, .op = STEP_SYSCTL, .s = { "net/ipv4/ip_forward", "1" });
        STEP(b, .op = STEP_READ_ONLY, .s = { "/proc/sys" });
        STEP(b, .op = STEP_MASK, .s = { "/proc/kcore" });
        STEP(b, .op = STEP_MASK, .s = { "/proc/keys" });
        STEP(b, .op = STEP_MASK, .s = { "/proc/scsi" });
        STEP(b, .op = STEP_ROOT_ATTR, .n = { MOUNT_ATTR_RDONLY });
        STEP(b, .op = STEP_FIND_PROGRAM, .s = { "/bin/sh", "/bin", "/work" });
        STEP(b, .op = STEP_RLIMIT, .s = { "RLIMIT_CORE" }, .n = { 4, 0, 0 });
        STEP(b, .op = STEP_READY);
        STEP(b, .op = STEP_START_WAIT, .slot = start);
        for (int i = 0; i < 3; i++)
                STEP(b, .op = STEP_STDIO, .slot = stdio[i], .n = { (uint64_t)i });
        STEP(b, .op = STEP_KEYRING, .s = { "x" });
        STEP(b, .op = STEP_LABEL, .s = { "exec", "label" });
        add_user(b);
        STEP(b, .op = STEP_SECCOMP, .n = { 2 }, .blob = allow, .blob_size = sizeof(allow));
        add_exec(b);
}

static void add_limits(struct build *b)
{
        const uint64_t scheduler[] = { 3, 0, 5, 0, 0, 0, 0 }, nodes[] = { 1 };

        STEP(b, .op = STEP_PERSONALITY, .n = { 8 });
        STEP(b, .op = STEP_SCHEDULER, .blob = scheduler, .blob_size = sizeof(scheduler));
        STEP(b, .op = STEP_IO_PRIORITY, .n = { 2, 4 });
        STEP(b, .op = STEP_MEMORY_POLICY, .n = { 2, 1 }, .blob = nodes, .blob_size = sizeof(nodes));
}

static void add_joins(struct build *b)
{
        int net = build_slot(b, PLAN_SLOT_NAMESPACE, CLONE_NEWNET);

        STEP(b, .op = STEP_JOIN, .slot = net, .n = { CLONE_NEWNET, PLAN_JOIN_TRY });
        STEP(b, .op = STEP_UNSHARE, .n = { CLONE_NEWUSER });
        STEP(b, .op = STEP_ID_MAPS, .s = { "0 1 1\n", "0 1 1\n" });
        STEP(b, .op = STEP_ROOT_IDS, .n = { 0, 0 });
        STEP(b, .op = STEP_JOIN, .slot = net, .n = { CLONE_NEWNET, PLAN_JOIN_RETRY });
        STEP(b, .op = STEP_UNSHARE, .n = { CLONE_NEWNS });
        STEP(b, .op = STEP_HIDE);
        STEP(b, .op = STEP_UNSHARE, .n = { CLONE_NEWTIME });
        STEP(b, .op = STEP_TIME_OFFSETS, .s = { "boottime 1 0\n" });
        STEP(b, .op = STEP_ENTER_TIME);
        STEP(b, .op = STEP_DOMAINNAME, .s = { "name" });
}

void sample_unusual(struct build *b)
{
        int start, notify, extra, userns;

        build_begin(b, PLAN_FLAG_USERNS);
        b->header.state_creating[0] = build_text(b, "{\"pid\":");
        b->header.state_creating[1] = build_text(b, "}");
        add_joins(b);
        userns = build_slot(b, PLAN_SLOT_USERNS, 0);
        STEP(b, .op = STEP_PROPAGATE, .n = { MS_REC | MS_PRIVATE });
        STEP(b, .op = STEP_ROOTFS, .s = { "/images/root" }, .n = { 0, 1 });
        STEP(b, .op = STEP_TREE, .s = { "/host/data" });
        STEP(b, .op = STEP_IDMAP, .slot = userns, .n = { 1 });
        STEP(b, .op = STEP_ATTACH, .s = { "/data" }, .n = { PLAN_ATTACH_KEEP });
        STEP(b, .op = STEP_FS, .s = { "tmpfs" });
        STEP(b, .op = STEP_COPY_UP, .s = { "/etc" });
        STEP(b, .op = STEP_ATTACH, .s = { "/etc" });
        STEP_TABLE(b, LIST("size=2m"), .op = STEP_REMOUNT, .s = { "/etc" },
                   .n = { MOUNT_ATTR_NODEV, 0, MS_RDONLY, MS_SYNCHRONOUS });
        STEP(b, .op = STEP_TARGET_ATTR, .s = { "/etc" }, .n = { 0, 0, MS_SHARED, 1 });
        STEP(b, .op = STEP_MKDIR, .s = { "/work" });
        STEP(b, .op = STEP_CONSOLE, .s = { "/dev/pts" }, .n = { 24, 80, 1000 });
        STEP_TABLE(b, LIST("hook", "arg", "A=b"), .op = STEP_HOOK, .s = { "/bin/hook", "createContainer" },
                   .n = { 2, 1, 5, 0 });
        STEP(b, .op = STEP_NET_SOCKET);
        STEP(b, .op = STEP_NET_DEVICE, .s = { "eth0", "net%d" });
        STEP(b, .op = STEP_PIVOT, .n = { PLAN_PIVOT_ROOT });
        start = build_slot(b, PLAN_SLOT_START, 0);
        STEP(b, .op = STEP_READY);
        STEP(b, .op = STEP_START_WAIT, .slot = start);
        STEP(b, .op = STEP_STDIO_CONSOLE);
        extra = build_slot(b, PLAN_SLOT_EXTRA, 0);
        STEP(b, .op = STEP_EXTRA_FD, .slot = extra, .n = { 3 });
        add_limits(b);
        notify = build_slot(b, PLAN_SLOT_SECCOMP, 0);
        add_user(b);
        STEP(b, .op = STEP_SECCOMP, .slot = notify, .s = { "{", ",", "}" }, .blob = allow,
             .blob_size = sizeof(allow));
        add_exec(b);
}

void sample_become(struct build *b)
{
        int rootfs;

        build_begin(b, PLAN_FLAG_BECOME | PLAN_FLAG_USERNS);
        rootfs = build_slot(b, PLAN_SLOT_ROOTFS, 0);
        STEP(b, .op = STEP_UNSHARE, .n = { CLONE_NEWUSER });
        STEP(b, .op = STEP_ID_MAPS, .s = { "0 1 1\n", "0 1 1\n" });
        STEP(b, .op = STEP_ROOT_IDS, .n = { 0, 0 });
        STEP(b, .op = STEP_UNSHARE, .n = { CLONE_NEWNS });
        STEP(b, .op = STEP_HIDE);
        add_root(b, rootfs);
        STEP(b, .op = STEP_PIVOT, .n = { PLAN_PIVOT_MOVE });
        STEP(b, .op = STEP_RLIMIT, .s = { "RLIMIT_CORE" }, .n = { 4, 0, 7 });
        STEP(b, .op = STEP_OOM_SCORE, .s = { "500" });
        add_user(b);
        add_exec(b);
}
