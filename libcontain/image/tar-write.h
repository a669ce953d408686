/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_TAR_WRITE_H
#define CT_IMAGE_TAR_WRITE_H

/*
 * Writes a tar in the pax interchange format (POSIX.1, pax) whose bytes follow from the entries alone: no
 * names of users, no times but mtime, a pax header only for what a ustar header cannot say, its records in
 * one order. Names are bytes.
 */

#include "base/error.h"
#include "image/digest.h"
#include "image/job.h"
#include "image/member.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct ct_tar_entry {
        const char *path; /* without a slash at either end */
        const char
                *link; /* of a symbolic link, or, when @is_hardlink, the member that it is another name of */
        int is_hardlink;
        mode_t mode; /* with the type of file */
        uint32_t uid, gid;
        uint32_t device_major, device_minor;
        int64_t mtime;
        uint32_t mtime_nsec;
        int64_t size;                         /* of a regular file */
        const struct ct_member_xattr *xattrs; /* by name */
        size_t n_xattrs;
        const struct ct_member_extent *extents; /* of a sparse file, in their order; NULL for any other */
        size_t n_extents;
};

struct ct_tar_writer;

/* Writes to @fd, which stays the caller's, and digests what it writes; @job (NULL) may cancel. */
int ct_tar_writer_new(int fd, const struct ct_job *job, struct ct_tar_writer **ret, contain_error_t **err);
struct ct_tar_writer *ct_tar_writer_free(struct ct_tar_writer *writer);
CT_CLEANUP(struct ct_tar_writer, ct_tar_writer_free)

/* The header. The data follows when the entry is a regular file: of its extents, or all @size bytes. */
int ct_tar_writer_entry(struct ct_tar_writer *writer, const struct ct_tar_entry *entry,
                        contain_error_t **err);
int ct_tar_writer_data(struct ct_tar_writer *writer, const void *bytes, size_t size, contain_error_t **err);
/* Ends the entry; -EIO when its data was not as long as its header said. */
int ct_tar_writer_end_entry(struct ct_tar_writer *writer, contain_error_t **err);
/* Ends the archive, and tells what it is. */
int ct_tar_writer_finish(struct ct_tar_writer *writer, struct ct_digest *ret_digest, uint64_t *ret_size,
                         contain_error_t **err);

#endif
