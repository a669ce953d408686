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
/* A file, a folder and so on: how deep, how large, and what it adds to the bytes. */
int ct_limits_count_node(const struct ct_unpack_limits *limits, struct ct_unpack_counts *counts,
                         const struct ct_member *member, contain_error_t **err);

#endif
