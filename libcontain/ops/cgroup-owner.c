/* SPDX-License-Identifier: MIT */

/*
 * Who is to own the container's cgroup: the user who runs in it, if it sees nothing but its own cgroup, in a
 * mount that it may write to (config-linux.md, "Cgroup ownership").
 */

#include "ops/handle.h"

#include <sched.h>
#include <string.h>

/* Whether the container sees its cgroup, and nothing above, in a mount that it may write to. */
static bool has_own_cgroup_mount(const struct contain *c)
{
        const struct ct_spec_namespace *namespace = ct_spec_namespace_find(c->spec, CLONE_NEWCGROUP, NULL);

        for (size_t i = 0; i < CT_NAMESPACES; i++)
                if (ct_namespace_types[i] == CLONE_NEWCGROUP && c->namespace_fds[i] >= 0)
                        return false;
        if (!namespace || namespace->path)
                return false;
        for (size_t i = 0; i < c->spec->n_mounts; i++) {
                const struct ct_spec_mount *mount = &c->spec->mounts[i];
                bool read_only = false;

                for (size_t k = 0; k < mount->options.n; k++)
                        read_only = read_only || strcmp(mount->options.items[k], "ro") == 0;
                if (strcmp(mount->source, "cgroup") == 0 &&
                    strcmp(mount->destination, "/sys/fs/cgroup") == 0 && !read_only)
                        return true;
        }
        return false;
}

bool ct_op_cgroup_owner(const struct contain *c, uid_t *ret)
{
        const struct ct_spec_id_maps *maps = &c->spec->linux_.uid_maps;
        bool mapped = ct_spec_namespace_find(c->spec, CLONE_NEWUSER, NULL) != NULL;
        uint32_t uid = c->spec->process.user.uid;

        for (size_t i = 0; i < CT_NAMESPACES; i++)
                mapped = mapped || (ct_namespace_types[i] == CLONE_NEWUSER && c->namespace_fds[i] >= 0);
        if (!has_own_cgroup_mount(c))
                return false;
        if (!mapped) {
                *ret = uid;
                return true;
        }
        for (size_t i = 0; i < maps->n; i++)
                if (uid >= maps->items[i].container_id &&
                    uid - maps->items[i].container_id < maps->items[i].size) {
                        *ret = maps->items[i].host_id + (uid - maps->items[i].container_id);
                        return true;
                }
        return false;
}
