/* SPDX-License-Identifier: MIT */

/*
 * Mounts and unmounts in a container that is there. contain-init does it, in the container's mount and user
 * namespaces and outside of its cgroup, where the container can neither see nor stop it. What it walks
 * through may be a file system that never answers: the host waits for a while only.
 */

#include "ops/handle.h"

#include "base/fds.h"
#include "base/sys.h"
#include "host/converse.h"
#include "host/entry.h"
#include "host/idmapped.h"
#include "ops/talk.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef MOUNT_ATTR_IDMAP
#define MOUNT_ATTR_IDMAP 0x00100000
#endif
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

struct mounting {
        struct contain *c;
        struct ct_later_mount mount;
        char source[PATH_MAX]; /* what mount.source points to */
        int tree_fd;

        struct ct_entry entry;
        struct ct_arena *arena;
        struct ct_spec *spec;
        struct ct_plan *plan;
        struct ct_slots slots;
        struct ct_child child;
        int socket_fd, init_fd;
};

#define MOUNTING_INIT(container, ...)                                                                        \
        {                                                                                                    \
                .c = (container), .mount = { __VA_ARGS__ }, .tree_fd = -EBADF, .entry = CT_ENTRY_INIT,       \
                .child = { .pidfd = -EBADF }, .socket_fd = -EBADF, .init_fd = -EBADF                         \
        }

static void mounting_done(struct mounting *mounting)
{
        ct_close(mounting->socket_fd);
        ct_close(mounting->init_fd);
        ct_child_reap(&mounting->child);
        ct_slots_done(&mounting->slots);
        ct_plan_free(mounting->plan);
        ct_arena_free(mounting->arena);
        ct_entry_done(&mounting->entry);
        ct_close(mounting->tree_fd);
}

static int not_running(const struct contain *c, contain_error_t **err)
{
        return ct_fail(err, CONTAIN_E_NOT_RUNNING, ESRCH, NULL, "container '%s' is not running", c->id);
}

/* --- the container -------------------------------------------------------------------------- */

static int read_config(struct mounting *mounting, contain_error_t **err)
{
        _cleanup_free_ char *config = NULL;
        size_t size;
        int r;

        mounting->arena = ct_arena_new();
        if (!mounting->arena)
                return ct_fail_memory(err);
        r = ct_op_config(mounting->c, &config, &size, err);
        return r < 0 ? r : ct_spec_parse(mounting->arena, config, size, &mounting->spec, err);
}

static int look_at_container(struct mounting *mounting, contain_error_t **err)
{
        struct contain *c = mounting->c;
        int status, r;

        /* Opened while it was being made. */
        if (c->opened && c->child.pidfd < 0) {
                r = ct_op_open(c, err);
                if (r < 0)
                        return r;
        }
        status = ct_op_status(c, err);
        if (status < 0)
                return status;
        if (status != CONTAIN_STATUS_CREATED && status != CONTAIN_STATUS_RUNNING &&
            status != CONTAIN_STATUS_PAUSED)
                return not_running(c, err);
        r = read_config(mounting, err);
        if (r == 0)
                r = ct_entry_open(&c->child, &mounting->entry, err);
        if (r == -ESRCH)
                return not_running(c, err);
        if (r == 0 && !(mounting->entry.types & CLONE_NEWNS))
                return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, NULL,
                               "container '%s' has no mount namespace of its own", c->id);
        return r;
}

/* --- what is mounted ------------------------------------------------------------------------ */

/* Whoever may not clone it here has contain-init do so by path, in the container's user namespace. */
static int find_source(struct mounting *mounting, int source_fd, contain_error_t **err)
{
        char link[64];
        struct stat st;
        ssize_t n;

        (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", source_fd);
        n = readlink(link, mounting->source, sizeof(mounting->source) - 1);
        if (n <= 0 || mounting->source[0] != '/' || fstat(source_fd, &st) < 0)
                return ct_fail(err, CONTAIN_E_MOUNT, EPERM, NULL, "cannot find the source by its path");
        mounting->source[n] = '\0';
        mounting->mount.source = mounting->source;
        mounting->mount.device = (uint64_t)major(st.st_dev) << 32 | minor(st.st_dev);
        mounting->mount.inode = (uint64_t)st.st_ino;
        return 0;
}

static int map_ids(struct mounting *mounting, int source_fd, int userns_fd, contain_error_t **err)
{
        unsigned flags = AT_EMPTY_PATH | (mounting->mount.recursive ? AT_RECURSIVE : 0u);
        char path[64];
        int r = mounting->tree_fd < 0 ? -EPERM
                                      : ct_sys_mount_setattr(mounting->tree_fd, "", flags, MOUNT_ATTR_IDMAP,
                                                             0, 0, userns_fd);

        if (r >= 0)
                return 0;
        if (r == -ENOSYS)
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, NULL,
                               "id-mapped mounts take Linux 5.12");
        (void)ct_fail(err, CONTAIN_E_MOUNT, -r, NULL, "cannot map the ids of the mount on '%s'",
                      mounting->mount.target);
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", source_fd);
        ct_idmapped_explain(err, -r, NULL, path);
        return r;
}

static int open_tree(struct mounting *mounting, int source_fd, contain_error_t **err)
{
        int fd = ct_tree_clone(source_fd, mounting->mount.recursive);

        if (fd == -EPERM && (mounting->entry.types & CLONE_NEWUSER))
                return find_source(mounting, source_fd, err);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_MOUNT, -fd, NULL, "cannot clone what is to be mounted on '%s'",
                               mounting->mount.target);
        mounting->tree_fd = ct_high_fd(fd);
        return 0;
}

static uint64_t attributes_of(unsigned flags)
{
        static const struct {
                unsigned flag;
                uint64_t attribute;
        } all[] = {
                { CONTAIN_MOUNT_READ_ONLY, MOUNT_ATTR_RDONLY },
                { CONTAIN_MOUNT_NO_SUID, MOUNT_ATTR_NOSUID },
                { CONTAIN_MOUNT_NO_DEVICES, MOUNT_ATTR_NODEV },
                { CONTAIN_MOUNT_NO_EXEC, MOUNT_ATTR_NOEXEC },
                { CONTAIN_MOUNT_NO_SYMLINKS, MOUNT_ATTR_NOSYMFOLLOW },
        };
        uint64_t ret = 0;

        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
                ret |= flags & all[i].flag ? all[i].attribute : 0;
        return ret;
}

/* --- contain-init --------------------------------------------------------------------------- */

/* Without a mount namespace that was made for it, the container's root is not that of the namespace. */
static bool has_own_mounts(const struct ct_spec *spec)
{
        const struct ct_spec_namespace *mount = ct_spec_namespace_find(spec, CLONE_NEWNS, NULL);

        return mount && !mount->path;
}

static int compile(struct mounting *mounting, contain_error_t **err)
{
        const struct ct_facts *facts;
        struct ct_request request = {
                .id = mounting->c->id,
                .exec = true,
                .mount = &mounting->mount,
                .chroot = !has_own_mounts(mounting->spec),
                .namespace_fds = mounting->entry.types & (uint64_t)(CLONE_NEWNS | CLONE_NEWUSER),
                .n_extra_fds = mounting->tree_fd >= 0,
        };
        int r = ct_context_facts(mounting->c->ctx, &facts, err);

        return r < 0 ? r : ct_plan_compile_mount(mounting->spec, facts, &request, &mounting->plan, err);
}

static int open_slots(struct mounting *mounting, contain_error_t **err)
{
        struct ct_slot_sources sources = { .rootfs_fd = -EBADF,
                                           .extra_fds = &mounting->tree_fd,
                                           .n_extra_fds = mounting->tree_fd >= 0,
                                           .start_fd = -EBADF,
                                           .seccomp_fd = -EBADF,
                                           .root_fd = mounting->entry.root_fd };

        sources.program_fd = ct_context_program(mounting->c->ctx, err);
        if (sources.program_fd < 0)
                return sources.program_fd;
        for (size_t i = 0; i < CT_NAMESPACES; i++)
                sources.namespace_fds[i] = mounting->entry.namespace_fds[i];
        return ct_slots_open(mounting->plan, &sources, &mounting->slots, err);
}

static int spawn(struct mounting *mounting, contain_error_t **err)
{
        struct ct_spawn_init what = { .program_fd = mounting->c->ctx->program_fd,
                                      .name = "contain-init",
                                      .cgroup_fd = -1 };
        int ends[2], r;

        r = ct_converse_pair(ends);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, -r, NULL, "cannot make a socket pair");
        mounting->socket_fd = ends[0];
        mounting->init_fd = what.socket_fd = ends[1];
        r = ct_converse_queue(mounting->socket_fd, mounting->plan, &mounting->slots);
        if (r >= 0)
                r = ct_spawn_init(&what, &mounting->child, NULL);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_SPAWN, -r, NULL, "cannot start contain-init");
        ct_slots_done(&mounting->slots);
        mounting->init_fd = ct_close(mounting->init_fd);
        return 0;
}

/* The only turn of the host's is at the end. */
static int take_turn(void *userdata, uint32_t step, contain_error_t **err)
{
        (void)userdata;
        (void)step;
        (void)err;
        return 1;
}

/* One word is all that contain-init has to say. */
static int converse(struct mounting *mounting, contain_error_t **err)
{
        struct pollfd said = { .fd = mounting->socket_fd, .events = POLLIN };
        struct ct_talk talk = { .c = mounting->c,
                                .deadline = CT_CLOCK_NEVER,
                                .plan = mounting->plan,
                                .who = "the process that mounts",
                                .socket_fd = mounting->socket_fd,
                                .child = &mounting->child,
                                .turn = take_turn };
        int r;

        do
                r = poll(&said, 1, CT_MOUNT_TIMEOUT_MS);
        while (r < 0 && errno == EINTR);
        if (r == 0)
                return ct_fail(err, CONTAIN_E_TIMEOUT, ETIMEDOUT, NULL,
                               "the container's file systems do not answer at '%s'", mounting->mount.target);
        return ct_talk_run(&talk, err);
}

static int carry_out(struct mounting *mounting, contain_error_t **err)
{
        int r = compile(mounting, err);

        if (r == 0)
                r = open_slots(mounting, err);
        if (r == 0)
                r = spawn(mounting, err);
        return r < 0 ? r : converse(mounting, err);
}

int ct_op_mount(struct contain *c, int source_fd, const char *target, unsigned flags, int userns_fd,
                contain_error_t **err)
{
        _cleanup_(mounting_done) struct mounting mounting = MOUNTING_INIT(
                c, .target = target, .recursive = (flags & CONTAIN_MOUNT_RECURSIVE) != 0,
                .create = (flags & CONTAIN_MOUNT_CREATE) != 0, .attributes = attributes_of(flags));
        int r;

        r = look_at_container(&mounting, err);
        if (r == 0)
                r = open_tree(&mounting, source_fd, err);
        if (r == 0 && (flags & CONTAIN_MOUNT_IDMAP))
                r = map_ids(&mounting, source_fd, userns_fd, err);
        if (r == 0)
                r = carry_out(&mounting, err);
        if (r < 0)
                return r;
        ct_log(c->ctx, CONTAIN_LOG_DEBUG, "%s: mounted on '%s'", c->id, target);
        return 0;
}

int ct_op_unmount(struct contain *c, const char *target, unsigned flags, contain_error_t **err)
{
        _cleanup_(mounting_done) struct mounting mounting = MOUNTING_INIT(
                c, .target = target, .unmount = true, .lazy = (flags & CONTAIN_UNMOUNT_DETACH) != 0);
        int r;

        r = look_at_container(&mounting, err);
        if (r == 0)
                r = carry_out(&mounting, err);
        if (r < 0)
                return r;
        ct_log(c->ctx, CONTAIN_LOG_DEBUG, "%s: unmounted '%s'", c->id, target);
        return 0;
}
