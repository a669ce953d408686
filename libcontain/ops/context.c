/* SPDX-License-Identifier: MIT */

/* A context: settings, and what is looked up once for all containers. */

#include "ops/handle.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Is @path a folder of the caller's own? */
static bool is_own_folder(const char *path)
{
        struct stat status;

        return stat(path, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid();
}

/*
 * Root has /run. So has a root whose user namespace is all it ever knew; but one that a user has made for
 * itself (podman unshare) still has that user's runtime folder, and no right to /run.
 */
static char *default_state_root(void)
{
        const char *runtime_dir = secure_getenv("XDG_RUNTIME_DIR");
        unsigned uid = (unsigned)geteuid();
        char *root = NULL;
        int r;

        if (uid == 0 && (!runtime_dir || access("/run", W_OK) == 0))
                return strdup("/run/contain");
        if (runtime_dir && runtime_dir[0] == '/')
                return asprintf(&root, "%s/contain", runtime_dir) < 0 ? NULL : root;
        /* Where logging in would have set it to, for those who came by other ways. */
        r = asprintf(&root, "/run/user/%u", uid);
        if (r < 0)
                return NULL;
        if (is_own_folder(root)) {
                free(root);
                return asprintf(&root, "/run/user/%u/contain", uid) < 0 ? NULL : root;
        }
        free(root);
        return asprintf(&root, "/tmp/contain-%u", uid) < 0 ? NULL : root;
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
        ctx->program_fd = ctx->image_program_fd = -EBADF;
        ctx->log_level = CONTAIN_LOG_WARNING;
        (void)pthread_mutex_init(&ctx->lock, NULL);
        (void)pthread_mutex_init(&ctx->further_lock, NULL);
        ctx->further_fd = -EBADF;
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
        ct_close(ctx->image_program_fd);
        ct_further_done(ctx);
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
        if (r == -ENOENT) {
                r = ct_fail(err, CONTAIN_E_CGROUP, ENOENT, NULL,
                            "there is no procfs on '/proc', which tells where cgroups are mounted");
                ct_error_set_hint(err, "mount it: 'mount -t proc proc /proc'");
                return r;
        }
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
