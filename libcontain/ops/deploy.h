/* SPDX-License-Identifier: MIT */
#ifndef CT_OPS_DEPLOY_H
#define CT_OPS_DEPLOY_H

/* Verbs on images as archives and releases, each in the file of its name. @ret may be NULL, but for lists. */

#include "ops/image.h"

#include <contain/deploy.h>

int ct_op_image_export(struct contain_ctx *ctx, const char *image, int fd, uint32_t flags,
                       const contain_image_options_t *options, char **ret, contain_error_t **err);
int ct_op_deploy(struct contain_ctx *ctx, const char *image, const char *dir,
                 const contain_image_options_t *options, const contain_unpack_options_t *unpack,
                 const contain_deploy_options_t *deploy, char **ret, contain_error_t **err);
int ct_op_releases(struct contain_ctx *ctx, const char *dir, char **ret, contain_error_t **err);
int ct_op_rollback(struct contain_ctx *ctx, const char *dir, const char *to, char **ret,
                   contain_error_t **err);
int ct_op_prune(struct contain_ctx *ctx, const char *dir, uint32_t keep, uint32_t flags, char **ret,
                contain_error_t **err);

/* Opens the folder of releases @dir and gives it to @request; *ret_fd is to be closed after it was run. */
int ct_deploy_request_root(struct ct_image_request *request, const char *dir, int *ret_fd,
                           contain_error_t **err);
/* Tells it of the containers that are not stopped, which may have their roots in a release. */
int ct_deploy_request_containers(struct ct_image_request *request, struct contain_ctx *ctx,
                                 contain_error_t **err);
/* Runs it, and hands the answer on to whoever wants it. */
int ct_deploy_request_run(struct ct_image_request *request, struct contain_ctx *ctx, char **ret,
                          contain_error_t **err);

#endif
