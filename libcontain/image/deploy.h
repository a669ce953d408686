/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_DEPLOY_H
#define CT_IMAGE_DEPLOY_H

/* What requests about releases have in common. */

#include "image/staging.h"

/* The folder that member "root" of the request brings, and "rootName" names. */
int ct_deploy_root(const struct ct_job *job, int *ret_fd, const char **ret_name, contain_error_t **err);
/* Opens member "image" of the request; what has to be read twice is kept in the folder @spool_fd. */
int ct_deploy_open_image(struct ct_job *job, int spool_fd, struct ct_image *ret, contain_error_t **err);
/* TIME-DIGEST */
void ct_deploy_name(const struct ct_releases *releases, const struct ct_digest *digest, char ret[64]);
/* The release that @digest and @owner are already deployed as; NULL. */
struct ct_release *ct_deploy_find(const struct ct_releases *releases, const struct ct_digest *digest,
                                  const char *owner);

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
