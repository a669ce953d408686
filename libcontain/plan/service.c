/* SPDX-License-Identifier: MIT */

/*
 * What a container that is a service gets from the manager above: a socket to say that it is ready on
 * (sd_notify(3)), and sockets to serve (sd_listen_fds(3)).
 */

#include "plan/parts.h"

#include <linux/mount.h>
#include <sched.h>
#include <string.h>

#define NOTIFY_FOLDER "/run/notify"
#define NOTIFY_SOCKET NOTIFY_FOLDER "/notify.sock"

/* The folder, as the socket is made in it when the container is started. */
int ct_plan_add_notify(struct ct_build *build, contain_error_t **err)
{
        const uint64_t attributes =
                MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

        if (!build->request->notify_folder)
                return 0;
        if (!build->own_mounts)
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, "/linux/namespaces",
                               "a socket for notifications takes a new mount namespace");
        ct_plan_add_tree(build, &(struct ct_tree){ .at = "", .source = build->request->notify_folder });
        ct_build_add(build, .op = STEP_ATTR, .n = { attributes, 0, MS_PRIVATE, 0 });
        ct_build_add(build, .op = STEP_ATTACH, .s = { NOTIFY_FOLDER });
        return 0;
}

/* Which process the sockets are for is known when it runs. */
int ct_plan_add_listen_pid(struct ct_build *build, contain_error_t **err)
{
        (void)err;
        if (build->request->n_listen_fds > 0)
                ct_build_add(build, .op = STEP_LISTEN_PID);
        return 0;
}

static bool is_replaced(const struct ct_request *request, const char *variable)
{
        static const char *const listen[] = { "LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES=" };

        for (size_t i = 0; request->n_listen_fds > 0 && i < sizeof(listen) / sizeof(listen[0]); i++)
                if (strncmp(variable, listen[i], strlen(listen[i])) == 0)
                        return true;
        return request->notify_folder && strncmp(variable, "NOTIFY_SOCKET=", strlen("NOTIFY_SOCKET=")) == 0;
}

int ct_plan_service_env(struct ct_build *build, struct ct_strings *ret, contain_error_t **err)
{
        const struct ct_strings *own = &build->spec->process.env;
        const struct ct_request *request = build->request;
        struct ct_strings env = { .items = ct_arena_array(build->arena, own->n + 4, sizeof(*env.items)) };

        if (!env.items)
                return ct_fail_memory(err);
        for (size_t i = 0; i < own->n; i++)
                if (!is_replaced(request, own->items[i]))
                        env.items[env.n++] = own->items[i];
        if (request->notify_folder)
                env.items[env.n++] = (char *)(uintptr_t)ct_build_text(build, "NOTIFY_SOCKET=" NOTIFY_SOCKET);
        if (request->n_listen_fds > 0)
                env.items[env.n++] =
                        (char *)(uintptr_t)ct_build_text(build, "LISTEN_FDS=%u", request->n_listen_fds);
        if (request->n_listen_fds > 0 && request->listen_names)
                env.items[env.n++] =
                        (char *)(uintptr_t)ct_build_text(build, "LISTEN_FDNAMES=%s", request->listen_names);
        *ret = env;
        return 0;
}
