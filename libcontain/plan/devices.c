/* SPDX-License-Identifier: MIT */

/*
 * /dev: the devices that every container has, the configured ones, the usual symbolic links, and the console.
 *
 * Device nodes can be made by root of the first user namespace only. Elsewhere the host's node of the same
 * path is bound, whose owner and mode then are the host's and cannot be changed: configured ones go without.
 */

#include "plan/parts.h"

#include <linux/capability.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/stat.h>

struct device {
        const char *at;
        const char *path;
        mode_t mode; /* with its type */
        uint32_t major, minor;
        uint32_t uid, gid;
};

/* runtime-spec, config-linux.md, "Default Devices"; the console and ptmx are no nodes here. */
static const struct device defaults[] = {
        { "", "/dev/null", S_IFCHR | 0666, 1, 3, 0, 0 },    { "", "/dev/zero", S_IFCHR | 0666, 1, 5, 0, 0 },
        { "", "/dev/full", S_IFCHR | 0666, 1, 7, 0, 0 },    { "", "/dev/random", S_IFCHR | 0666, 1, 8, 0, 0 },
        { "", "/dev/urandom", S_IFCHR | 0666, 1, 9, 0, 0 }, { "", "/dev/tty", S_IFCHR | 0666, 5, 0, 0, 0 },
};
#define DEFAULTS (sizeof(defaults) / sizeof(defaults[0]))

static const struct {
        const char *path, *target;
        bool needs_target;
} links[] = {
        { "/dev/fd", "/proc/self/fd", false },       { "/dev/stdin", "/proc/self/fd/0", false },
        { "/dev/stdout", "/proc/self/fd/1", false }, { "/dev/stderr", "/proc/self/fd/2", false },
        { "/dev/core", "/proc/kcore", true },        { "/dev/ptmx", "pts/ptmx", false },
};
#define LINKS (sizeof(links) / sizeof(links[0]))

static bool can_make_nodes(const struct ct_build *build)
{
        return !build->userns && build->facts->in_initial_userns && ct_plan_has_capability(build, CAP_MKNOD);
}

static void bind_node(struct ct_build *build, const struct device *device)
{
        ct_plan_add_tree(build, &(struct ct_tree){
                                        .at = device->at,
                                        .source = device->path,
                                        .type = device->mode & S_IFMT,
                                        .device = (uint64_t)device->major << 32 | device->minor,
                                });
        /* Whatever is mounted over it in the container must not show on the host's node. */
        ct_build_add(build, .op = STEP_ATTR, .at = device->at, .n = { 0, 0, MS_PRIVATE });
        /* The default ones cover whatever the image has there. */
        ct_build_add(build, .op = STEP_ATTACH, .at = device->at, .s = { device->path },
                     .n = { device->at[0] != '\0' ? PLAN_ATTACH_OVER_SAME : 0 });
}

static void add_device(struct ct_build *build, const struct device *device)
{
        if (S_ISFIFO(device->mode) || can_make_nodes(build))
                ct_build_add(build, .op = STEP_MKNOD, .at = device->at, .s = { device->path },
                             .n = { device->mode, (uint64_t)device->major << 32 | device->minor, device->uid,
                                    device->gid });
        else
                bind_node(build, device);
}

static bool is_configured(struct ct_build *build, const char *path)
{
        const struct ct_spec_linux *linux_ = &build->spec->linux_;

        for (size_t i = 0; i < linux_->n_devices; i++)
                if (strcmp(ct_plan_clean_path(build, linux_->devices[i].path), path) == 0)
                        return true;
        return false;
}

static void add_default_devices(struct ct_build *build)
{
        /* Without mounts of its own, a container that cannot make nodes has those of its root. */
        if (!can_make_nodes(build) && !build->own_mounts)
                return;
        for (size_t i = 0; i < DEFAULTS; i++)
                if (!is_configured(build, defaults[i].path))
                        add_device(build, &defaults[i]);
}

static mode_t type_bits(char type)
{
        return type == 'c' ? S_IFCHR : type == 'b' ? S_IFBLK : S_IFIFO;
}

static int add_configured_device(struct ct_build *build, const struct ct_spec_device *from, const char *at,
                                 contain_error_t **err)
{
        struct device device = {
                .at = at,
                .path = from->path,
                .mode = type_bits(from->type) | (from->has_file_mode ? from->file_mode & 07777 : 0666),
                .major = (uint32_t)from->major,
                .minor = (uint32_t)from->minor,
                .uid = from->has_uid ? from->uid : 0,
                .gid = from->has_gid ? from->gid : 0,
        };

        if (!S_ISFIFO(device.mode) && !can_make_nodes(build) && !build->own_mounts)
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EPERM, at,
                               "'%s' can neither be made nor bound without a new mount namespace",
                               from->path);
        add_device(build, &device);
        return 0;
}

static int add_configured_devices(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec_linux *linux_ = &build->spec->linux_;
        int r;

        for (size_t i = 0; i < linux_->n_devices; i++) {
                const struct ct_spec_device *device = &linux_->devices[i];

                /* In the host's own /dev, the host's devices are there already. */
                if (build->host_dev && ct_plan_path_is_below(ct_plan_clean_path(build, device->path), "/dev"))
                        continue;
                r = add_configured_device(build, device, ct_build_text(build, "/linux/devices/%zu", i), err);
                r = ct_build_keep(build, r, err);
                if (r < 0)
                        return r;
        }
        return 0;
}

static void add_links(struct ct_build *build)
{
        for (size_t i = 0; i < LINKS; i++)
                if (!is_configured(build, links[i].path))
                        ct_build_add(build, .op = STEP_SYMLINK, .s = { links[i].path, links[i].target },
                                     .n = { links[i].needs_target });
}

/* The configuration's devpts, the last one if there are several. */
static const char *devpts_path(const struct ct_spec *spec)
{
        const char *path = NULL;

        for (size_t i = 0; i < spec->n_mounts; i++)
                if (!spec->mounts[i].bind && !spec->mounts[i].remount &&
                    strcmp(spec->mounts[i].type, "devpts") == 0)
                        path = spec->mounts[i].destination;
        return path;
}

int ct_plan_add_devices(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec_process *process = &build->spec->process;
        int r;

        if (!build->host_dev)
                add_default_devices(build);
        r = add_configured_devices(build, err);
        if (r < 0)
                return r;
        if (!build->host_dev)
                add_links(build);
        if (process->terminal)
                ct_build_add(build, .op = STEP_CONSOLE, .at = "/process/terminal",
                             .s = { devpts_path(build->spec) },
                             .n = { process->console_height, process->console_width, process->user.uid });
        return 0;
}
