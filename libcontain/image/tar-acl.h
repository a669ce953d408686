/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_TAR_ACL_H
#define CT_IMAGE_TAR_ACL_H

#include <stddef.h>

struct archive_entry;

#define CT_ACL_SIZE (4 + 8 * 256) /* bytes, of an access list as an attribute */

/*
 * The access list of @entry that libarchive calls @type, as the kernel takes it: its size, 0 when there is
 * none. -ENOTUNIQ: it names somebody without a number; -E2BIG.
 */
int ct_tar_acl(struct archive_entry *entry, int type, unsigned char ret[CT_ACL_SIZE]);

#endif
