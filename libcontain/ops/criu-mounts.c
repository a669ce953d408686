/* SPDX-License-Identifier: MIT */

/*
 * Mounts that come from outside of a container are not in its images: CRIU is told which they are, and gets
 * names for them, which a restore gives sources to. The name is the place that the configuration says, so it
 * is the same on both sides, wherever symbolic links lead.
 */

#include "ops/criu.h"

#include "base/fds.h"
#include "base/sys.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define NULL_DEVICE "/dev/null" /* the name of all files that are masked */

/* --- a checkpoint ---------------------------------------------------------------------------- */

/* Where @path leads in the container, as its mount table has it. 0 when there is nothing. */
static int resolve(int root_fd, const char *path, char *ret, size_t size, mode_t *ret_mode)
{
        _cleanup_close_ int fd = ct_open_in_root(root_fd, path, O_PATH);
        struct stat status;
        char link[40];
        ssize_t n;

        if (fd < 0 || fstat(fd, &status) < 0)
                return 0;
        (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        n = readlink(link, ret, size - 1);
        if (n <= 0 || ret[0] != '/')
                return 0;
        ret[n] = '\0';
        *ret_mode = status.st_mode;
        return 1;
}

static void put_place(struct ct_criu_job *job, int root_fd, const char *path)
{
        char resolved[PATH_MAX];
        mode_t mode;

        if (resolve(root_fd, path, resolved, sizeof(resolved), &mode))
                ct_criu_put_pair(&job->opts, CT_CRIU_EXT_MNT, resolved, path);
}

/* Folders are masked by a file system of the container's own. */
static void put_masks(struct ct_criu_job *job, int root_fd)
{
        const struct ct_strings *masks = &job->spec->linux_.masked_paths;
        char resolved[PATH_MAX];
        mode_t mode;

        for (size_t i = 0; i < masks->n; i++)
                if (resolve(root_fd, masks->items[i], resolved, sizeof(resolved), &mode) && !S_ISDIR(mode))
                        ct_criu_put_pair(&job->opts, CT_CRIU_EXT_MNT, resolved, NULL_DEVICE);
}

static bool has_namespace(const struct ct_criu_job *job, uint64_t type)
{
        for (size_t i = 0; i < job->spec->linux_.n_namespaces; i++)
                if (job->spec->linux_.namespaces[i].type == type)
                        return true;
        return false;
}

static bool is_cgroup_mount(const struct ct_spec_mount *mount)
{
        return !mount->bind && (strcmp(mount->type, "cgroup") == 0 || strcmp(mount->type, "cgroup2") == 0);
}

/* In a cgroup namespace they are file systems of the container's own, else folders of the host's. */
static bool is_bound_cgroup(const struct ct_criu_job *job, const struct ct_spec_mount *mount)
{
        return is_cgroup_mount(mount) && !has_namespace(job, CLONE_NEWCGROUP);
}

/* Where hierarchy @i is in a mount of cgroups; "" for one that is the only one. */
static char *hierarchy_place(const struct ct_spec_mount *mount, const struct ct_hierarchy *hierarchy)
{
        char *place = NULL;

        if (!hierarchy->name[0])
                return strdup(mount->destination);
        return asprintf(&place, "%s/%s", mount->destination, hierarchy->name) < 0 ? NULL : place;
}

static int put_cgroup_places(struct ct_criu_job *job, int root_fd, const struct ct_spec_mount *mount,
                             contain_error_t **err)
{
        const struct ct_cgroup_layout *layout;
        int r = ct_context_layout(job->c->ctx, &layout, err);

        for (size_t i = 0; r == 0 && i < layout->n; i++) {
                _cleanup_free_ char *place = hierarchy_place(mount, &layout->items[i]);

                if (!place)
                        return ct_fail_memory(err);
                put_place(job, root_fd, place);
        }
        return r;
}

int ct_criu_put_mounts(struct ct_criu_job *job, int root_fd, contain_error_t **err)
{
        const struct ct_spec *spec = job->spec;

        for (size_t i = 0; i < spec->n_mounts; i++) {
                const struct ct_spec_mount *mount = &spec->mounts[i];
                int r = 0;

                if (mount->bind && !mount->remount)
                        put_place(job, root_fd, mount->destination);
                else if (is_bound_cgroup(job, mount))
                        r = put_cgroup_places(job, root_fd, mount, err);
                if (r < 0)
                        return r;
        }
        /* Bound where they cannot be made. CRIU passes over names that are no mounts. */
        for (size_t i = 0; i < spec->linux_.n_devices; i++)
                put_place(job, root_fd, spec->linux_.devices[i].path);
        put_masks(job, root_fd);
        return 0;
}

/* --- a restore ------------------------------------------------------------------------------- */

char *ct_criu_source_path(const struct ct_criu_job *job, const char *source)
{
        char *path = NULL;

        if (source[0] == '/')
                return strdup(source);
        return asprintf(&path, "%s/%s", job->c->bundle, source) < 0 ? NULL : path;
}

static int put_bind_source(struct ct_criu_job *job, const struct ct_spec_mount *mount, contain_error_t **err)
{
        _cleanup_free_ char *source = ct_criu_source_path(job, mount->source);

        if (!source)
                return ct_fail_memory(err);
        ct_criu_put_pair(&job->opts, CT_CRIU_EXT_MNT, mount->destination, source);
        return 0;
}

static int put_cgroup_sources(struct ct_criu_job *job, const struct ct_cgroup *cgroup,
                              const struct ct_spec_mount *mount, contain_error_t **err)
{
        const struct ct_cgroup_layout *layout;
        int r = ct_context_layout(job->c->ctx, &layout, err);

        for (size_t i = 0; r == 0 && i < layout->n; i++) {
                _cleanup_free_ char *place = hierarchy_place(mount, &layout->items[i]), *source = NULL;
                const char *path = cgroup ? ct_cgroup_path(cgroup, i) : NULL;

                if (!place || asprintf(&source, "%s%s", layout->items[i].mountpoint, path ? path : "") < 0)
                        return ct_fail_memory(err);
                ct_criu_put_pair(&job->opts, CT_CRIU_EXT_MNT, place, source);
        }
        return r;
}

int ct_criu_put_sources(struct ct_criu_job *job, const struct ct_cgroup *cgroup, contain_error_t **err)
{
        const struct ct_spec *spec = job->spec;

        for (size_t i = 0; i < spec->n_mounts; i++) {
                const struct ct_spec_mount *mount = &spec->mounts[i];
                int r = 0;

                if (mount->bind && !mount->remount)
                        r = put_bind_source(job, mount, err);
                else if (is_bound_cgroup(job, mount))
                        r = put_cgroup_sources(job, cgroup, mount, err);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < spec->linux_.n_devices; i++)
                ct_criu_put_pair(&job->opts, CT_CRIU_EXT_MNT, spec->linux_.devices[i].path,
                                 spec->linux_.devices[i].path);
        if (spec->linux_.masked_paths.n > 0)
                ct_criu_put_pair(&job->opts, CT_CRIU_EXT_MNT, NULL_DEVICE, NULL_DEVICE);
        return 0;
}
