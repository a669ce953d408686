/* SPDX-License-Identifier: MIT */

/* A context: settings, and what is looked up once for all containers. */

#include "ops/handle.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char *default_state_root(void)
{
        const char *runtime_dir = geteuid() == 0 ? NULL : getenv("XDG_RUNTIME_DIR");
        char *root = NULL;

        if (geteuid() == 0)
                return strdup("/run/contain");
        if (runtime_dir && runtime_dir[0] == '/') {
                if (asprintf(&root, "%s/contain", runtime_dir) < 0)
                        return NULL;
                return root;
        }
        if (asprintf(&root, "/tmp/contain-%u", (unsigned)geteuid()) < 0)
                return NULL;
        return root;
}

int ct_context_new(struct contain_ctx **ret, contain_error_t **err)
{
        _cleanup_(ct_context_unrefp) struct contain_ctx *ctx = NULL;

        ctx = calloc(1, sizeof(*ctx));
        if (!ctx)
                return ct_fail_memory(err);
        atomic_init(&ctx->refs, 1);
        atomic_init(&ctx->used, false);
        ctx->maker = getpid();
        ctx->program_fd = -EBADF;
        ctx->log_level = CONTAIN_LOG_WARNING;
        (void)pthread_mutex_init(&ctx->lock, NULL);
        ctx->state_root = default_state_root();
        if (!ctx->state_root)
                return ct_fail_memory(err);
        *ret = ct_take(ctx);
        return 0;
}

struct contain_ctx *ct_context_unref(struct contain_ctx *ctx)
{
        if (!ctx || atomic_fetch_sub(&ctx->refs, 1) != 1)
                return NULL;
        ct_probe_free(ctx->probe);
        ct_cgroup_layout_free(ctx->layout);
        ct_close(ctx->program_fd);
        (void)pthread_mutex_destroy(&ctx->lock);
        free(ctx->state_root);
        free(ctx);
        return NULL;
}

int ct_context_facts(struct contain_ctx *ctx, const struct ct_facts **ret, contain_error_t **err)
{
        int r = 0;

        pthread_mutex_lock(&ctx->lock);
        if (!ctx->probe)
                r = ct_probe_new(&ctx->probe, err);
        if (r == 0)
                *ret = &ctx->probe->facts;
        pthread_mutex_unlock(&ctx->lock);
        return r;
}

int ct_context_layout(struct contain_ctx *ctx, const struct ct_cgroup_layout **ret, contain_error_t **err)
{
        int r = 0;

        pthread_mutex_lock(&ctx->lock);
        if (!ctx->layout)
                r = ct_cgroup_layout_new(&ctx->layout);
        if (r == 0)
                *ret = ctx->layout;
        pthread_mutex_unlock(&ctx->lock);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_CGROUP, -r, NULL, "cannot find out where cgroups are mounted");
        return 0;
}

int ct_context_program(struct contain_ctx *ctx, contain_error_t **err)
{
        int r;

        pthread_mutex_lock(&ctx->lock);
        if (ctx->program_fd < 0)
                ctx->program_fd = ct_spawn_program_fd(CT_INIT_PATH);
        r = ctx->program_fd;
        pthread_mutex_unlock(&ctx->lock);
        if (r < 0) {
                (void)ct_fail(err, CONTAIN_E_SPAWN, -r, NULL, "cannot put contain-init into memory");
                ct_error_set_hint(err, "where vm.memfd_noexec forbids it, '%s' has to be installed",
                                  CT_INIT_PATH);
        }
        return r;
}

void ct_log(struct contain_ctx *ctx, int level, const char *format, ...)
{
        char line[1024];
        va_list args;

        if (!ctx->log || level > ctx->log_level)
                return;
        va_start(args, format);
        (void)vsnprintf(line, sizeof(line), format, args);
        va_end(args);
        ctx->log(ctx->log_userdata, level, line);
}

void ct_log_error(struct contain_ctx *ctx, int level, const char *what, contain_error_t **err)
{
        ct_log(ctx, level, "%s: %s", what, contain_error_message(*err));
        *err = contain_error_free(*err);
}
