/* SPDX-License-Identifier: MIT */

#include "ops/deploy.h"

#include "base/fds.h"

#include <fcntl.h>
#include <sys/stat.h>

int ct_deploy_request_root(struct ct_image_request *request, const char *dir, int *ret_fd,
                           contain_error_t **err)
{
        int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return ct_fail(err, CONTAIN_E_DEPLOY, errno, NULL, "cannot open '%s'", dir);
        ct_image_request_fd(request, "root", fd);
        ct_image_request_string(request, "rootName", dir);
        *ret_fd = fd;
        return 0;
}

int ct_deploy_request_run(struct ct_image_request *request, struct contain_ctx *ctx, char **ret,
                          contain_error_t **err)
{
        _cleanup_free_ char *result = NULL;
        int r = ct_image_request_run(request, ctx, &result, NULL, err);

        if (r < 0)
                return r;
        if (ret)
                *ret = ct_take(result);
        return 0;
}

/* 1: it was made. For its owner alone: images have programs that run as root for whoever starts them. */
static int make_root(const char *dir, contain_error_t **err)
{
        int r = ct_mkdirat(AT_FDCWD, dir, 0700);

        if (r < 0 && r != -EEXIST)
                return ct_fail(err, CONTAIN_E_DEPLOY, -r, NULL, "cannot make '%s'", dir);
        return r == 0;
}

/* Of a deployment that failed: what is empty, as nothing was deployed before. */
static void remove_root(const char *dir, int fd)
{
        (void)unlinkat(fd, "releases", AT_REMOVEDIR);
        (void)unlinkat(fd, ".contain", AT_REMOVEDIR);
        (void)rmdir(dir);
}

int ct_op_deploy(struct contain_ctx *ctx, const char *image, const char *dir,
                 const contain_image_options_t *options, const contain_unpack_options_t *unpack,
                 const contain_deploy_options_t *deploy, char **ret, contain_error_t **err)
{
        _cleanup_(ct_image_request_done) struct ct_image_request request;
        _cleanup_close_ int root_fd = -EBADF;
        int r, made;

        ct_image_request_begin(&request, "deploy", options);
        ct_image_request_image(&request, image);
        ct_image_request_true(&request, "inPlace", deploy->flags & CONTAIN_DEPLOY_IN_PLACE);
        ct_image_request_true(&request, "quick", deploy->flags & CONTAIN_DEPLOY_QUICK);
        ct_image_request_true(&request, "force", deploy->flags & CONTAIN_DEPLOY_FORCE);
        ct_image_request_true(&request, "noEnv", deploy->flags & CONTAIN_DEPLOY_NO_ENV);
        ct_image_request_uint(&request, "keep", deploy->keep);
        ct_image_request_string(&request, "expectDigest", deploy->expect_digest);
        r = ct_image_request_unpack(&request, unpack, err);
        /* For what is half-removed as well as for what goes now. */
        if (r == 0)
                r = ct_deploy_request_containers(&request, ctx, err);
        if (r < 0)
                return r;
        made = make_root(dir, err);
        if (made < 0)
                return made;
        r = ct_deploy_request_root(&request, dir, &root_fd, err);
        if (r == 0)
                r = ct_deploy_request_run(&request, ctx, ret, err);
        if (r < 0 && made)
                remove_root(dir, root_fd);
        return r;
}
