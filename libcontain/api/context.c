/* SPDX-License-Identifier: MIT */

/* Gates of include/contain/context.h and base.h. */

#include "api/gate.h"

#include <contain/context.h>
#include <string.h>

void contain_free(void *document)
{
        free(document);
}

const char *contain_version(void)
{
        return CT_VERSION;
}

int contain_ctx_new(contain_ctx_t **ret, contain_error_t **err)
{
        int r = gate_argument(ret, "ret", err);

        return r < 0 ? r : ct_context_new(ret, err);
}

contain_ctx_t *contain_ctx_ref(contain_ctx_t *ctx)
{
        if (ctx)
                atomic_fetch_add(&ctx->refs, 1);
        return ctx;
}

contain_ctx_t *contain_ctx_unref(contain_ctx_t *ctx)
{
        return ct_context_unref(ctx);
}

/* Settings are for contexts that nothing was made from yet. */
static int gate_setting(struct contain_ctx *ctx, contain_error_t **err)
{
        int r = gate_context(ctx, err);

        if (r == 0 && atomic_load(&ctx->used))
                r = ct_fail(err, CONTAIN_E_BUSY, EBUSY, NULL,
                            "a container was made from this context already");
        return r;
}

int contain_ctx_set_state_root(contain_ctx_t *ctx, const char *dir, contain_error_t **err)
{
        char *copy;
        int r = gate_setting(ctx, err);

        if (r == 0)
                r = gate_argument(dir, "dir", err);
        if (r < 0)
                return r;
        if (dir[0] != '/')
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL,
                               "the state root '%s' is not an absolute path", dir);
        copy = strdup(dir);
        if (!copy)
                return ct_fail_memory(err);
        free(ctx->state_root);
        ctx->state_root = copy;
        return 0;
}

int contain_ctx_set_cgroup_manager(contain_ctx_t *ctx, const char *name, contain_error_t **err)
{
        int r = gate_setting(ctx, err);

        if (r == 0)
                r = gate_argument(name, "name", err);
        if (r < 0)
                return r;
        if (strcmp(name, "cgroupfs") == 0)
                ctx->manager = CT_MANAGER_CGROUPFS;
        else if (strcmp(name, "disabled") == 0)
                ctx->manager = CT_MANAGER_DISABLED;
        else if (strcmp(name, "systemd") == 0 && ct_systemd_built())
                ctx->manager = CT_MANAGER_SYSTEMD;
        else if (strcmp(name, "systemd") == 0)
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, NULL,
                               "this build cannot manage cgroups through systemd");
        else
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL,
                               "cgroup manager '%s' is not one of 'cgroupfs', 'systemd', 'disabled'", name);
        return 0;
}

int contain_ctx_set_log(contain_ctx_t *ctx, contain_log_fn fn, void *userdata, int level,
                        contain_error_t **err)
{
        int r = gate_setting(ctx, err);

        if (r < 0)
                return r;
        if (level < CONTAIN_LOG_ERROR || level > CONTAIN_LOG_DEBUG)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "log level %d is not one of 0 to 3",
                               level);
        ctx->log = fn;
        ctx->log_userdata = userdata;
        ctx->log_level = level;
        return 0;
}

int contain_list_json(contain_ctx_t *ctx, char **ret, contain_error_t **err)
{
        int r = gate_context(ctx, err);

        if (r == 0)
                r = gate_argument(ret, "ret", err);
        return r < 0 ? r : ct_op_list(ctx, ret, err);
}

int contain_features_json(contain_ctx_t *ctx, char **ret, contain_error_t **err)
{
        int r = gate_context(ctx, err);

        if (r == 0)
                r = gate_argument(ret, "ret", err);
        return r < 0 ? r : ct_op_features(ctx, ret, err);
}

int contain_default_config(contain_ctx_t *ctx, const char *rootfs, const char *const *argv, unsigned flags,
                           char **ret, contain_error_t **err)
{
        int r = gate_context(ctx, err);

        if (r == 0)
                r = gate_argument(ret, "ret", err);
        if (r == 0)
                r = gate_flags(flags,
                               CONTAIN_CONFIG_ROOTLESS | CONTAIN_CONFIG_TERMINAL | CONTAIN_CONFIG_SUBIDS,
                               err);
        if (r < 0)
                return r;
        if (argv && !argv[0])
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "argument 'argv' is empty");
        return ct_op_default_config(ctx, rootfs, argv, flags, false, ret, err);
}
