/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_DEPLOY_H
#define CT_IMAGE_DEPLOY_H

/* What requests about releases have in common. */

#include "image/staging.h"

/* The folder that member "root" of the request brings, and "rootName" names. */
int ct_deploy_root(const struct ct_job *job, int *ret_fd, const char **ret_name, contain_error_t **err);
/* Fails for a folder that is deployed to in place: it is a root file system, and has no releases. */
int ct_deploy_refuse_in_place(int root_fd, const char *root_name, contain_error_t **err);
/* The releases in that folder, read. @lock: to change them. */
int ct_deploy_open(struct ct_job *job, bool lock, struct ct_releases **ret, contain_error_t **err);

/*
 * The beginning of a deployment to @root_fd: makes and locks @folder in it, and removes what an earlier one
 * left. What cannot be removed is no obstacle: (*ret)->warning tells of it.
 */
int ct_deploy_begin(struct ct_job *job, int root_fd, const char *root_name, const char *folder,
                    struct ct_releases **ret, contain_error_t **err);
/*
 * Makes @staging of the image that the request names, unless there is a release of it: 1, and *ret is that.
 * The caller frees ret_image->source, also on failure.
 */
int ct_deploy_stage(struct ct_job *job, struct ct_releases *releases, const struct ct_deploy *how,
                    struct ct_staging *staging, struct ct_image *ret_image, struct ct_release **ret,
                    contain_error_t **err);
/* The name of a release that is made of it: TIME-DIGEST. */
void ct_deploy_name(const struct ct_releases *releases, const struct ct_digest *digest, char ret[64]);
/* The beginning of the result, an object: members "status", "name", "digest". */
void ct_deploy_put_result(struct ct_buf *buf, const char *status, const struct ct_release *release);
/* Member "warning", if there is @text. */
void ct_deploy_put_warning(struct ct_buf *buf, const char *text);

struct ct_sync_request {
        bool quick; /* take files of the same size and time for the same */
        bool force; /* also a folder that has something in it and was never deployed to */
};

/* sync-deploy.c: makes the image what is in the folder itself. */
int ct_sync_deploy(struct ct_job *job, const struct ct_deploy *how, const struct ct_sync_request *request,
                   struct ct_buf *ret_json, contain_error_t **err);
/* The release that is in the folder itself: 1; 0 for none. */
int ct_sync_release(int root_fd, const char *root_name, struct ct_releases **ret_releases,
                    struct ct_release *ret, contain_error_t **err);

#endif
