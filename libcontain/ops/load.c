/* SPDX-License-Identifier: MIT */

/* Takes a configuration in. */

#include "ops/handle.h"

#include "base/fds.h"
#include "base/json.h"
#include "ops/image-copy.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <string.h>

int ct_op_resolve_bundle(const char *dir, char **ret, contain_error_t **err)
{
        char *path = realpath(dir ? dir : ".", NULL);

        if (!path)
                return ct_fail(err, CONTAIN_E_BUNDLE, errno, NULL, "cannot use '%s' as the bundle",
                               dir ? dir : ".");
        *ret = path;
        return 0;
}

int ct_op_load(struct contain *c, const char *json, size_t size, const char *dir, contain_error_t **err)
{
        _cleanup_(ct_arena_freep) struct ct_arena *arena = NULL;
        _cleanup_free_ char *bundle = NULL, *config = NULL;
        struct ct_spec *spec = NULL;
        int r;

        r = ct_op_resolve_bundle(dir, &bundle, err);
        if (r < 0)
                return r;
        arena = ct_arena_new();
        if (!arena)
                return ct_fail_memory(err);
        r = ct_spec_parse(arena, json, size, &spec, err);
        if (r < 0)
                return r;

        config = malloc(size + 1);
        if (!config)
                return ct_fail_memory(err);
        memcpy(config, json, size);
        config[size] = '\0';

        ct_arena_free(c->arena);
        free(c->bundle);
        free(c->config);
        c->config = ct_take(config);
        c->config_size = size;
        c->maps_rootfs = false;
        ct_image_copy_drop(c);
        c->arena = ct_take(arena);
        c->spec = spec;
        c->bundle = ct_take(bundle);
        return 0;
}

int ct_op_config(struct contain *c, char **ret, size_t *ret_size, contain_error_t **err)
{
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        char *copy;
        int r;

        if (c->config) {
                copy = malloc(c->config_size + 1);
                if (!copy)
                        return ct_fail_memory(err);
                memcpy(copy, c->config, c->config_size + 1);
                *ret = copy;
                *ret_size = c->config_size;
                return 0;
        }
        r = ct_state_open(c->ctx->state_root, c->id, &state, err);
        if (r < 0)
                return r;
        r = ct_state_load_config(state, &text, &size, err);
        if (r < 0 && r != -ENOENT)
                return r;
        /* While its process lives, what is under its id is its own. */
        if (ct_process_ended(c))
                return ct_fail(err, CONTAIN_E_NOT_RUNNING, ESRCH, NULL, "container '%s' is not running",
                               c->id);
        if (r == -ENOENT)
                return ct_fail(err, CONTAIN_E_STATE, ENOENT, NULL,
                               "the configuration of container '%s' was not kept", c->id);
        *ret = ct_take(text);
        *ret_size = size;
        return 0;
}

int ct_op_read_bundle(const char *dir, char **ret, size_t *ret_size, contain_error_t **err)
{
        _cleanup_close_ int dir_fd = -EBADF;
        int r;

        dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (dir_fd < 0)
                return ct_fail(err, CONTAIN_E_BUNDLE, errno, NULL, "cannot open the bundle '%s'", dir);
        r = ct_read_file_at(dir_fd, "config.json", CT_JSON_MAX_SIZE, ret, ret_size);
        if (r == -EFBIG)
                return ct_fail(err, CONTAIN_E_JSON, EFBIG, NULL, "'%s/config.json' is larger than %d bytes",
                               dir, CT_JSON_MAX_SIZE);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_BUNDLE, -r, NULL, "cannot read '%s/config.json'", dir);
        return 0;
}

int ct_op_load_bundle(struct contain *c, const char *dir, contain_error_t **err)
{
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        int r;

        r = ct_op_read_bundle(dir, &text, &size, err);
        return r < 0 ? r : ct_op_load(c, text, size, dir, err);
}

int ct_op_load_rootfs(struct contain *c, const char *rootfs, const char *const *argv, contain_error_t **err)
{
        _cleanup_free_ char *absolute = NULL, *json = NULL;
        const struct ct_facts *facts;
        unsigned flags = 0;
        int r;

        absolute = realpath(rootfs, NULL);
        if (!absolute)
                return ct_fail(err, CONTAIN_E_ROOTFS, errno, "/root/path",
                               "cannot use '%s' as the root file system", rootfs);
        r = ct_context_facts(c->ctx, &facts, err);
        if (r < 0)
                return r;
        /* A root without privilege, as in most containers, is a user like any other. */
        if (facts->uid != 0 || !(facts->capabilities >> CAP_SYS_ADMIN & 1))
                flags = CONTAIN_CONFIG_ROOTLESS;
        r = ct_op_default_config(c->ctx, absolute, argv, flags, true, &json, err);
        if (r < 0)
                return r;
        return ct_op_load(c, json, strlen(json), NULL, err);
}
