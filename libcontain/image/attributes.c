/* SPDX-License-Identifier: MIT */

/* Owners as the tree is to have them, and extended attributes, of which some have ids in them. */

#include "image/writer.h"

#include <linux/capability.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#define CAPABILITY     "security.capability"
#define ACCESS_ACL     "system.posix_acl_access"
#define DEFAULT_ACL    "system.posix_acl_default"
#define LONGEST_LIST   65536 /* XATTR_LIST_MAX */
#define PROC_PATH_SIZE (NAME_MAX + 64)

static int map_id(const struct ct_owner_range *ranges, size_t n, uint32_t id, uint32_t *ret)
{
        size_t i;

        for (i = 0; i < n; i++) {
                if (id >= ranges[i].inside && id - ranges[i].inside < ranges[i].count) {
                        *ret = ranges[i].outside + (id - ranges[i].inside);
                        return 0;
                }
        }
        return -ERANGE;
}

static int map_uid(const struct ct_owner *owner, uint32_t id, uint32_t *ret)
{
        *ret = owner->mode == CT_OWNER_SINGLE ? owner->uid : id;
        return owner->mode == CT_OWNER_SHIFTED ? map_id(owner->uids, owner->n_uids, id, ret) : 0;
}

static int map_gid(const struct ct_owner *owner, uint32_t id, uint32_t *ret)
{
        *ret = owner->mode == CT_OWNER_SINGLE ? owner->gid : id;
        return owner->mode == CT_OWNER_SHIFTED ? map_id(owner->gids, owner->n_gids, id, ret) : 0;
}

int ct_owner_map(const struct ct_owner *owner, uint32_t uid, uint32_t gid, uid_t *ret_uid, gid_t *ret_gid)
{
        uint32_t u, g;

        if (map_uid(owner, uid, &u) < 0 || map_gid(owner, gid, &g) < 0)
                return -ERANGE;
        *ret_uid = u;
        *ret_gid = g;
        return 0;
}

static uint32_t get_le32(const unsigned char *from)
{
        return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static void put_le32(unsigned char *to, uint32_t value)
{
        size_t i;

        for (i = 0; i < 4; i++)
                to[i] = (unsigned char)(value >> (8 * i));
}

/*
 * Capabilities count in the user namespace of the root user that is in them (capabilities(7), "Namespaced
 * file capabilities"): that of the shifted ids. Returns the size.
 */
static ssize_t shift_capability(const struct ct_owner *owner, const struct ct_member_xattr *xattr,
                                unsigned char ret[XATTR_CAPS_SZ_3])
{
        uint32_t magic, root = 0;

        if (xattr->size != XATTR_CAPS_SZ_2 && xattr->size != XATTR_CAPS_SZ_3)
                return -EINVAL;
        memcpy(ret, xattr->value, xattr->size);
        magic = get_le32(ret);
        if (xattr->size == XATTR_CAPS_SZ_3)
                root = get_le32(ret + XATTR_CAPS_SZ_2);
        if (map_uid(owner, root, &root) < 0)
                return -ERANGE;
        put_le32(ret, (magic & ~(uint32_t)VFS_CAP_REVISION_MASK) | VFS_CAP_REVISION_3);
        put_le32(ret + XATTR_CAPS_SZ_2, root);
        return XATTR_CAPS_SZ_3;
}

/* What the kernel has no better word for than that it does not support it. */
static bool is_sound_acl(const struct ct_member_xattr *xattr)
{
        const size_t head = sizeof(struct posix_acl_xattr_header),
                     each = sizeof(struct posix_acl_xattr_entry);

        return xattr->size >= head && (xattr->size - head) % each == 0 &&
               get_le32(xattr->value) == POSIX_ACL_XATTR_VERSION;
}

/* An access list with its users and groups as the tree has them, malloc'd. */
static int shift_acl(const struct ct_owner *owner, const struct ct_member_xattr *xattr, void **ret)
{
        const size_t head = sizeof(struct posix_acl_xattr_header),
                     each = sizeof(struct posix_acl_xattr_entry);
        _cleanup_free_ unsigned char *copy = NULL;
        size_t i;
        int r = 0;

        copy = malloc(xattr->size);
        if (!copy)
                return -ENOMEM;
        memcpy(copy, xattr->value, xattr->size);
        for (i = head; i < xattr->size && r == 0; i += each) {
                unsigned char *id = copy + i + offsetof(struct posix_acl_xattr_entry, e_id);
                unsigned tag = copy[i] | (unsigned)copy[i + 1] << 8;
                uint32_t value = get_le32(id);

                if (tag == ACL_USER)
                        r = map_uid(owner, value, &value);
                else if (tag == ACL_GROUP)
                        r = map_gid(owner, value, &value);
                put_le32(id, value);
        }
        if (r < 0)
                return r;
        *ret = ct_take(copy);
        return 0;
}

static bool is_acl(const char *name)
{
        return strcmp(name, ACCESS_ACL) == 0 || strcmp(name, DEFAULT_ACL) == 0;
}

static int set(int fd, const char *path, const struct ct_member_xattr *xattr)
{
        int r = path ? lsetxattr(path, xattr->name, xattr->value, xattr->size, 0)
                     : fsetxattr(fd, xattr->name, xattr->value, xattr->size, 0);

        return r < 0 ? -errno : 0;
}

static int set_mapped(const struct ct_tree *tree, int fd, const char *path, struct ct_member_xattr xattr)
{
        const struct ct_owner *owner = &tree->how->owner;
        unsigned char capability[XATTR_CAPS_SZ_3];
        _cleanup_free_ void *acl = NULL;
        ssize_t size;
        int r;

        if (is_acl(xattr.name) && !is_sound_acl(&xattr))
                return -EINVAL;
        if (owner->mode == CT_OWNER_SHIFTED && strcmp(xattr.name, CAPABILITY) == 0) {
                size = shift_capability(owner, &xattr, capability);
                if (size < 0)
                        return (int)size;
                xattr.value = capability;
                xattr.size = (size_t)size;
        } else if (owner->mode == CT_OWNER_SHIFTED && is_acl(xattr.name)) {
                r = shift_acl(owner, &xattr, &acl);
                if (r < 0)
                        return r;
                xattr.value = acl;
        } else if (owner->mode == CT_OWNER_SINGLE && is_acl(xattr.name)) {
                return -EOPNOTSUPP; /* there is nobody else to give rights to */
        }
        return set(fd, path, &xattr);
}

int ct_tree_set_attributes(struct ct_tree *tree, const struct ct_member *member, int fd, const char *name,
                           contain_error_t **err)
{
        char path[PROC_PATH_SIZE];
        size_t i;
        int r;

        if (name)
                (void)snprintf(path, sizeof path, "/proc/self/fd/%d/%s", fd, name);
        for (i = 0; i < member->n_xattrs; i++) {
                r = set_mapped(tree, fd, name ? path : NULL, member->xattrs[i]);
                if (r == -EOPNOTSUPP || (r == -EPERM && tree->is_unprivileged))
                        tree->counts->skipped_attributes++;
                else if (r < 0)
                        return ct_fail(err, CONTAIN_E_UNPACK, -r, NULL, "cannot set attribute '%s' of '/%s'",
                                       member->xattrs[i].name, member->path.text);
        }
        return 0;
}

static bool has_attribute(const struct ct_member *member, const char *name)
{
        size_t i;

        for (i = 0; i < member->n_xattrs; i++)
                if (strcmp(member->xattrs[i].name, name) == 0)
                        return true;
        return false;
}

int ct_tree_clear_attributes(const struct ct_member *member, int fd, contain_error_t **err)
{
        char few[1024];
        _cleanup_free_ char *many = NULL;
        const char *list = few, *name;
        ssize_t size;

        size = flistxattr(fd, few, sizeof few);
        if (size < 0 && errno == ERANGE) {
                many = malloc(LONGEST_LIST);
                if (!many)
                        return ct_fail_memory(err);
                list = many;
                size = flistxattr(fd, many, LONGEST_LIST);
        }
        if (size < 0 && errno != EOPNOTSUPP)
                return ct_fail(err, CONTAIN_E_UNPACK, errno, NULL, "cannot list the attributes of '/%s'",
                               member->path.text);
        for (name = list; size > 0 && name < list + size; name += strlen(name) + 1) {
                if (!ct_member_xattr_is_wanted(name) || has_attribute(member, name))
                        continue;
                if (fremovexattr(fd, name) < 0 && errno != ENODATA)
                        return ct_fail(err, CONTAIN_E_UNPACK, errno, NULL,
                                       "cannot remove attribute '%s' of '/%s'", name, member->path.text);
        }
        return 0;
}

int ct_tree_clear_access(int fd, const char *path, contain_error_t **err)
{
        static const char *const lists[] = { ACCESS_ACL, DEFAULT_ACL };
        char link[64];
        size_t i;

        /* By its name in /proc, as @fd may be one that can only be looked at. */
        (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        for (i = 0; i < sizeof lists / sizeof *lists; i++)
                if (removexattr(link, lists[i]) < 0 && errno != ENODATA && errno != EOPNOTSUPP &&
                    errno != EACCES)
                        return ct_fail(err, CONTAIN_E_UNPACK, errno, NULL,
                                       "cannot remove the access list of '/%s'", path);
        return 0;
}
