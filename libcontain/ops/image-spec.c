/* SPDX-License-Identifier: MIT */

/* The configuration of a container of an image: from what contain-image answers, and for a bundle. */

#include "ops/image-config.h"

#include "ops/image-userns.h"
#include "ops/image.h"

#include <fcntl.h>
#include <string.h>

/* The member "config" of the answer: the image's own. */
static int find_config(struct ct_arena *arena, const char *answer, struct ct_json_document **ret_document,
                       struct ct_json *ret, contain_error_t **err)
{
        struct ct_json root;
        int r;

        r = ct_json_parse(arena, "the answer", answer, strlen(answer), ret_document, &root, err);
        if (r < 0)
                return r;
        r = ct_json_require(ct_json_get_object(&root, "config", ret, err), &root, "config", err);
        if (r < 0)
                return r;
        ret->at = ""; /* places are told as the image has them */
        return 0;
}

int ct_image_convert_answer(struct contain_ctx *ctx, const char *answer, int root_fd, const char *rootfs,
                            const struct ct_image_run *run, char **ret, contain_error_t **err)
{
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        struct ct_json config;
        int r;

        if (!arena)
                return ct_fail_memory(err);
        r = find_config(arena, answer, &document, &config, err);
        return r < 0 ? r : ct_image_convert(ctx, arena, &config, root_fd, rootfs, run, ret, err);
}

void ct_image_run_fill(struct ct_image_run *ret, const contain_run_options_t *run,
                       const struct ct_image_ids *ids, const char *const *argv)
{
        *ret = (struct ct_image_run){
                .argv = argv,
                .entrypoint = run->entrypoint,
                .user = run->user,
                .env_files = run->env_files,
                .env = run->env,
                .cwd = run->cwd,
                .flags = run->flags & CONTAIN_RUN_TERMINAL ? CONTAIN_CONFIG_TERMINAL : 0u,
                .readonly = (run->flags & CONTAIN_RUN_READ_ONLY) != 0,
                .userns_auto = ids->userns_fd < 0 && ids->mapped,
        };
        if (ids->userns_fd >= 0)
                ret->flags |= CONTAIN_CONFIG_ROOTLESS | (ids->mapped ? CONTAIN_CONFIG_SUBIDS : 0u);
}

int ct_op_image_spec(struct contain_ctx *ctx, const char *image, const char *rootfs,
                     const contain_image_options_t *options, const contain_run_options_t *run,
                     const char *const *argv, char **ret, contain_error_t **err)
{
        _cleanup_(ct_image_ids_done) struct ct_image_ids ids = { .userns_fd = -EBADF };
        _cleanup_close_ int root_fd = -EBADF;
        _cleanup_free_ char *answer = NULL;
        struct ct_image_run how;
        int r;

        if (rootfs) {
                root_fd = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
                if (root_fd < 0)
                        return ct_fail(err, CONTAIN_E_ROOTFS, errno, NULL, "cannot open the folder '%s'",
                                       rootfs);
        }
        r = ct_image_ids_open(ctx, (run->flags & CONTAIN_RUN_USERNS_AUTO) != 0, &ids, err);
        if (r == 0)
                r = ct_op_image_inspect(ctx, image, options, &answer, err);
        if (r < 0)
                return r;
        ct_image_run_fill(&how, run, &ids, argv);
        return ct_image_convert_answer(ctx, answer, root_fd, NULL, &how, ret, err);
}
