/* SPDX-License-Identifier: MIT */

/*
 * Descriptors for a plan's slots. Trees are cloned detached: nothing of this shows in the host's mount table.
 * They are cloned here, not inside, because only a clone of the host's own mount keeps its propagation, and
 * because the container's user may not be allowed to reach the path.
 */

#include "host/slots.h"

#include "base/fds.h"
#include "base/sys.h"
#include "host/console.h"
#include "host/idmap.h"
#include "host/idmapped.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef MOUNT_ATTR_IDMAP
#define MOUNT_ATTR_IDMAP 0x00100000
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

#define TREE_FLAGS (OPEN_TREE_CLONE | O_CLOEXEC)

const uint64_t ct_namespace_types[CT_NAMESPACES] = { CLONE_NEWPID,    CLONE_NEWNET, CLONE_NEWNS,
                                                     CLONE_NEWIPC,    CLONE_NEWUTS, CLONE_NEWUSER,
                                                     CLONE_NEWCGROUP, CLONE_NEWTIME };

static const char *const namespace_names[CT_NAMESPACES] = { "pid", "network", "mount",  "ipc",
                                                            "uts", "user",    "cgroup", "time" };

const char *ct_namespace_name(uint64_t type)
{
        for (size_t i = 0; i < CT_NAMESPACES; i++)
                if (ct_namespace_types[i] == type)
                        return namespace_names[i];
        return NULL;
}

void ct_slots_done(struct ct_slots *slots)
{
        for (size_t i = 0; i < slots->n; i++)
                ct_close(slots->fds[i]);
        free(slots->fds);
        *slots = (struct ct_slots){ 0 };
}

int ct_tree_clone(int given, bool recursive)
{
        int fd = ct_sys_open_tree(given, "", TREE_FLAGS | AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0u));

        /* A detached mount cannot be cloned before Linux 6.15; it is as good as a clone. */
        return fd == -EINVAL ? ct_dup(given) : fd;
}

int ct_rootfs_open(const char *path, const char *at, int given, contain_error_t **err)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        fd = given >= 0 ? ct_tree_clone(given, true)
                        : ct_sys_open_tree(AT_FDCWD, path, TREE_FLAGS | AT_RECURSIVE);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_ROOTFS, -fd, at, "cannot use '%s' as the root file system",
                               path);
        if (fstat(fd, &st) < 0)
                return ct_fail(err, CONTAIN_E_ROOTFS, errno, at, "cannot use '%s' as the root file system",
                               path);
        if (!S_ISDIR(st.st_mode))
                return ct_fail(err, CONTAIN_E_ROOTFS, ENOTDIR, at,
                               "the root file system '%s' is not a folder", path);
        return ct_take_fd(&fd);
}

static int open_tree(const char *path, bool recursive, const char *at, contain_error_t **err)
{
        int fd = ct_sys_open_tree(AT_FDCWD, path, TREE_FLAGS | (recursive ? AT_RECURSIVE : 0u));

        if (fd < 0)
                return ct_fail(err, CONTAIN_E_MOUNT, -fd, at, "cannot bind '%s'", path);
        return fd;
}

/*
 * The files of the root itself: what is mounted below shows with the ids that it has. Mapped while it is
 * detached and new: the kernel allows it at no other time.
 */
static int open_rootfs(const struct ct_plan *plan, const struct plan_slot *slot, const struct ct_slots *slots,
                       int given, contain_error_t **err)
{
        const char *path = ct_plan_string(plan, slot->path), *at = ct_plan_string(plan, slot->at);
        _cleanup_close_ int fd = ct_rootfs_open(path, at, given, err);
        int r;

        if (fd < 0 || slot->number == 0)
                return ct_take_fd(&fd);
        if (slot->number > slots->n)
                return ct_fail(err, CONTAIN_E_SYSTEM, EBADMSG, at,
                               "the plan maps ids by a slot that is not open");
        r = ct_sys_mount_setattr(fd, "", AT_EMPTY_PATH, MOUNT_ATTR_IDMAP, 0, 0, slots->fds[slot->number - 1]);
        if (r < 0) {
                (void)ct_fail(err, CONTAIN_E_ROOTFS, -r, at,
                              "cannot map the ids of the root file system '%s'", path);
                ct_idmapped_explain(err, -r, NULL, path);
                return r;
        }
        return ct_take_fd(&fd);
}

/* The same. */
static int open_mapped_tree(const struct ct_plan *plan, const struct plan_slot *slot,
                            const struct ct_slots *slots, contain_error_t **err)
{
        const char *path = ct_plan_string(plan, slot->path), *at = ct_plan_string(plan, slot->at);
        uint64_t number = slot->number >> PLAN_MAPPED_SLOT;
        _cleanup_close_ int fd = -EBADF;
        unsigned flags = AT_EMPTY_PATH;
        int r;

        if (number >= slots->n)
                return ct_fail(err, CONTAIN_E_SYSTEM, EBADMSG, at,
                               "the plan maps ids by a slot that is not open");
        fd = open_tree(path, (slot->number & PLAN_MAPPED_TREE_RECURSIVE) != 0, at, err);
        if (fd < 0)
                return fd;
        if (slot->number & PLAN_MAPPED_IDS_RECURSIVE)
                flags |= AT_RECURSIVE;
        r = ct_sys_mount_setattr(fd, "", flags, MOUNT_ATTR_IDMAP, 0, 0, slots->fds[number]);
        if (r < 0) {
                (void)ct_fail(err, CONTAIN_E_MOUNT, -r, at, "cannot map the ids of '%s'", path);
                ct_idmapped_explain(err, -r, NULL, path);
                return r;
        }
        return ct_take_fd(&fd);
}

/* @path is for people when @fd is one that was given. */
static int check_namespace(int fd, const char *path, uint64_t type, const char *at, contain_error_t **err)
{
        int found;

        if (fd < 0)
                return ct_fail(err, CONTAIN_E_NAMESPACE, -fd, at, "cannot open the %s namespace '%s'",
                               ct_namespace_name(type), path);
        found = ioctl(fd, NS_GET_NSTYPE);
        if (found < 0 || (uint64_t)found != type)
                return ct_fail(err, CONTAIN_E_NAMESPACE, EINVAL, at, "'%s' is not a %s namespace", path,
                               ct_namespace_name(type));
        return 0;
}

int ct_namespace_open(const char *path, uint64_t type, const char *at, contain_error_t **err)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        int r = check_namespace(fd < 0 ? -errno : fd, path, type, at, err);

        return r < 0 ? r : ct_take_fd(&fd);
}

static int open_namespace(const char *path, uint64_t type, const char *at,
                          const struct ct_slot_sources *sources, contain_error_t **err)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        for (size_t i = 0; i < CT_NAMESPACES; i++)
                if (ct_namespace_types[i] == type && sources->namespace_fds[i] >= 0)
                        fd = ct_dup(sources->namespace_fds[i]);
        if (fd == -EBADF)
                return ct_namespace_open(path, type, at, err);
        r = check_namespace(fd, path, type, at, err);
        return r < 0 ? r : ct_take_fd(&fd);
}

int ct_stdio_open(int given, int number, contain_error_t **err)
{
        int flags = given >= 0 ? 0 : fcntl(number, F_GETFD);
        int fd = -EBADF;

        /*
         * A host may have closed its own; then some other descriptor, the library's or the host's, may have
         * come to that number. Those are close-on-exec, which nobody sets on a stream that is meant to be
         * passed on.
         */
        if (flags >= 0 && !(flags & FD_CLOEXEC))
                fd = ct_dup(given >= 0 ? given : number);
        else
                fd = open("/dev/null", number == 0 ? O_RDONLY | O_CLOEXEC : O_WRONLY | O_CLOEXEC);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, errno, NULL, "cannot pass standard stream %d on",
                               number);
        return fd;
}

static int open_userns(const struct ct_plan *plan, const struct plan_slot *slot,
                       const struct ct_slot_sources *sources, contain_error_t **err)
{
        struct ct_idmap map = {
                .uid_map = ct_plan_string(plan, slot->path),
                .gid_map = ct_plan_string(plan, slot->path2),
                .at = ct_plan_string(plan, slot->at),
        };

        return ct_idmap_userns(&map, sources->program_fd, sources->facts, err);
}

static int open_seccomp(const char *path, const char *at, int given, contain_error_t **err)
{
        int fd = given >= 0 ? ct_dup(given) : ct_connect_unix(path, SOCK_STREAM, 5000);

        if (fd < 0)
                return ct_fail(err, CONTAIN_E_SECCOMP, -fd, at, "cannot connect to the seccomp agent at '%s'",
                               path);
        return fd;
}

static int open_slot(const struct ct_plan *plan, const struct plan_slot *slot, const struct ct_slots *slots,
                     const struct ct_slot_sources *sources, contain_error_t **err)
{
        const char *path = ct_plan_string(plan, slot->path), *at = ct_plan_string(plan, slot->at);
        int fd = -EBADF;

        switch (slot->kind) {
        case PLAN_SLOT_ROOTFS:
                return open_rootfs(plan, slot, slots, sources->rootfs_fd, err);
        case PLAN_SLOT_TREE:
                return open_tree(path, slot->number != 0, at, err);
        case PLAN_SLOT_MAPPED_TREE:
                return open_mapped_tree(plan, slot, slots, err);
        case PLAN_SLOT_NAMESPACE:
                return open_namespace(path, slot->number, at, sources, err);
        case PLAN_SLOT_USERNS:
                return open_userns(plan, slot, sources, err);
        case PLAN_SLOT_STDIO:
                return ct_stdio_open(sources->stdio[slot->number], (int)slot->number, err);
        case PLAN_SLOT_EXTRA:
                if (slot->number < sources->n_extra_fds)
                        fd = ct_dup(sources->extra_fds[slot->number]);
                break;
        case PLAN_SLOT_START:
                fd = ct_dup(sources->start_fd);
                break;
        case PLAN_SLOT_ROOT:
                fd = ct_dup(sources->root_fd);
                break;
        case PLAN_SLOT_SECCOMP:
                return open_seccomp(path, at, sources->seccomp_fd, err);
        default:
                break;
        }
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, -fd, at,
                               "a descriptor that the plan needs is not open");
        return fd;
}

int ct_slots_open(const struct ct_plan *plan, const struct ct_slot_sources *sources, struct ct_slots *ret,
                  contain_error_t **err)
{
        _cleanup_(ct_slots_done) struct ct_slots slots = { 0 };
        size_t n = ct_plan_header(plan)->n_slots;

        slots.fds = calloc(n + 1, sizeof(*slots.fds));
        if (!slots.fds)
                return ct_fail_memory(err);
        for (; slots.n < n; slots.n++) {
                int fd = open_slot(plan, ct_plan_slot(plan, slots.n), &slots, sources, err);

                if (fd < 0)
                        return fd;
                slots.fds[slots.n] = fd;
        }
        *ret = slots;
        slots = (struct ct_slots){ 0 };
        return 0;
}
