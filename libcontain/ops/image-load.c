/* SPDX-License-Identifier: MIT */

/* An image becomes a container's root file system and configuration. */

#include "ops/image-config.h"

#include "base/fds.h"
#include "ops/image-copy.h"
#include "ops/image-store.h"
#include "ops/image-userns.h"
#include "ops/image.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* Files of many ids are written as root of a user namespace that has them; else all are the caller's. */
static int unpack(struct contain *c, const char *image, const contain_image_options_t *options,
                  const struct ct_image_ids *ids, bool volumes, const char *rootfs, char **ret,
                  contain_error_t **err)
{
        _cleanup_(ct_image_request_done) struct ct_image_request request;
        contain_unpack_options_t how = { .size = sizeof(how) };
        _cleanup_close_ int target_fd = -EBADF;
        int r;

        if (ids->userns_fd >= 0)
                how.flags = CONTAIN_UNPACK_NO_DEVICES;
        if (ids->userns_fd >= 0 && !ids->mapped) {
                how.owner = CONTAIN_OWNER_SINGLE;
                how.uid = geteuid();
                how.gid = getegid();
        }
        ct_image_request_begin(&request, "unpack", options);
        ct_image_request_image(&request, image);
        r = ct_image_request_unpack(&request, &how, err);
        if (r == 0)
                r = ct_image_request_target(&request, "target", rootfs, &target_fd, err);
        if (r < 0)
                return r;
        if (ids->mapped)
                ct_image_request_fd(&request, "asRoot", ids->userns_fd);
        ct_image_request_true(&request, "fromStore", options->store != NULL);
        ct_image_request_true(&request, "volumes", volumes);
        return ct_image_request_run(&request, c->ctx, ret, NULL, err);
}

/* A copy that was loaded before goes with its configuration, this one stays. */
static int take_config(struct contain *c, const char *json, contain_error_t **err)
{
        char *path = ct_take(c->copy.path);
        int fd = ct_take_fd(&c->copy.fd);
        int r = ct_op_load(c, json, strlen(json), "/", err);

        c->copy.path = path;
        c->copy.fd = fd;
        return r;
}

static int load_copy(struct contain *c, const char *image, const contain_image_options_t *options,
                     const struct ct_image_run *run, const struct ct_image_ids *ids, contain_error_t **err)
{
        _cleanup_free_ char *answer = NULL, *rootfs = NULL, *json = NULL;
        _cleanup_close_ int root_fd = -EBADF;
        int r;

        if (asprintf(&rootfs, "%s/rootfs", c->copy.path) < 0) {
                rootfs = NULL;
                return ct_fail_memory(err);
        }
        r = unpack(c, image, options, ids, run->volumes_in_root, rootfs, &answer, err);
        if (r < 0)
                return r;
        root_fd = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (root_fd < 0)
                return ct_fail(err, CONTAIN_E_ROOTFS, errno, NULL, "cannot open the copy of the image");
        r = ct_image_convert_answer(c->ctx, answer, root_fd, rootfs, run, &json, err);
        if (r == 0)
                r = take_config(c, json, err);
        if (r == 0)
                c->maps_rootfs = run->userns_auto;
        return r;
}

/* Of an error that says that the kernel cannot mount layers with the ids that the container has. */
static bool cannot_be_shifted(const contain_error_t *error, const struct ct_image_run *run)
{
        return run->userns_auto && contain_error_code(error) == CONTAIN_E_UNSUPPORTED;
}

static int mount_layers(struct contain *c, const char *image, const contain_image_options_t *options,
                        const struct ct_image_run *run, int *ret_fd, char **ret, contain_error_t **err)
{
        struct ct_image_mount mount = {
                .image = image,
                .id = c->id,
                .copy = c->copy.path,
                .userns_fd = -1,
                .optional = true,
                .volumes = run->volumes_in_root,
        };
        _cleanup_close_ int userns_fd = -EBADF;

        if (run->userns_auto) {
                userns_fd = ct_image_userns_auto(c->ctx, err);
                if (userns_fd < 0)
                        return userns_fd;
                mount.userns_fd = userns_fd;
        }
        return ct_op_image_store_mount(c->ctx, &mount, options, ret_fd, ret, err);
}

/*
 * Layers that containers share, and what this one writes on top of them. 1: a copy is needed, as the image,
 * such as a file, has no name that it could be kept by, or as the kernel cannot mount them so.
 */
static int load_stored(struct contain *c, const char *image, const contain_image_options_t *options,
                       const struct ct_image_run *run, contain_error_t **err)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_free_ char *answer = NULL, *json = NULL;
        _cleanup_close_ int root_fd = -EBADF;
        int r;

        r = ct_image_copy_in_store(c, options->store, err);
        if (r < 0)
                return r;
        r = mount_layers(c, image, options, run, &root_fd, &answer, &error);
        if (r > 0 || (r < 0 && cannot_be_shifted(error, run))) {
                if (r < 0)
                        ct_log_error(c->ctx, CONTAIN_LOG_INFO, "the image is copied", &error);
                ct_image_copy_not_in_store(c);
                return 1;
        }
        if (r < 0 && err)
                *err = ct_take(error);
        if (r >= 0)
                r = ct_image_convert_answer(c->ctx, answer, root_fd, c->copy.path, run, &json, err);
        if (r >= 0)
                r = take_config(c, json, err);
        if (r < 0)
                return r;
        c->rootfs_fd = ct_high_fd(ct_take_fd(&root_fd));
        return 0;
}

int ct_op_load_image(struct contain *c, const char *image, const contain_image_options_t *options,
                     const contain_run_options_t *run, const char *const *argv, contain_error_t **err)
{
        _cleanup_(ct_image_ids_done) struct ct_image_ids ids = { .userns_fd = -EBADF };
        struct ct_image_run how;
        int r;

        if (c->rootfs_fd >= 0 && !c->copy.mounted)
                return ct_fail(err, CONTAIN_E_CONFLICT, EINVAL, NULL,
                               "an image brings its root file system, and one was given as a descriptor");
        r = ct_image_ids_open(c->ctx, (run->flags & CONTAIN_RUN_USERNS_AUTO) != 0, &ids, err);
        if (r < 0)
                return r;
        ct_image_run_fill(&how, run, &ids, argv);
        how.volumes_in_root = !how.readonly;
        ct_image_copy_drop(c);
        r = ct_image_copy_make(c, run->storage, err);
        if (r < 0)
                return r;
        r = 1;
        if (options->store && ids.userns_fd >= 0)
                ct_log(c->ctx, CONTAIN_LOG_INFO,
                       "%s: the image is copied: mounting the store's layers takes privilege", c->id);
        else if (options->store)
                r = load_stored(c, image, options, &how, err);
        if (r > 0)
                r = load_copy(c, image, options, &how, &ids, err);
        if (r < 0)
                ct_image_copy_drop(c);
        return r;
}
