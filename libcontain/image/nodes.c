/* SPDX-License-Identifier: MIT */

/* Members of an archive made: folders, files, links, devices. */

#include "image/writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static int fail(const struct ct_member *member, contain_error_t **err, int errnum, const char *what)
{
        return ct_fail(err, CONTAIN_E_UNPACK, errnum, NULL, "cannot %s '/%s'", what, member->path.text);
}

static int map_owner(const struct ct_tree *tree, const struct ct_member *member, uid_t *ret_uid,
                     gid_t *ret_gid, contain_error_t **err)
{
        if (ct_owner_map(&tree->how->owner, member->uid, member->gid, ret_uid, ret_gid) == 0)
                return 0;
        return ct_fail(err, CONTAIN_E_UNPACK, ERANGE, NULL,
                       "'/%s' is of user %u and group %u, whom the id maps do not have", member->path.text,
                       member->uid, member->gid);
}

static int fail_owner(const struct ct_tree *tree, const struct ct_member *member, contain_error_t **err,
                      int errnum, uid_t uid, gid_t gid)
{
        int r = ct_fail(err, CONTAIN_E_UNPACK, errnum, NULL, "cannot give '/%s' to user %u and group %u",
                        member->path.text, uid, gid);

        if (tree->is_unprivileged)
                ct_error_set_hint(
                        err, "only root may; without, all can become the files of one user, or subordinate "
                             "ids be used that are enough for the ids of the image");
        return r;
}

/* Removes what is in the place of something that is no folder, or has to become one. */
static int make_room(struct ct_tree *tree, struct ct_folder *folder, const struct ct_member *member,
                     contain_error_t **err)
{
        const char *name = member->path.text + member->path.name;
        int r;

        if (unlinkat(folder->fd, name, 0) == 0 || errno == ENOENT)
                return 0;
        if (errno != EISDIR && errno != EPERM)
                return fail(member, err, errno, "replace");
        ct_folder_forget(tree, member->path.text, member->path.length);
        r = ct_tree_remove(folder->fd, name);
        return r < 0 ? fail(member, err, -r, "replace") : 0;
}

/* --- folders --- */

/* 1: it was made; 0: it was there. */
static int make_folder(struct ct_tree *tree, struct ct_folder *parent, const struct ct_member *member,
                       bool *ret_was_hidden, contain_error_t **err)
{
        const char *name = member->path.text + member->path.name;
        mode_t mode = (member->mode & 0777) | (tree->needs_rights ? 0700 : 0);
        struct stat status;
        int r;

        if (mkdirat(parent->fd, name, mode) == 0)
                return 1;
        if (errno != EEXIST)
                return fail(member, err, errno, "make folder");
        if (fstatat(parent->fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
                return fail(member, err, errno, "look at");
        if (S_ISDIR(status.st_mode))
                return 0;
        /* What was here has hidden what is below; a folder would show it again. */
        *ret_was_hidden = tree->how->whiteouts_as_overlay;
        r = make_room(tree, parent, member, err);
        if (r < 0)
                return r;
        return mkdirat(parent->fd, name, mode) < 0 ? fail(member, err, errno, "make folder") : 1;
}

static int set_up_folder(struct ct_tree *tree, const struct ct_member *member, struct ct_folder *folder,
                         bool is_plain, contain_error_t **err)
{
        uid_t uid;
        gid_t gid;
        int r;

        r = map_owner(tree, member, &uid, &gid, err);
        if (r < 0)
                return r;
        if ((folder->uid != uid || folder->gid != gid) && fchown(folder->fd, uid, gid) < 0)
                return fail_owner(tree, member, err, errno, uid, gid);
        folder->uid = uid;
        folder->gid = gid;
        /* One that had an access list has another mode than was seen. */
        if (!is_plain || (folder->mode & 07777) != (member->mode & 07777) || folder->is_opened_up) {
                r = ct_folder_set_mode(tree, folder, member->mode & 07777, err);
                if (r < 0)
                        return r;
        }
        r = ct_tree_set_attributes(tree, member, folder->fd, NULL, err);
        memcpy(folder->times, member->times, sizeof folder->times);
        folder->is_touched = true;
        return r;
}

static bool gives_default_acl(const struct ct_member *member)
{
        size_t i;

        for (i = 0; i < member->n_xattrs; i++)
                if (strcmp(member->xattrs[i].name, "system.posix_acl_default") == 0)
                        return true;
        return false;
}

static int add_folder(struct ct_tree *tree, const struct ct_member *member, contain_error_t **err)
{
        struct ct_folder *parent, *folder;
        bool was_hidden = false, is_plain;
        int r, is_new = 0;

        if (member->path.length > 0) {
                r = ct_folder_enter_parent(tree, &member->path, true, &parent, err);
                if (r < 0)
                        return r;
                is_new = make_folder(tree, parent, member, &was_hidden, err);
                if (is_new < 0)
                        return is_new;
                parent->is_touched = true;
                r = ct_folder_bring(tree, parent, &member->path, err);
                if (r == 0)
                        r = ct_folder_enter_child(tree, parent, &member->path, &folder, err);
                if (r == -ENOENT)
                        return fail(member, err, ENOENT, "enter folder");
        } else {
                r = ct_folder_enter(tree, "", 0, false, &folder, err);
        }
        if (r < 0)
                return r;
        is_plain = is_new && !folder->has_default_acl;
        if (!is_plain)
                r = ct_tree_clear_attributes(member, folder->fd, err);
        if (r == 0 && was_hidden)
                r = ct_tree_set_opaque(tree, folder->fd, member->path.text, err);
        folder->has_default_acl = gives_default_acl(member);
        return r < 0 ? r : set_up_folder(tree, member, folder, is_plain, err);
}

/* --- files --- */

static int add_file(struct ct_tree *tree, struct ct_folder *folder, const struct ct_member *member,
                    int *ret_fd, contain_error_t **err)
{
        const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
        const char *name = member->path.text + member->path.name;
        _cleanup_close_ int fd = -EBADF;
        uid_t uid;
        gid_t gid;
        int r;

        r = map_owner(tree, member, &uid, &gid, err);
        if (r < 0)
                return r;
        fd = openat(folder->fd, name, flags, member->mode & 0777);
        if (fd < 0 && errno == EEXIST) {
                r = make_room(tree, folder, member, err);
                if (r < 0)
                        return r;
                fd = openat(folder->fd, name, flags, member->mode & 0777);
        }
        if (fd < 0)
                return fail(member, err, errno, "make");
        /* Whichever way the file system finds the group of what is new, it was this one. */
        if (uid != tree->uid || gid != tree->gid || folder->gid != tree->gid)
                if (fchown(fd, uid, gid) < 0)
                        return fail_owner(tree, member, err, errno, uid, gid);
        if (folder->has_default_acl) {
                r = ct_tree_clear_access(fd, member->path.text, err);
                if (r < 0)
                        return r;
        }
        if (folder->has_default_acl && fchmod(fd, member->mode & 0777) < 0)
                return fail(member, err, errno, "set the mode of");
        *ret_fd = ct_take_fd(&fd);
        return 0;
}

int ct_tree_end_file(struct ct_tree *tree, const struct ct_member *member, int fd, uint64_t written,
                     contain_error_t **err)
{
        int r;

        if (written < member->size && ftruncate(fd, (off_t)member->size) < 0)
                return fail(member, err, errno, "write");
        /* Writing and chown(2) would take these bits and capabilities away. */
        if ((member->mode & 07000) && fchmod(fd, member->mode & 07777) < 0)
                return fail(member, err, errno, "set the mode of");
        r = ct_tree_set_attributes(tree, member, fd, NULL, err);
        if (r < 0)
                return r;
        return futimens(fd, member->times) < 0 ? fail(member, err, errno, "set the times of") : 0;
}

/* --- links and devices --- */

static int make_node(const struct ct_folder *folder, const struct ct_member *member)
{
        const char *name = member->path.text + member->path.name;
        int r;

        if (S_ISLNK(member->mode))
                r = symlinkat(member->symlink, folder->fd, name);
        else
                r = mknodat(folder->fd, name, member->mode & (S_IFMT | 0777), member->rdev);
        return r < 0 ? -errno : 0;
}

/* What has no descriptor of its own that could be used: a device must not be opened. */
static int set_node_mode(const struct ct_folder *folder, const struct ct_member *member,
                         contain_error_t **err)
{
        char path[NAME_MAX + 64];
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = openat(folder->fd, member->path.text + member->path.name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return fail(member, err, errno, "look at");
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (folder->has_default_acl) {
                r = ct_tree_clear_access(fd, member->path.text, err);
                if (r < 0)
                        return r;
        }
        return chmod(path, member->mode & 07777) < 0 ? fail(member, err, errno, "set the mode of") : 0;
}

static int add_node(struct ct_tree *tree, struct ct_folder *folder, const struct ct_member *member,
                    contain_error_t **err)
{
        const char *name = member->path.text + member->path.name;
        uid_t uid;
        gid_t gid;
        int r;

        r = map_owner(tree, member, &uid, &gid, err);
        if (r < 0)
                return r;
        r = make_node(folder, member);
        if (r == -EEXIST) {
                r = make_room(tree, folder, member, err);
                if (r < 0)
                        return r;
                r = make_node(folder, member);
        }
        if (r == -EPERM && (S_ISCHR(member->mode) || S_ISBLK(member->mode))) {
                r = fail(member, err, EPERM, "make device");
                ct_error_set_hint(err, "only root may; devices can be left out");
                return r;
        }
        if (r < 0)
                return fail(member, err, -r, "make");
        if (fchownat(folder->fd, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
                return fail_owner(tree, member, err, errno, uid, gid);
        if (!S_ISLNK(member->mode) && ((member->mode & 07000) || folder->has_default_acl)) {
                r = set_node_mode(folder, member, err);
                if (r < 0)
                        return r;
        }
        r = member->n_xattrs > 0 ? ct_tree_set_attributes(tree, member, folder->fd, name, err) : 0;
        if (r < 0)
                return r;
        if (utimensat(folder->fd, name, member->times, AT_SYMLINK_NOFOLLOW) < 0)
                return fail(member, err, errno, "set the times of");
        return 0;
}

static int skip_device(struct ct_tree *tree, struct ct_folder *folder, const struct ct_member *member,
                       contain_error_t **err)
{
        tree->counts->skipped_devices++;
        if (!tree->skipped_devices)
                tree->skipped_devices = ct_brought_new();
        if (!tree->skipped_devices ||
            ct_brought_add(tree->skipped_devices, member->path.text, member->path.length) < 0)
                return ct_fail_memory(err);
        return make_room(tree, folder, member, err);
}

/* The folder of a link's target. What is not there may be in a layer below. */
static int enter_target(struct ct_tree *tree, const struct ct_member_path *target, struct ct_folder **ret,
                        contain_error_t **err)
{
        const char *name = target->text + target->name;
        struct ct_folder *from = NULL;
        int r;

        r = ct_folder_enter_parent(tree, target, false, &from, err);
        if (r == 0 && tree->how->whiteouts_as_overlay) {
                if (ct_tree_is_overlay_whiteout(tree, from->fd, name))
                        return -ENOENT;
                r = faccessat(from->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
        }
        if (r == -ENOENT && tree->how->n_lowers > 0) {
                r = ct_tree_copy_up(tree, target, err);
                if (r == 0)
                        r = ct_folder_enter_parent(tree, target, false, &from, err);
        }
        if (r == 0)
                *ret = from;
        return r;
}

static int link_from(struct ct_tree *tree, struct ct_folder *folder, const struct ct_member *member,
                     contain_error_t **err)
{
        const struct ct_member_path *target = &member->target;
        const char *name = member->path.text + member->path.name;
        struct ct_folder *from = NULL;
        int r;

        r = enter_target(tree, target, &from, err);
        if (r < 0)
                return r;
        /* No AT_SYMLINK_FOLLOW: a link to a symbolic link is one more name of that. */
        if (linkat(from->fd, target->text + target->name, folder->fd, name, 0) == 0)
                return 0;
        if (errno != EEXIST)
                return -errno;
        r = make_room(tree, folder, member, err);
        if (r < 0)
                return r;
        if (from->fd < 0)
                return -ENOENT; /* it was in the folder that has made room */
        return linkat(from->fd, target->text + target->name, folder->fd, name, 0) < 0 ? -errno : 0;
}

static int add_link(struct ct_tree *tree, struct ct_folder *folder, const struct ct_member *member,
                    contain_error_t **err)
{
        const struct ct_member_path *target = &member->target;
        struct ct_folder *from = NULL;
        int r;

        if (strcmp(target->text, member->path.text) == 0) {
                /* The same name twice: what is there stays. */
                r = enter_target(tree, target, &from, err);
                if (r == 0 && faccessat(from->fd, target->text + target->name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
                        r = -errno;
                return r < 0 && !(err && *err) ? fail(member, err, -r, "link to itself") : r;
        }
        if (tree->skipped_devices && ct_brought_has(tree->skipped_devices, target->text, target->length))
                return skip_device(tree, folder, member, err);
        folder->is_kept = true;
        r = link_from(tree, folder, member, err);
        folder->is_kept = false;
        if (r == 0 || (err && *err))
                return r;
        return ct_fail(err, CONTAIN_E_IMAGE, -r, NULL, "cannot link '/%s' to '/%s'", member->path.text,
                       target->text);
}

/* Anything but a folder. */
static int add_to(struct ct_tree *tree, struct ct_folder *folder, const struct ct_member *member, int *ret_fd,
                  contain_error_t **err)
{
        folder->is_touched = true;
        if (member->kind == CT_MEMBER_LINK)
                return add_link(tree, folder, member, err);
        if (S_ISREG(member->mode))
                return add_file(tree, folder, member, ret_fd, err);
        if (tree->how->no_devices && (S_ISCHR(member->mode) || S_ISBLK(member->mode)))
                return skip_device(tree, folder, member, err);
        return add_node(tree, folder, member, err);
}

int ct_tree_add(struct ct_tree *tree, const struct ct_member *member, int *ret_fd, contain_error_t **err)
{
        struct ct_folder *folder;
        int r;

        *ret_fd = -EBADF;
        memcpy(tree->times, member->times, sizeof tree->times);
        if (member->kind == CT_MEMBER_NODE && S_ISDIR(member->mode))
                return add_folder(tree, member, err);
        if (member->path.length == 0)
                return ct_fail(err, CONTAIN_E_IMAGE, EISDIR, NULL, "the layer's root is no folder");
        r = ct_folder_enter_parent(tree, &member->path, true, &folder, err);
        if (r < 0)
                return r;
        r = ct_folder_bring(tree, folder, &member->path, err);
        return r < 0 ? r : add_to(tree, folder, member, ret_fd, err);
}

int ct_tree_add_copy(struct ct_tree *tree, const struct ct_member *member, int *ret_fd, contain_error_t **err)
{
        struct ct_folder *folder;
        int r;

        *ret_fd = -EBADF;
        r = ct_folder_enter_parent(tree, &member->path, true, &folder, err);
        return r < 0 ? r : add_to(tree, folder, member, ret_fd, err);
}
