/* SPDX-License-Identifier: MIT */

/* The handle: made empty, freed whole. */

#include "ops/handle.h"
#include "ops/image-copy.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* A name that nobody has: 128 random bits. */
static char *random_id(void)
{
        unsigned char bytes[16];
        char *id;

        if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
                return NULL;
        id = malloc(2 * sizeof(bytes) + 1);
        for (size_t i = 0; id && i < sizeof(bytes); i++)
                (void)snprintf(id + 2 * i, 3, "%02x", bytes[i]);
        return id;
}

static void clear(struct contain *c)
{
        for (size_t i = 0; i < 3; i++)
                c->stdio[i] = -EBADF;
        for (size_t i = 0; i < CT_NAMESPACES; i++)
                c->namespace_fds[i] = -EBADF;
        c->rootfs_fd = c->seccomp_fd = c->start_fd = c->guard_fd = c->console_fd = c->notify_fd = c->copy.fd =
                -EBADF;
        c->child.pidfd = -EBADF;
        c->events.epoll_fd = c->events.wake_fd = c->events.oom_fd = c->events.oom_again_fd =
                c->events.frozen_fd = -EBADF;
}

int ct_container_new(struct contain_ctx *ctx, const char *id, struct contain **ret, contain_error_t **err)
{
        _cleanup_(ct_container_freep) struct contain *c = NULL;

        if (id) {
                int r = ct_state_check_id(id, err);

                if (r < 0)
                        return r;
        }
        c = calloc(1, sizeof(*c));
        if (!c)
                return ct_fail_memory(err);
        clear(c);
        atomic_init(&c->refs, 1);
        atomic_init(&c->flags, 0);
        atomic_init(&c->notified, false);
        c->maker = getpid();
        (void)pthread_mutex_init(&c->life, NULL);
        (void)pthread_mutex_init(&c->look, NULL);
        c->id = id ? strdup(id) : random_id();
        if (!c->id)
                return ct_fail_memory(err);
        if (ctx) {
                atomic_fetch_add(&ctx->refs, 1);
                c->ctx = ctx;
        } else {
                int r = ct_context_new(&c->ctx, err);

                if (r < 0)
                        return r;
        }
        atomic_store(&c->ctx->used, true);
        *ret = ct_take(c);
        return 0;
}

void ct_container_release(struct contain *c)
{
        for (size_t i = 0; i < 3; i++)
                c->stdio[i] = ct_close(c->stdio[i]);
        for (size_t i = 0; i < c->n_extra_fds; i++)
                c->extra_fds[i] = ct_close(c->extra_fds[i]);
        c->n_extra_fds = 0;
        for (size_t i = 0; i < CT_NAMESPACES; i++)
                c->namespace_fds[i] = ct_close(c->namespace_fds[i]);
        c->rootfs_fd = ct_close(c->rootfs_fd);
        c->seccomp_fd = ct_close(c->seccomp_fd);
}

void ct_container_reset(struct contain *c)
{
        struct ct_exit last;

        c->start_fd = ct_close(c->start_fd);
        c->guard_fd = ct_close(c->guard_fd);
        pthread_mutex_lock(&c->look);
        ct_event_settle(c);
        c->record = ct_record_free(c->record);
        c->cgroup = ct_cgroup_free(c->cgroup);
        c->resctrl = ct_resctrl_free(c->resctrl);
        /* A child that nobody waited for, and nobody will. */
        if (c->child.pidfd >= 0 && !c->opened && !c->exited)
                (void)ct_pidfd_exit(c->child.pidfd, &last);
        ct_close(c->child.pidfd);
        c->child = (struct ct_child){ .pid = 0, .pidfd = -EBADF };
        c->console_fd = ct_close(c->console_fd);
        c->notify_fd = ct_close(c->notify_fd);
        c->started = false;
        pthread_mutex_unlock(&c->look);
}

struct contain *ct_container_free(struct contain *c)
{
        if (!c)
                return NULL;
        ct_image_copy_drop(c);
        ct_container_reset(c);
        ct_container_release(c);
        ct_close(c->events.epoll_fd);
        ct_close(c->events.wake_fd);
        free(c->console_socket);
        free(c->notify_socket);
        free(c->listen_names);
        free(c->keeper.log_path);
        ct_arena_free(c->arena);
        free(c->bundle);
        free(c->config);
        free(c->id);
        (void)pthread_mutex_destroy(&c->life);
        (void)pthread_mutex_destroy(&c->look);
        ct_context_unref(c->ctx);
        free(c);
        return NULL;
}

int ct_op_require_cgroup(struct contain *c, const char *what, contain_error_t **err)
{
        if (c->cgroup)
                return 0;
        (void)ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, NULL,
                      "container '%s' has no cgroup, without which it cannot %s", c->id, what);
        ct_error_set_hint(
                err, "it was made with the cgroup manager 'disabled', or without the right to make cgroups");
        return -EOPNOTSUPP;
}
