/* SPDX-License-Identifier: MIT */
#ifndef CT_INIT_KERNEL_H
#define CT_INIT_KERNEL_H

/*
 * The kernel's interface, without a C library's: its headers, what those leave to a C library, and
 * what the oldest of them that we build with (Linux 5.15) do not have yet.
 */

#include <stddef.h>
#include <stdint.h>

#include <asm/errno.h>
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/signal.h>
#include <asm/socket.h>
#include <asm/statfs.h>
#include <asm/termios.h>
#include <asm/unistd.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/fcntl.h>
#include <linux/filter.h>
#include <linux/ioprio.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <linux/memfd.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <linux/stat.h>
#include <linux/time_types.h>
#include <linux/wait.h>

/* --- left to the C library ------------------------------------------------------------------ */

#define PATH_SIZE 4096 /* of a path with its NUL; the kernel takes no longer one */

#ifndef SEEK_SET
#define SEEK_SET 0
#endif
#define SEEK_END        2
#define UMOUNT_LAZY     2 /* MNT_DETACH */
#define UMOUNT_NOFOLLOW 8
#define MODE_ACCESS     07777

/* <linux/stat.h> keeps these back from programs with glibc. */
#ifndef S_IFMT
#define S_IFMT     0170000
#define S_IFSOCK   0140000
#define S_IFLNK    0120000
#define S_IFREG    0100000
#define S_IFBLK    0060000
#define S_IFDIR    0040000
#define S_IFCHR    0020000
#define S_IFIFO    0010000
#define S_ISREG(m) (((m)&S_IFMT) == S_IFREG)
#define S_ISDIR(m) (((m)&S_IFMT) == S_IFDIR)
#define S_ISCHR(m) (((m)&S_IFMT) == S_IFCHR)
#endif

#define SOCKET_UNIX    1
#define SOCKET_NETLINK 16
#define SOCKET_RAW     3
#define SOCKET_DGRAM   2
#if defined(__mips__)
#undef SOCKET_DGRAM
#define SOCKET_DGRAM 1
#endif
#define RIGHTS       1          /* SCM_RIGHTS */
#define SEND_QUIET   0x4000     /* MSG_NOSIGNAL */
#define RECV_CLOEXEC 0x40000000 /* MSG_CMSG_CLOEXEC */
#define RECV_CUT     0x8        /* MSG_CTRUNC */
#define AT_ONCE      0x40       /* MSG_DONTWAIT */

struct kernel_iovec {
        void *base;
        size_t size;
};

struct kernel_msghdr {
        void *name;
        int name_size;
        struct kernel_iovec *iov;
        size_t n_iov;
        void *control;
        size_t control_size;
        unsigned flags;
};

struct kernel_cmsghdr {
        size_t size;
        int level;
        int type;
};

struct kernel_dirent {
        uint64_t inode;
        int64_t offset;
        uint16_t size;
        uint8_t type;
        char name[];
};

struct kernel_pollfd {
        int fd;
        short events;
        short revents;
};

struct kernel_ifreq {
        char name[16];
        union {
                short flags;
                char size[24];
        } u;
};

#define INTERFACE_UP 1

/* struct sigaction: a handler, flags, perhaps a restorer, a mask. All zero is SIG_DFL in any layout. */
struct kernel_sigaction {
        unsigned long words[8];
};

/* 32-bit CPUs have a second struct, whose numbers are large enough. */
#ifdef __NR_fstatfs64
#define kernel_statfs statfs64
#else
#define kernel_statfs statfs
#endif

#if defined(__mips__)
#define SIGNALS 128
#else
#define SIGNALS 64
#endif
#define SIGSET_SIZE (SIGNALS / 8)

struct kernel_rlimit {
        uint64_t soft, hard;
};

/* What mknod(2) takes. */
static inline uint32_t kernel_device(uint32_t major, uint32_t minor)
{
        return (minor & 0xff) | (major << 8) | ((minor & ~0xffu) << 12);
}

/* --- newer than Linux 5.15 ------------------------------------------------------------------ */

#ifndef DEVPTS_SUPER_MAGIC
#define DEVPTS_SUPER_MAGIC 0x1cd1
#endif
#ifndef PROC_SUPER_MAGIC
#define PROC_SUPER_MAGIC 0x9fa0
#endif
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif
#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif
#ifndef SECCOMP_FILTER_FLAG_TSYNC_ESRCH
#define SECCOMP_FILTER_FLAG_TSYNC_ESRCH (1UL << 4)
#endif

#endif
