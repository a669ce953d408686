/* SPDX-License-Identifier: MIT */

/* POSIX access lists, which some archives have as text, as the attributes that they are in the file system.
 */

#include "image/tar-acl.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdint.h>

#define ENTRY_SIZE 8

struct list {
        unsigned char *bytes;
        size_t size;
};

static const struct {
        int theirs;
        unsigned ours;
} kinds[] = {
        /* In the order that the kernel wants. */
        { ARCHIVE_ENTRY_ACL_USER_OBJ, ACL_USER_OBJ },   { ARCHIVE_ENTRY_ACL_USER, ACL_USER },
        { ARCHIVE_ENTRY_ACL_GROUP_OBJ, ACL_GROUP_OBJ }, { ARCHIVE_ENTRY_ACL_GROUP, ACL_GROUP },
        { ARCHIVE_ENTRY_ACL_MASK, ACL_MASK },           { ARCHIVE_ENTRY_ACL_OTHER, ACL_OTHER },
};

static void put(struct list *list, uint32_t value, size_t bytes)
{
        while (bytes-- > 0) {
                list->bytes[list->size++] = (unsigned char)value;
                value >>= 8;
        }
}

static int add_kind(struct archive_entry *entry, int type, size_t kind, struct list *list)
{
        int entry_type, permissions, tag, id;
        const char *name;

        (void)archive_entry_acl_reset(entry, type);
        while (archive_entry_acl_next(entry, type, &entry_type, &permissions, &tag, &id, &name) ==
               ARCHIVE_OK) {
                unsigned ours = kinds[kind].ours;
                int named = ours == ACL_USER || ours == ACL_GROUP;

                if (tag != kinds[kind].theirs)
                        continue;
                if (named && id < 0)
                        return -ENOTUNIQ;
                if (list->size + ENTRY_SIZE > CT_ACL_SIZE)
                        return -E2BIG;
                put(list, ours, 2);
                put(list, (uint32_t)permissions & 7, 2);
                put(list, named ? (uint32_t)id : (uint32_t)ACL_UNDEFINED_ID, 4);
        }
        return 0;
}

int ct_tar_acl(struct archive_entry *entry, int type, unsigned char ret[CT_ACL_SIZE])
{
        struct list list = { .bytes = ret };
        size_t kind;
        int r;

        if (!(archive_entry_acl_types(entry) & type))
                return 0;
        put(&list, POSIX_ACL_XATTR_VERSION, 4);
        for (kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
                r = add_kind(entry, type, kind, &list);
                if (r < 0)
                        return r;
        }
        return (int)list.size;
}
