/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_MEMBER_H
#define CT_IMAGE_MEMBER_H

/* A member of a layer's archive, its names made safe and its extended attributes sorted out. Pure. */

#include "base/error.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

/*
 * A path below the root: no slash at either end, no empty, "." or ".." component; "" is the root itself.
 * Bytes of any kind otherwise, as the file system takes them.
 */
struct ct_member_path {
        char text[PATH_MAX];
        size_t length;
        size_t name;  /* where the last component begins */
        size_t depth; /* components */
};

enum ct_member_kind {
        CT_MEMBER_NODE,     /* something to be made, of the type that the mode tells */
        CT_MEMBER_LINK,     /* one more name of what @target is */
        CT_MEMBER_WHITEOUT, /* the path is not to be there, as far as lower layers have it */
        CT_MEMBER_OPAQUE,   /* nor is anything that lower layers have in the folder of that path */
        CT_MEMBER_NOTHING,  /* bookkeeping of the tool that made the layer */
};

struct ct_member_xattr {
        const char *name;
        const void *value;
        size_t size;
};

/* Part of a file that has data; what lies between two of them is a hole. */
struct ct_member_extent {
        int64_t offset, size;
};

#define CT_MEMBER_XATTRS 512

struct ct_member {
        enum ct_member_kind kind;
        struct ct_member_path path;
        struct ct_member_path target; /* CT_MEMBER_LINK */
        const char *symlink;          /* what a symbolic link has in it */
        mode_t mode;                  /* type and bits */
        uint32_t uid, gid;            /* of the archive */
        uint64_t size;                /* of a regular file, holes included */
        dev_t rdev;
        struct timespec times[2]; /* of the last access and modification */
        struct ct_member_xattr *xattrs;
        size_t n_xattrs;
};

/* -EINVAL: no name, or one with ".."; -ENAMETOOLONG. */
int ct_member_path_set(struct ct_member_path *path, const char *text);
/* Takes what a name of image-spec's layer.md, "Whiteouts", means off the path and puts it into the kind.
 * -EINVAL for one that hides what has no name. */
int ct_member_find_whiteout(struct ct_member *member);

/*
 * Is this an attribute that an image may bring? Labels and hashes that belong to the machine's own policy are
 * not, nor are those in which overlayfs keeps its books.
 */
bool ct_member_xattr_is_wanted(const char *name);

#endif
