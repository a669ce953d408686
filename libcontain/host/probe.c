/* SPDX-License-Identifier: MIT */

/*
 * Asks the kernel what it has, by calls that fail in one way when they are there and in another when not.
 * Every command of a CLI runs this: about twenty system calls, and no file read that a call can replace.
 */

#include "host/probe.h"

#include "base/fds.h"
#include "base/sys.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

/* Newer than the oldest headers that we build with. */
#ifndef SECCOMP_FILTER_FLAG_TSYNC_ESRCH
#define SECCOMP_FILTER_FLAG_TSYNC_ESRCH (1UL << 4)
#endif
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#define PIDFD_INFO_FIRST_SIZE 64 /* of struct pidfd_info in Linux 6.13 */
#define CT_PIDFD_GET_INFO     _IOC(_IOC_READ | _IOC_WRITE, 0xff, 11, PIDFD_INFO_FIRST_SIZE)

static bool is_at_least(const struct ct_facts *facts, unsigned major, unsigned minor)
{
        return facts->kernel_major > major || (facts->kernel_major == major && facts->kernel_minor >= minor);
}

static void probe_version(struct ct_facts *facts)
{
        struct utsname name;

        if (uname(&name) < 0 ||
            sscanf(name.release, "%u.%u", &facts->kernel_major, &facts->kernel_minor) != 2)
                facts->kernel_major = facts->kernel_minor = 0;
}

/* --- the caller ----------------------------------------------------------------------------- */

/* Asking the bounding set says EINVAL beyond the last one, and needs no procfs. */
static unsigned last_capability(void)
{
        unsigned last = CAP_CHECKPOINT_RESTORE; /* since Linux 5.9 */

        while (last < 63 && prctl(PR_CAPBSET_READ, last + 1, 0, 0, 0) >= 0)
                last++;
        return last;
}

static uint64_t effective_capabilities(void)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

        memset(data, 0, sizeof data);
        if (syscall(SYS_capget, &header, data) < 0)
                return 0;
        return data[0].effective | (uint64_t)data[1].effective << 32;
}

/* The file is there when the kernel has user namespaces; the first one maps all ids to themselves. */
static void probe_user_namespace(struct ct_facts *facts)
{
        _cleanup_free_ char *text = NULL;
        unsigned long inside, outside, size;

        facts->in_initial_userns = true;
        if (ct_read_file_at(AT_FDCWD, "/proc/self/uid_map", 65536, &text, NULL) < 0)
                return;
        facts->has_user_namespace = true;
        facts->in_initial_userns = sscanf(text, "%lu %lu %lu", &inside, &outside, &size) == 3 &&
                                   inside == 0 && outside == 0 && size == UINT32_MAX;
}

static void probe_groups(struct ct_facts *facts)
{
        _cleanup_free_ char *text = NULL;

        facts->denies_setgroups = ct_read_file_at(AT_FDCWD, "/proc/self/setgroups", 64, &text, NULL) == 0 &&
                                  strncmp(text, "deny", 4) == 0;
}

/*
 * Root of a user namespace may be in the mount namespace of another one ("unshare -U"), which gives no
 * privilege over its mounts. The owner of a namespace can be asked for when it is the caller's or below.
 */
static void probe_mounts(struct ct_facts *facts)
{
        _cleanup_close_ int mounts_fd = -EBADF, owner_fd = -EBADF;
        struct stat owner, own;

        if (facts->in_initial_userns)
                return;
        mounts_fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
        if (mounts_fd < 0)
                return;
        owner_fd = ioctl(mounts_fd, NS_GET_USERNS);
        facts->foreign_mounts = owner_fd < 0 || fstat(owner_fd, &owner) < 0 ||
                                stat("/proc/self/ns/user", &own) < 0 || owner.st_dev != own.st_dev ||
                                owner.st_ino != own.st_ino;
}

/* Fixed places: a setuid program is not to be looked for in the PATH of whoever runs the host. */
static int find_program(const char *name, char **ret)
{
        static const char *const folders[] = { "/usr/bin", "/bin", "/usr/local/bin",
                                               "/run/wrappers/bin" /* NixOS */ };
        size_t i;

        for (i = 0; i < sizeof folders / sizeof folders[0]; i++) {
                char path[64];

                (void)snprintf(path, sizeof path, "%s/%s", folders[i], name);
                if (access(path, X_OK) < 0)
                        continue;
                *ret = strdup(path);
                return *ret ? 0 : -ENOMEM;
        }
        return 0;
}

/* --- the kernel ----------------------------------------------------------------------------- */

/* With a filter at NULL no call succeeds: EFAULT says that the flags were understood. */
static bool knows_seccomp_flags(uint64_t flags)
{
        return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, (unsigned)flags, NULL) < 0 && errno == EFAULT;
}

static void probe_seccomp(struct ct_facts *facts)
{
        static const uint64_t flags[] = {
                SECCOMP_FILTER_FLAG_TSYNC,       SECCOMP_FILTER_FLAG_LOG,
                SECCOMP_FILTER_FLAG_SPEC_ALLOW,  SECCOMP_FILTER_FLAG_NEW_LISTENER,
                SECCOMP_FILTER_FLAG_TSYNC_ESRCH, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
        };
        const size_t n = sizeof flags / sizeof flags[0];
        uint64_t all = 0;
        size_t i;

        for (i = 0; i < n; i++)
                all |= flags[i];
        if (knows_seccomp_flags(all)) { /* recent kernels: one call is enough */
                facts->has_seccomp = true;
                facts->seccomp_flags = all;
                return;
        }
        facts->has_seccomp = knows_seccomp_flags(0);
        for (i = 0; i < n && facts->has_seccomp; i++) {
                uint64_t tried = flags[i];

                /* Means something for a listener only, and is refused without one. */
                if (tried == SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
                        tried |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
                if (knows_seccomp_flags(tried))
                        facts->seccomp_flags |= flags[i];
        }
}

/* The request is there since Linux 6.13, its answer for a process that has ended since 6.15. */
static bool has_pidfd_info(const struct ct_facts *facts)
{
        uint64_t info[PIDFD_INFO_FIRST_SIZE / sizeof(uint64_t)] = { 0 };
        _cleanup_close_ int fd = -EBADF;

        if (!is_at_least(facts, 6, 15))
                return false;
        fd = ct_sys_pidfd_open(getpid(), 0);
        return fd >= 0 && ioctl(fd, CT_PIDFD_GET_INFO, info) == 0;
}

static bool has_apparmor(void)
{
        _cleanup_free_ char *text = NULL;

        return ct_read_file_at(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", 64, &text, NULL) == 0 &&
               text[0] == 'Y';
}

static void probe_kernel(struct ct_facts *facts)
{
        /* Nothing is asked for and there is nothing to do it to: EINVAL, or ENOSYS where it is missing. */
        facts->has_mount_setattr = syscall(SYS_mount_setattr, -1, NULL, 0, NULL, 0) < 0 && errno == EINVAL;
        facts->has_idmapped_mounts = facts->has_mount_setattr;
        facts->has_time_namespace = access("/proc/self/ns/time", F_OK) == 0;
        facts->has_cgroup_namespace = access("/proc/self/ns/cgroup", F_OK) == 0;
        facts->has_pidfd_info = has_pidfd_info(facts);
        facts->has_apparmor = has_apparmor();
        facts->has_selinux = access("/sys/fs/selinux/enforce", F_OK) == 0;
        probe_seccomp(facts);
}

int ct_probe_new(struct ct_probe **ret, contain_error_t **err)
{
        _cleanup_(ct_probe_freep) struct ct_probe *probe = NULL;

        probe = calloc(1, sizeof *probe);
        if (!probe)
                return ct_fail_memory(err);
        if (find_program("newuidmap", &probe->newuidmap) < 0 ||
            find_program("newgidmap", &probe->newgidmap) < 0)
                return ct_fail_memory(err);
        probe_version(&probe->facts);
        probe_kernel(&probe->facts);
        probe_user_namespace(&probe->facts);
        probe_groups(&probe->facts);
        probe_mounts(&probe->facts);
        probe->facts.last_capability = last_capability();
        probe->facts.capabilities = effective_capabilities();
        probe->facts.uid = geteuid();
        probe->facts.gid = getegid();
        probe->facts.newuidmap = probe->newuidmap;
        probe->facts.newgidmap = probe->newgidmap;
        *ret = ct_take(probe);
        return 0;
}

struct ct_probe *ct_probe_free(struct ct_probe *probe)
{
        if (!probe)
                return NULL;
        free(probe->newuidmap);
        free(probe->newgidmap);
        free(probe);
        return NULL;
}
