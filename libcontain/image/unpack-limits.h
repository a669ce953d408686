/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_UNPACK_LIMITS_H
#define CT_IMAGE_UNPACK_LIMITS_H

/* What is counted of an image that is unpacked or exported, and where it ends: CONTAIN_E_SIZE. */

#include "image/member.h"
#include "image/tree.h"

int ct_limits_count_entry(const struct ct_unpack_limits *limits, struct ct_unpack_counts *counts,
                          contain_error_t **err);
int ct_limits_count_bytes(const struct ct_unpack_limits *limits, struct ct_unpack_counts *counts,
                          uint64_t bytes, contain_error_t **err);
/* How deep it is, how large, and what it adds to the bytes. What is hidden or passed over is neither. */
int ct_limits_count_member(const struct ct_unpack_limits *limits, struct ct_unpack_counts *counts,
                           const struct ct_member *member, contain_error_t **err);

#endif
