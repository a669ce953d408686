/* SPDX-License-Identifier: MIT */

/* The floor's child: the default configuration's namespaces, mounts, devices, masks and limits, then execve.
 */

#include "floor.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define CHECK(call)                                                                                          \
        do {                                                                                                 \
                if ((call) < 0)                                                                              \
                        return __LINE__;                                                                     \
        } while (0)

#define SAFE (MS_NOSUID | MS_NOEXEC | MS_NODEV)

static const char *const masked_files[] = {
        "proc/acpi",       "proc/asound",      "proc/kcore",       "proc/keys",    "proc/latency_stats",
        "proc/timer_list", "proc/timer_stats", "proc/sched_debug", "sys/firmware", "proc/scsi",
};
static const char *const readonly_paths[] = { "proc/bus", "proc/fs", "proc/irq", "proc/sys",
                                              "proc/sysrq-trigger" };

static int loopback_up(void)
{
        struct ifreq request = { .ifr_name = "lo" };
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        CHECK(fd);
        request.ifr_flags = IFF_UP | IFF_RUNNING;
        CHECK(ioctl(fd, SIOCSIFFLAGS, &request));
        close(fd);
        return 0;
}

static int cgroup_mounts(const struct floor_cgroups *cgroups)
{
        char path[256];

        if (cgroups->n == 1 && cgroups->items[0].v2) {
                CHECK(mount("cgroup", "sys/fs/cgroup", "cgroup2", SAFE | MS_RDONLY, NULL));
                return 0;
        }
        CHECK(mount("tmpfs", "sys/fs/cgroup", "tmpfs", SAFE, "mode=755"));
        for (size_t i = 0; i < cgroups->n; i++) {
                const struct floor_hierarchy *h = &cgroups->items[i];

                snprintf(path, sizeof(path), "sys/fs/cgroup/%s", h->name);
                CHECK(mkdir(path, 0755));
                CHECK(mount("cgroup", path, h->v2 ? "cgroup2" : "cgroup", SAFE | MS_RDONLY,
                            h->v2 ? NULL : h->options));
        }
        CHECK(mount(NULL, "sys/fs/cgroup", NULL, MS_REMOUNT | MS_BIND | SAFE | MS_RDONLY, NULL));
        return 0;
}

static int mounts(const struct floor_cgroups *cgroups)
{
        CHECK(mount("proc", "proc", "proc", 0, NULL));
        CHECK(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k"));
        CHECK(mkdir("dev/pts", 0755));
        CHECK(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
                    "newinstance,ptmxmode=0666,mode=0620,gid=5"));
        CHECK(mkdir("dev/shm", 0755));
        CHECK(mount("shm", "dev/shm", "tmpfs", SAFE, "mode=1777,size=65536k"));
        CHECK(mkdir("dev/mqueue", 0755));
        CHECK(mount("mqueue", "dev/mqueue", "mqueue", SAFE, NULL));
        CHECK(mount("sysfs", "sys", "sysfs", SAFE | MS_RDONLY, NULL));
        return cgroup_mounts(cgroups);
}

static int devices(void)
{
        static const struct {
                const char *path;
                unsigned major, minor;
        } nodes[] = {
                { "dev/null", 1, 3 },   { "dev/zero", 1, 5 },    { "dev/full", 1, 7 },
                { "dev/random", 1, 8 }, { "dev/urandom", 1, 9 }, { "dev/tty", 5, 0 },
        };
        static const char *const links[][2] = {
                { "/proc/self/fd", "dev/fd" },       { "/proc/self/fd/0", "dev/stdin" },
                { "/proc/self/fd/1", "dev/stdout" }, { "/proc/self/fd/2", "dev/stderr" },
                { "/proc/kcore", "dev/core" },       { "pts/ptmx", "dev/ptmx" },
        };

        umask(0);
        for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
                CHECK(mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)));
        for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
                CHECK(symlink(links[i][0], links[i][1]));
        umask(022);
        return 0;
}

static int pivot(void)
{
        CHECK(syscall(SYS_pivot_root, ".", "."));
        CHECK(umount2(".", MNT_DETACH));
        CHECK(chdir("/"));
        return 0;
}

/* Absent paths are passed over. */
static int masks(void)
{
        for (size_t i = 0; i < sizeof(readonly_paths) / sizeof(readonly_paths[0]); i++) {
                if (mount(readonly_paths[i], readonly_paths[i], NULL, MS_BIND | MS_REC, NULL) < 0)
                        continue;
                CHECK(mount(NULL, readonly_paths[i], NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
        }
        for (size_t i = 0; i < sizeof(masked_files) / sizeof(masked_files[0]); i++) {
                struct stat st;

                if (stat(masked_files[i], &st) < 0)
                        continue;
                if (S_ISDIR(st.st_mode))
                        CHECK(mount("tmpfs", masked_files[i], "tmpfs", MS_RDONLY, "nr_inodes=2,size=0k"));
                else
                        CHECK(mount("dev/null", masked_files[i], NULL, MS_BIND, NULL));
        }
        CHECK(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
        return 0;
}

static int privileges(void)
{
        const unsigned long long keep =
                1ull << CAP_AUDIT_WRITE | 1ull << CAP_KILL | 1ull << CAP_NET_BIND_SERVICE;
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[2] = { { .effective = (unsigned)keep,
                                                    .permitted = (unsigned)keep } };

        for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
                if (!(keep >> cap & 1))
                        CHECK(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0));
        CHECK(syscall(SYS_setgroups, 0, NULL));
        CHECK(syscall(SYS_setresgid, 0, 0, 0));
        CHECK(syscall(SYS_setresuid, 0, 0, 0));
        CHECK(syscall(SYS_capset, &header, data));
        CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
        return 0;
}

int floor_inside(const char *rootfs, const struct floor_cgroups *cgroups, char **argv)
{
        static char *const environment[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                                             (char *)"TERM=xterm", NULL };
        const struct rlimit files = { 1024, 1024 };
        int r;

        CHECK(setsid());
        CHECK(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
        CHECK(floor_cgroups_enter(cgroups));
        CHECK(unshare(CLONE_NEWCGROUP));
        r = loopback_up();
        if (r)
                return r;
        CHECK(sethostname("floor", 5));
        CHECK(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL));
        CHECK(mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL));
        CHECK(chdir(rootfs));
        r = mounts(cgroups);
        r = r ? r : devices();
        r = r ? r : pivot();
        r = r ? r : masks();
        if (r)
                return r;
        CHECK(setrlimit(RLIMIT_NOFILE, &files));
        CHECK(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "floor"));
        r = privileges();
        if (r)
                return r;
        CHECK(syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC));
        execve(argv[0], argv, environment);
        return __LINE__;
}
