/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_VOLUMES_H
#define CT_IMAGE_VOLUMES_H

#include "image/job.h"
#include "image/source.h"

/*
 * Makes the folders below @root_fd that the image declares as volumes, and does not have; if member "volumes"
 * of the request asks for it. A link on the way leads no further than the root.
 */
int ct_volumes_make(struct ct_job *job, const struct ct_image *image, int root_fd, contain_error_t **err);

#endif
