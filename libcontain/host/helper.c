/* SPDX-License-Identifier: MIT */

/*
 * The programs that the library brings along, as descriptors that can be executed and that nobody can write
 * to: not even a container that gets hold of contain-init as /proc/1/exe. A sealed memfd; where policy
 * forbids to execute those (vm.memfd_noexec), the installed copy, over a detached mount that is read-only and
 * that no path leads to.
 */

#include "host/spawn.h"

#include "base/cleanup.h"
#include "base/fds.h"
#include "base/sys.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef MOUNT_ATTR_RDONLY
#define MOUNT_ATTR_RDONLY 0x00000001
#endif

/* Above everything that a child renumbers. */
#define LOW_FDS (3 + CT_SPAWN_EXTRA_FDS)

extern const unsigned char ct_init_program[];
extern const size_t ct_init_program_size;

static int move_up(int fd)
{
        int high = fcntl(fd, F_DUPFD_CLOEXEC, LOW_FDS);

        return high < 0 ? -errno : high;
}

static int make_memfd(const char *name, const void *bytes, size_t size)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
        if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
                fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (fd < 0)
                return -errno;
        r = ct_write_all(fd, bytes, size);
        if (r < 0)
                return r;
        if (fchmod(fd, 0500) < 0)
                return -errno;
        if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
                return -errno;
        return move_up(fd);
}

/* Only what root, or the caller, put there, and nobody else can change. */
static int check_installed(int fd)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode) || (st.st_mode & 022) || (st.st_uid != 0 && st.st_uid != geteuid()))
                return -EACCES;
        return 0;
}

/* Without the privilege to mount: what is root's, the caller and its containers cannot write to anyway. */
static int open_of_root(const char *path)
{
        _cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode) || (st.st_mode & 022) || st.st_uid != 0 || geteuid() == 0)
                return -EPERM;
        return move_up(fd);
}

static int open_installed(const char *path)
{
        _cleanup_close_ int fd = ct_sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | O_CLOEXEC);
        int r;

        if (fd == -EPERM)
                return open_of_root(path);
        if (fd < 0)
                return fd;
        r = check_installed(fd);
        if (r == 0)
                r = ct_sys_mount_setattr(fd, "", AT_EMPTY_PATH, MOUNT_ATTR_RDONLY, 0, 0, -1);
        return r < 0 ? r : move_up(fd);
}

int ct_spawn_embedded_fd(const char *name, const void *bytes, size_t size, const char *installed)
{
        int fd = make_memfd(name, bytes, size);

        return fd == -EACCES && installed ? open_installed(installed) : fd;
}

int ct_spawn_program_fd(const char *installed)
{
        return ct_spawn_embedded_fd("contain-init", ct_init_program, ct_init_program_size, installed);
}
