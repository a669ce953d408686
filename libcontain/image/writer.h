/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_WRITER_H
#define CT_IMAGE_WRITER_H

/*
 * How members of archives become files (tree.h), for the files that do it: folders.c, nodes.c, whiteouts.c,
 * attributes.c.
 *
 * Every file is made and named by one component, relative to the descriptor of its folder, and the kernel
 * found that folder below the root without any symbolic link. A few folders are kept open. One that is
 * changed gets its time of modification back when it is left, so no list of folders has to be kept until the
 * end, however many there are.
 */

#include "image/brought.h"
#include "image/job.h"
#include "image/member.h"
#include "image/tree.h"

#include <sys/stat.h>

#define CT_FOLDERS 16

struct ct_folder {
        char *path; /* NULL: the slot is free */
        size_t length;
        int fd;
        uid_t uid;
        gid_t gid;
        mode_t mode;              /* as it will be once it is left */
        struct timespec times[2]; /* likewise */
        bool is_touched;          /* something in it was changed */
        bool is_opened_up;        /* we gave ourselves rights that the mode does not give */
        bool is_brought;          /* it is in the tree's set of what was brought */
        bool has_default_acl;     /* what is made in it gets access lists */
        bool is_of_its_own;       /* layers below have nothing that is seen in it, known to be so */
        bool is_kept;             /* not to be left now */
        uint64_t used;
};

struct ct_tree {
        int root_fd;
        const struct ct_unpack *how;
        struct ct_unpack_counts *counts;
        const struct ct_job *job;           /* may be NULL */
        struct ct_brought *brought;         /* NULL: the layer began with nothing */
        struct ct_brought *skipped_devices; /* NULL while there are none */
        uid_t uid;                          /* whose files become that are made */
        gid_t gid;
        bool is_unprivileged;     /* some attributes are refused, whatever image it is */
        bool needs_rights;        /* modes of folders hold for us, too */
        struct timespec times[2]; /* of the member that is being added */
        struct ct_folder folders[CT_FOLDERS];
        uint64_t clock;
};

int ct_tree_init(struct ct_tree *tree, int root_fd, const struct ct_unpack *how,
                 struct ct_unpack_counts *counts, contain_error_t **err);
/* Leaves all folders; then nothing is open. */
int ct_tree_end(struct ct_tree *tree, contain_error_t **err);
/* Closes what is open, as it is. */
void ct_tree_done(struct ct_tree *tree);
#define _cleanup_tree_ _cleanup_(ct_tree_done)

/* --- folders.c --- */

/*
 * The folder at the first @length bytes of @path. With @make those that are missing are made, mode 0755, and
 * what lower layers have in the way goes. Without it, -ENOENT (no error set) when it is not there. What is
 * returned stays until the next call, or as long as is_kept is set.
 */
int ct_folder_enter(struct ct_tree *tree, const char *path, size_t length, bool make, struct ct_folder **ret,
                    contain_error_t **err);
/* The folder in which the path's last component is. */
int ct_folder_enter_parent(struct ct_tree *tree, const struct ct_member_path *path, bool make,
                           struct ct_folder **ret, contain_error_t **err);
/* A folder that has just been made in @parent, or is known to be there. */
int ct_folder_enter_child(struct ct_tree *tree, struct ct_folder *parent, const struct ct_member_path *path,
                          struct ct_folder **ret, contain_error_t **err);
/* What is at @path, and below it, is gone. */
void ct_folder_forget(struct ct_tree *tree, const char *path, size_t length);
/* Sets what the mode will be. */
int ct_folder_set_mode(struct ct_tree *tree, struct ct_folder *folder, mode_t mode, contain_error_t **err);
int ct_folder_set_owner(struct ct_folder *folder, uid_t uid, gid_t gid, contain_error_t **err);
/* Remembers that the layer has brought what is at @path in @folder. */
int ct_folder_bring(struct ct_tree *tree, struct ct_folder *folder, const struct ct_member_path *path,
                    contain_error_t **err);

/* --- lowers.c --- */

/* What is at @path in the layers below, where the layer itself does not hide it: 1, 0, -errno. @ret_fd can be
 * looked at only. */
int ct_lower_open(const struct ct_tree *tree, const char *path, size_t length, int *ret_fd);
/* How the folder at @path looks there: 1; 0 when it is not there, or no folder; -errno. */
int ct_lower_find(const struct ct_tree *tree, const char *path, size_t length, struct stat *ret);

/* --- copy-up.c --- */

/* Copies what is at @path in the layers below to this one. Without an error set: -ENOENT when it is not
 * there, -EPERM for a folder. */
int ct_tree_copy_up(struct ct_tree *tree, const struct ct_member_path *path, contain_error_t **err);

/* --- nodes.c --- */

/* Makes what @member is. Of a regular file *ret_fd is a descriptor to be written to, else -EBADF. */
int ct_tree_add(struct ct_tree *tree, const struct ct_member *member, int *ret_fd, contain_error_t **err);
/* The same of a copy of what a lower layer has: whiteouts of the layer apply to it. */
int ct_tree_add_copy(struct ct_tree *tree, const struct ct_member *member, int *ret_fd,
                     contain_error_t **err);
/* Sets what has to be set last, of a file whose content ends at @written. */
int ct_tree_end_file(struct ct_tree *tree, const struct ct_member *member, int fd, uint64_t written,
                     contain_error_t **err);

/* --- whiteouts.c --- */

int ct_tree_hide(struct ct_tree *tree, const struct ct_member *member, contain_error_t **err);
/* Is what is at @name the mark of overlayfs that nothing is there? */
bool ct_tree_is_overlay_whiteout(const struct ct_tree *tree, int dir_fd, const char *name);
/* The attribute of a folder that shows nothing of those below it, and setting it. */
const char *ct_tree_opaque_name(const struct ct_tree *tree);
int ct_tree_set_opaque(struct ct_tree *tree, int fd, const char *path, contain_error_t **err);

/* --- attributes.c --- */

/* 0; -ERANGE for ids that the maps do not have. */
int ct_owner_map(const struct ct_owner *owner, uint32_t uid, uint32_t gid, uid_t *ret_uid, gid_t *ret_gid);
/* Sets the extended attributes of what is at @fd, or with @name, in the folder @fd. @is_new: it has none but
 * those that its folder gave it. */
int ct_tree_set_attributes(struct ct_tree *tree, const struct ct_member *member, int fd, const char *name,
                           contain_error_t **err);
/* Takes away those that @member does not have. */
int ct_tree_clear_attributes(const struct ct_member *member, int fd, contain_error_t **err);
/* Takes away the access lists that a folder with a default one gives to what is made in it. @fd may be one of
 * O_PATH. */
int ct_tree_clear_access(int fd, const char *path, contain_error_t **err);

#endif
