/* SPDX-License-Identifier: MIT */

/* Facts and request put together for the planner, and its plan as text. */

#include "ops/handle.h"

#include <stdio.h>
#include <string.h>

static enum ct_cgroup_mode cgroup_mode(enum ct_cgroup_kind kind)
{
        switch (kind) {
        case CT_CGROUPS_V1:
                return CT_CGROUP_V1;
        case CT_CGROUPS_HYBRID:
                return CT_CGROUP_HYBRID;
        case CT_CGROUPS_V2:
                return CT_CGROUP_V2;
        case CT_CGROUPS_NONE:
        default:
                return CT_CGROUP_NONE;
        }
}

/* A hierarchy with a name has no controller, and has to be mounted with the word "none". */
static const char *mount_options(struct ct_arena *arena, const struct ct_hierarchy *hierarchy)
{
        if (strncmp(hierarchy->controllers, "name=", 5) == 0)
                return ct_arena_printf(arena, "none,%s", hierarchy->controllers);
        return hierarchy->controllers;
}

static int add_cgroup_facts(struct contain *c, const struct ct_cgroup *cgroup, struct ct_arena *arena,
                            struct ct_facts *facts, contain_error_t **err)
{
        const struct ct_cgroup_layout *layout;
        struct ct_facts_hierarchy *items;
        int r;

        r = ct_context_layout(c->ctx, &layout, err);
        if (r < 0)
                return r;
        items = ct_arena_array(arena, layout->n, sizeof(*items));
        if (!items)
                return ct_fail_memory(err);
        for (size_t i = 0; i < layout->n; i++) {
                const struct ct_hierarchy *hierarchy = &layout->items[i];
                bool has_cgroup = cgroup && ct_cgroup_can_be(cgroup, i);

                items[i] = (struct ct_facts_hierarchy){
                        .v2 = hierarchy->v2,
                        .name = hierarchy->name,
                        .mountpoint = hierarchy->mountpoint,
                        .options = hierarchy->v2 ? "" : mount_options(arena, hierarchy),
                        .container_path = has_cgroup ? ct_cgroup_path(cgroup, i) : NULL,
                };
                if (!items[i].options)
                        return ct_fail_memory(err);
        }
        facts->cgroup_mode = cgroup_mode(layout->kind);
        facts->hierarchies = items;
        facts->n_hierarchies = layout->n;
        return 0;
}

/* Where the container's cgroup is, for people: any hierarchy's path will do. */
static const char *shown_cgroup_path(const struct ct_facts *facts)
{
        for (size_t i = 0; i < facts->n_hierarchies; i++)
                if (facts->hierarchies[i].container_path)
                        return facts->hierarchies[i].container_path;
        return "";
}

int ct_op_compile(struct contain *c, struct ct_cgroup *cgroup, bool become, struct ct_plan **ret,
                  contain_error_t **err)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        const struct ct_facts *shared;
        struct ct_request request = {
                .id = c->id,
                .bundle = c->bundle,
                .become = become,
                .no_pivot = (c->flags & CONTAIN_NO_PIVOT) != 0,
                .no_new_keyring = (c->flags & CONTAIN_NO_NEW_KEYRING) != 0,
                .has_rootfs_fd = c->rootfs_fd >= 0,
                .maps_rootfs = c->maps_rootfs,
                .has_seccomp_socket = c->seccomp_fd >= 0,
                .n_extra_fds = (unsigned)c->n_extra_fds,
                .n_listen_fds = c->n_listen_fds,
                .listen_names = c->listen_names,
        };
        struct ct_facts facts;
        int r;

        if (!arena)
                return ct_fail_memory(err);
        if (c->n_listen_fds > c->n_extra_fds)
                return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, NULL,
                               "%u sockets are to be served, but only %zu descriptors were added",
                               c->n_listen_fds, c->n_extra_fds);
        if (c->notify_socket) {
                if (become || ct_is_ephemeral(c))
                        return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, NULL,
                                       "%s has no folder for a socket for notifications",
                                       become ? "a process that becomes a container"
                                              : "an ephemeral container");
                request.notify_folder = ct_arena_printf(arena, "%s/%s/notify", c->ctx->state_root, c->id);
                if (!request.notify_folder)
                        return ct_fail_memory(err);
        }
        r = ct_context_facts(c->ctx, &shared, err);
        if (r < 0)
                return r;
        facts = *shared;
        r = add_cgroup_facts(c, cgroup, arena, &facts, err);
        if (r < 0)
                return r;
        for (size_t i = 0; i < CT_NAMESPACES; i++)
                if (c->namespace_fds[i] >= 0)
                        request.namespace_fds |= ct_namespace_types[i];
        request.cgroup_path = shown_cgroup_path(&facts);
        r = ct_plan_compile_rest(c->spec, &facts, &request, ct_arena_problems(c->arena), ret, err);
        if (r < 0 || ct_arena_problems(c->arena))
                return r;
        ct_op_warn(c, &facts, &request);
        return 0;
}

int ct_op_open_slots(struct contain *c, const struct ct_plan *plan, const int stdio[3], int start_fd,
                     struct ct_slots *ret, contain_error_t **err)
{
        struct ct_slot_sources sources = {
                .rootfs_fd = c->rootfs_fd,
                .extra_fds = c->extra_fds,
                .n_extra_fds = c->n_extra_fds,
                .start_fd = start_fd,
                .seccomp_fd = c->seccomp_fd,
                .root_fd = -EBADF,
        };
        int r;

        sources.program_fd = ct_context_program(c->ctx, err);
        if (sources.program_fd < 0)
                return sources.program_fd;
        r = ct_context_facts(c->ctx, &sources.facts, err);
        if (r < 0)
                return r;
        memcpy(sources.stdio, stdio, sizeof(sources.stdio));
        memcpy(sources.namespace_fds, c->namespace_fds, sizeof(sources.namespace_fds));
        return ct_slots_open(plan, &sources, ret, err);
}

int ct_op_name_cgroup(struct contain *c, struct ct_cgroup **ret, contain_error_t **err)
{
        const char *path = c->spec ? c->spec->linux_.cgroups_path : NULL;
        const struct ct_cgroup_layout *layout;
        uid_t owner;
        int r;

        if (c->ctx->manager == CT_MANAGER_DISABLED)
                return 0;
        r = ct_context_layout(c->ctx, &layout, err);
        if (r < 0)
                return r;
        if (c->ctx->manager == CT_MANAGER_SYSTEMD)
                r = ct_cgroup_new_scope(layout, path, c->id, c->spec ? &c->spec->annotations : NULL, ret,
                                        err);
        else
                r = ct_cgroup_new(layout, path, c->id, ret, err);
        if (r < 0)
                return r;
        if (c->spec && ct_op_cgroup_owner(c, &owner))
                ct_cgroup_set_owner(*ret, owner);
        return 0;
}

int ct_op_plan(struct contain *c, char **ret, contain_error_t **err)
{
        _cleanup_(ct_cgroup_freep) struct ct_cgroup *cgroup = NULL;
        _cleanup_(ct_plan_freep) struct ct_plan *plan = NULL;
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT;
        char *stolen;
        int r;

        r = ct_op_name_cgroup(c, &cgroup, err);
        if (r < 0)
                return r;
        r = ct_op_compile(c, cgroup, false, &plan, err);
        if (r < 0)
                return r;
        if (ct_plan_dump(plan, &text) < 0)
                return ct_fail_memory(err);
        stolen = ct_buf_steal(&text);
        if (!stolen)
                return ct_fail_memory(err);
        *ret = stolen;
        return 0;
}
