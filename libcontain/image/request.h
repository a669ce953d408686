/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_REQUEST_H
#define CT_IMAGE_REQUEST_H

/* What requests have in common: the members that say which image, and how to get at it. */

#include "image/job.h"
#include "image/source.h"
#include "image/tree.h"

/* Members "platform", "authFile", "certificates", "store", "mirrors", "insecure", "stallMs", "stdin",
 * "spool". */
int ct_request_source_options(struct ct_job *job, struct ct_source_options *ret, contain_error_t **err);
/* Opens the image that member "image" names. The caller frees ret->source. */
int ct_request_open_image(struct ct_job *job, struct ct_image *ret, contain_error_t **err);
/* Members "maxBytes", "maxEntries", "maxFileBytes", "maxDepth". */
int ct_request_limits(struct ct_job *job, struct ct_unpack_limits *ret, contain_error_t **err);
/* How much may be fetched or spooled of an image that has @limits; 0: no limit. */
uint64_t ct_request_raw_bytes(const struct ct_unpack_limits *limits);
/* Members "owner", "uid", "gid", "uidMaps", "gidMaps", "noDevices", and the limits. */
int ct_request_unpack_options(struct ct_job *job, struct ct_unpack *ret, contain_error_t **err);

#endif
