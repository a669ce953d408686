/* SPDX-License-Identifier: MIT */

/*
 * The guard of an ephemeral container: contain-init in its guard mode, which ends the container and removes
 * its cgroups when the host closes its end of a socket, or is gone. A parent-death signal would not do: it is
 * sent when the thread ends that made the process.
 */

#include "ops/handle.h"

#include "base/buf.h"
#include "host/converse.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

struct folders {
        int fds[1 + PLAN_FDS_PER_MESSAGE]; /* the pidfd, then each folder's parent */
        size_t n;
        struct ct_buf names;
};

static void folders_done(struct folders *folders)
{
        for (size_t i = 1; i < folders->n; i++)
                ct_close(folders->fds[i]);
        ct_buf_done(&folders->names);
}

/*
 * Opens the parent of the container's folder in one hierarchy; of one that stays, the folder itself, which
 * cannot be removed by the name ".".
 */
static int add_folder(struct folders *folders, const char *mountpoint, const char *path, bool stays,
                      contain_error_t **err)
{
        _cleanup_free_ char *parent = NULL;
        char *name;
        int fd;

        if (asprintf(&parent, "%s%s%s", mountpoint, path, stays ? "/." : "") < 0)
                return ct_fail_memory(err);
        name = strrchr(parent, '/');
        *name++ = '\0';
        fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_CGROUP, errno, NULL, "cannot open cgroup '%s'", parent);
        folders->fds[folders->n++] = fd;
        if (ct_buf_append(&folders->names, name, strlen(name) + 1) < 0)
                return ct_fail_memory(err);
        return 0;
}

static int add_folders(struct contain *c, const struct ct_cgroup *cgroup, struct folders *folders,
                       contain_error_t **err)
{
        const struct ct_cgroup_layout *layout;
        int r;

        if (!cgroup)
                return 0;
        r = ct_context_layout(c->ctx, &layout, err);
        if (r < 0)
                return r;
        for (size_t i = 0; i < layout->n && folders->n < PLAN_FDS_PER_MESSAGE; i++) {
                const char *path = ct_cgroup_path(cgroup, i);
                enum ct_cgroup_end end = ct_cgroup_end(cgroup, i);

                if (!path || end == CT_CGROUP_LEFT)
                        continue;
                r = add_folder(folders, layout->items[i].mountpoint, path, end == CT_CGROUP_EMPTIED, err);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int add_resctrl(const struct ct_resctrl *resctrl, struct folders *folders, contain_error_t **err)
{
        const char *names[2];
        int fds[2], r = 0;
        size_t n = resctrl ? ct_resctrl_ends(resctrl, fds, names) : 0;

        for (size_t i = 0; i < n; i++) {
                if (folders->n > PLAN_FDS_PER_MESSAGE) {
                        (void)ct_close(fds[i]);
                        continue;
                }
                folders->fds[folders->n++] = fds[i];
                if (r >= 0)
                        r = ct_buf_append(&folders->names, names[i], strlen(names[i]) + 1);
        }
        return r < 0 ? ct_fail_memory(err) : 0;
}

/* The guard forks away from the process that was spawned, which ends at once and is reaped here. */
static int spawn_guard(struct contain *c, int socket_fd)
{
        struct ct_spawn_init what = { .program_fd = c->ctx->program_fd,
                                      .socket_fd = socket_fd,
                                      .name = "contain-guard",
                                      .cgroup_fd = -1 };
        struct ct_child child;
        struct ct_exit exit;
        int r;

        r = ct_spawn_init(&what, &child, NULL);
        if (r < 0)
                return r;
        (void)ct_pidfd_poll(child.pidfd, -1);
        (void)ct_pidfd_exit(child.pidfd, &exit);
        ct_close(child.pidfd);
        return 0;
}

int ct_guard_start(struct contain *c, const struct ct_cgroup *cgroup, const struct ct_resctrl *resctrl,
                   int pidfd, int *ret_fd, contain_error_t **err)
{
        _cleanup_(folders_done) struct folders folders = { .n = 1, .names = CT_BUF_INIT };
        _cleanup_close_ int own = -EBADF, other = -EBADF;
        struct plan_message message = { .kind = PLAN_MESSAGE_GUARD };
        int ends[2], r;

        folders.fds[0] = pidfd;
        r = add_folders(c, cgroup, &folders, err);
        if (r >= 0)
                r = add_resctrl(resctrl, &folders, err);
        if (r < 0)
                return r;
        r = ct_converse_pair(ends);
        if (r == 0) {
                own = ends[0];
                other = ends[1];
                message.step = (uint32_t)(folders.n - 1);
                r = ct_converse_send_fds(own, &message, sizeof(message), folders.fds, folders.n);
        }
        if (r == 0 && folders.n > 1)
                r = ct_converse_send_fds(own, folders.names.data, folders.names.size, NULL, 0);
        if (r == 0)
                r = spawn_guard(c, other);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_SPAWN, -r, NULL, "cannot start the container's guard");
        *ret_fd = ct_take_fd(&own);
        return 0;
}
