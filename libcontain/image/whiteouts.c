/* SPDX-License-Identifier: MIT */

/*
 * What a layer takes away of those below it: removed, but for what the same layer has brought; or, in a layer
 * that stays by itself, written down as overlayfs understands it.
 */

#include "image/writer.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

/* --- for overlayfs --- */

bool ct_tree_is_overlay_whiteout(const struct ct_tree *tree, int dir_fd, const char *name)
{
        struct stat status;

        return tree->how->whiteouts_as_overlay && fstatat(dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
               S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0);
}

const char *ct_tree_opaque_name(const struct ct_tree *tree)
{
        /* What overlayfs looks for when it is mounted by somebody who may not set the other ("userxattr"). */
        return tree->is_unprivileged ? "user.overlay.opaque" : "trusted.overlay.opaque";
}

int ct_tree_set_opaque(struct ct_tree *tree, int fd, const char *path, contain_error_t **err)
{
        if (fsetxattr(fd, ct_tree_opaque_name(tree), "y", 1, 0) < 0)
                return ct_fail(err, CONTAIN_E_UNPACK, errno, NULL, "cannot make folder '/%s' opaque", path);
        return 0;
}

/* --- removed --- */

static int remove_below(struct ct_tree *tree, const struct ct_folder *folder, struct ct_member_path *path,
                        contain_error_t **err);

/* @path is in @folder. What stays of it is what the layer has brought. */
static int remove_lower(struct ct_tree *tree, struct ct_folder *folder, struct ct_member_path *path,
                        contain_error_t **err)
{
        const char *name = path->text + path->name;
        struct ct_folder *inside;
        int r;

        folder->is_touched = true;
        if (!ct_brought_has(tree->brought, path->text, path->length)) {
                ct_folder_forget(tree, path->text, path->length);
                r = ct_tree_remove(folder->fd, name);
                return r < 0 ? ct_fail(err, CONTAIN_E_UNPACK, -r, NULL, "cannot remove '/%s'", path->text)
                             : 0;
        }
        r = ct_folder_enter_child(tree, folder, path, &inside, err);
        if (r == -ENOENT)
                return 0; /* a file of the layer's own */
        return r < 0 ? r : remove_below(tree, inside, path, err);
}

static int append_name(struct ct_member_path *path, const char *name)
{
        size_t length = strlen(name);

        if (path->length + 1 + length >= sizeof path->text)
                return -ENAMETOOLONG;
        if (path->length > 0)
                path->text[path->length++] = '/';
        path->name = path->length;
        memcpy(path->text + path->length, name, length + 1);
        path->length += length;
        return 0;
}

/* What is not the layer's own in a folder; @path, which is that of the folder, is the same afterwards. */
static int remove_below(struct ct_tree *tree, const struct ct_folder *folder, struct ct_member_path *path,
                        contain_error_t **err)
{
        const size_t length = path->length, name = path->name;
        struct ct_folder *current;
        struct dirent *entry;
        DIR *dir;
        int fd, r = 0;

        fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        dir = fd < 0 ? NULL : fdopendir(fd);
        if (!dir) {
                r = ct_fail(err, CONTAIN_E_UNPACK, errno, NULL, "cannot read folder '/%s'", path->text);
                ct_close(fd);
                return r;
        }
        while (r == 0 && (errno = 0, entry = readdir(dir))) {
                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                r = append_name(path, entry->d_name);
                if (r < 0)
                        r = ct_fail(err, CONTAIN_E_UNPACK, -r, NULL, "cannot remove what is in '/%s'",
                                    path->text);
                /* By name again: what was found deeper may have closed it. */
                if (r == 0)
                        r = ct_folder_enter(tree, path->text, length, false, &current, err);
                if (r == 0)
                        r = remove_lower(tree, current, path, err);
                path->length = length;
                path->name = name;
                path->text[path->length] = '\0';
        }
        if (r == 0 && errno != 0)
                r = ct_fail(err, CONTAIN_E_UNPACK, errno, NULL, "cannot read folder '/%s'", path->text);
        (void)closedir(dir);
        return r;
}

/* --- marked --- */

/*
 * Something that the layer brings hides what is below by itself; of folders both would be seen. Where there
 * is nothing to be hidden, no mark is made: in a folder that is of one layer only, overlayfs would list it.
 */
static int mark_hidden(struct ct_tree *tree, const struct ct_member_path *path, contain_error_t **err)
{
        const char *name = path->text + path->name;
        _cleanup_close_ int lower_fd = -EBADF;
        struct ct_member_path own = *path;
        struct ct_folder *parent, *folder;
        int r, is_below;

        is_below = ct_lower_open(tree, path->text, path->length, &lower_fd);
        if (is_below < 0)
                return ct_fail(err, CONTAIN_E_UNPACK, -is_below, NULL,
                               "cannot look at '/%s' of the layers below", path->text);
        r = ct_folder_enter_parent(tree, path, is_below, &parent, err);
        if (r == -ENOENT ||
            (r == 0 && (!tree->brought || ct_tree_is_overlay_whiteout(tree, parent->fd, name))))
                return 0;
        if (r == 0)
                r = remove_lower(tree, parent, &own, err);
        if (r == 0 && is_below)
                r = ct_folder_enter_parent(tree, path, true, &parent, err);
        if (r < 0 || !is_below || mknodat(parent->fd, name, S_IFCHR, makedev(0, 0)) == 0)
                return r;
        if (errno != EEXIST)
                return ct_fail(err, CONTAIN_E_UNPACK, errno, NULL, "cannot make the whiteout of '/%s'",
                               path->text);
        r = ct_folder_enter_child(tree, parent, path, &folder, err);
        if (r == -ENOENT)
                return 0;
        return r < 0 ? r : ct_tree_set_opaque(tree, folder->fd, path->text, err);
}

/* 1: the folder at @path is of lower layers only; 0: there is none, or the layer itself has something else.
 */
static int is_below_only(struct ct_tree *tree, const struct ct_member_path *path, contain_error_t **err)
{
        struct ct_folder *parent;
        struct stat status;
        int r;

        r = ct_folder_enter_parent(tree, path, false, &parent, err);
        if (r == 0 && faccessat(parent->fd, path->text + path->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
                return 0;
        if (r < 0 && r != -ENOENT)
                return r;
        r = ct_lower_find(tree, path->text, path->length, &status);
        return r < 0 ? ct_fail(err, CONTAIN_E_UNPACK, -r, NULL,
                               "cannot look at folder '/%s' of the layers below", path->text)
                     : r;
}

static int mark_opaque(struct ct_tree *tree, struct ct_member_path *path, contain_error_t **err)
{
        struct ct_folder *folder;
        int r;

        r = ct_folder_enter(tree, path->text, path->length, false, &folder, err);
        if (r == -ENOENT) {
                r = is_below_only(tree, path, err);
                if (r <= 0)
                        return r;
                r = ct_folder_enter(tree, path->text, path->length, true, &folder, err);
        }
        if (r == 0 && tree->brought)
                r = remove_below(tree, folder, path, err);
        if (r == 0)
                r = ct_folder_enter(tree, path->text, path->length, true, &folder, err);
        return r < 0 ? r : ct_tree_set_opaque(tree, folder->fd, path->text, err);
}

/* --- either --- */

static int hide_inside(struct ct_tree *tree, struct ct_member_path *path, contain_error_t **err)
{
        struct ct_folder *folder;
        int r;

        if (tree->how->whiteouts_as_overlay)
                return mark_opaque(tree, path, err);
        r = ct_folder_enter(tree, path->text, path->length, false, &folder, err);
        if (r == -ENOENT)
                return 0;
        return r < 0 ? r : remove_below(tree, folder, path, err);
}

int ct_tree_hide(struct ct_tree *tree, const struct ct_member *member, contain_error_t **err)
{
        bool as_overlay = tree->how->whiteouts_as_overlay;
        struct ct_member_path path = member->path;
        struct ct_folder *parent;
        struct stat status;
        int r;

        memcpy(tree->times, member->times, sizeof tree->times);
        /* Of what began with nothing, all is the layer's own. */
        if (!as_overlay && !tree->brought)
                return 0;
        if (member->kind == CT_MEMBER_OPAQUE)
                return hide_inside(tree, &path, err);
        if (as_overlay)
                return mark_hidden(tree, &path, err);
        r = ct_folder_enter_parent(tree, &path, false, &parent, err);
        if (r == -ENOENT)
                return 0; /* nothing there to be taken away */
        if (r < 0)
                return r;
        if (fstatat(parent->fd, path.text + path.name, &status, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0
                                       : ct_fail(err, CONTAIN_E_UNPACK, errno, NULL, "cannot look at '/%s'",
                                                 path.text);
        return remove_lower(tree, parent, &path, err);
}
