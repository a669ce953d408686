/* SPDX-License-Identifier: MIT */

/* The folders of a tree that are open: found, made when missing, and left as they were. */

#include "image/unpack-limits.h"
#include "image/writer.h"

#include "base/sys.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#define MISSING_MODE  0755
#define OPEN_ATTEMPTS 64

static int open_folder(int dir_fd, const char *path)
{
        int attempt, r = -EAGAIN;

        for (attempt = 0; attempt < OPEN_ATTEMPTS && r == -EAGAIN; attempt++)
                r = ct_sys_openat2(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW, 0,
                                   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
                                           RESOLVE_NO_XDEV);
        return r;
}

static struct ct_folder *find_open(struct ct_tree *tree, const char *path, size_t length)
{
        size_t i;

        for (i = 0; i < CT_FOLDERS; i++) {
                struct ct_folder *folder = &tree->folders[i];

                if (folder->path && folder->length == length && memcmp(folder->path, path, length) == 0) {
                        folder->used = ++tree->clock;
                        return folder;
                }
        }
        return NULL;
}

static void drop(struct ct_folder *folder)
{
        free(folder->path);
        ct_close(folder->fd);
        *folder = (struct ct_folder){ .fd = -EBADF };
}

static int leave(struct ct_folder *folder, contain_error_t **err)
{
        int r = 0;

        if (folder->is_touched && futimens(folder->fd, folder->times) < 0)
                r = ct_fail(err, CONTAIN_E_UNPACK, errno, NULL, "cannot set the times of folder '/%s'",
                            folder->path);
        if (r == 0 && folder->is_opened_up && fchmod(folder->fd, folder->mode & 07777) < 0)
                r = ct_fail(err, CONTAIN_E_UNPACK, errno, NULL, "cannot set the mode of folder '/%s'",
                            folder->path);
        drop(folder);
        return r;
}

/* The slot that was not used for longest, emptied. */
static int free_slot(struct ct_tree *tree, struct ct_folder **ret, contain_error_t **err)
{
        struct ct_folder *oldest = NULL;
        size_t i;

        for (i = 0; i < CT_FOLDERS; i++) {
                struct ct_folder *folder = &tree->folders[i];

                if (!folder->is_kept && (!oldest || folder->used < oldest->used))
                        oldest = folder;
        }
        *ret = oldest;
        return oldest->path ? leave(oldest, err) : 0;
}

/* Takes @fd over, and finds out what has to be known of it. */
static int adopt(struct ct_tree *tree, int fd, const char *path, size_t length, struct ct_folder **ret,
                 contain_error_t **err)
{
        _cleanup_close_ int owned_fd = fd;
        struct ct_folder *folder;
        struct stat status;
        char *copy;
        int r;

        r = free_slot(tree, &folder, err);
        if (r < 0)
                return r;
        if (fstat(fd, &status) < 0)
                return ct_fail(err, CONTAIN_E_UNPACK, errno, NULL, "cannot look at folder '/%.*s'",
                               (int)length, path);
        copy = strndup(path, length);
        if (!copy)
                return ct_fail_memory(err);
        *folder = (struct ct_folder){
                .path = copy,
                .length = length,
                .fd = ct_take_fd(&owned_fd),
                .uid = status.st_uid,
                .gid = status.st_gid,
                .mode = status.st_mode,
                .times = { { .tv_nsec = UTIME_OMIT }, status.st_mtim },
                .has_default_acl = fgetxattr(fd, "system.posix_acl_default", NULL, 0) > 0,
                .used = ++tree->clock,
        };
        if (tree->needs_rights && (status.st_mode & 0700) != 0700) {
                r = ct_folder_set_mode(tree, folder, status.st_mode & 07777, err);
                if (r < 0)
                        return r;
        }
        *ret = folder;
        return 0;
}

int ct_folder_set_mode(struct ct_tree *tree, struct ct_folder *folder, mode_t mode, contain_error_t **err)
{
        mode_t now = tree->needs_rights ? mode | 0700 : mode;

        if (fchmod(folder->fd, now) < 0)
                return ct_fail(err, CONTAIN_E_UNPACK, errno, NULL, "cannot set the mode of folder '/%s'",
                               folder->path);
        folder->mode = mode;
        folder->is_opened_up = now != mode;
        return 0;
}

int ct_folder_set_owner(struct ct_folder *folder, uid_t uid, gid_t gid, contain_error_t **err)
{
        if (folder->uid == uid && folder->gid == gid)
                return 0;
        if (fchown(folder->fd, uid, gid) < 0)
                return ct_fail(err, CONTAIN_E_UNPACK, errno, NULL,
                               "cannot give folder '/%s' to user %u and group %u", folder->path, uid, gid);
        folder->uid = uid;
        folder->gid = gid;
        return 0;
}

int ct_folder_bring(struct ct_tree *tree, struct ct_folder *folder, const struct ct_member_path *path,
                    contain_error_t **err)
{
        size_t end = folder->length;

        if (!tree->brought)
                return 0;
        if (ct_brought_add(tree->brought, path->text, path->length) < 0)
                return ct_fail_memory(err);
        /* One that is in the set has its parents in it. */
        while (!folder->is_brought && end > 0) {
                int r = ct_brought_add(tree->brought, path->text, end);

                if (r < 0)
                        return ct_fail_memory(err);
                if (r == 0)
                        break;
                do
                        end--;
                while (end > 0 && path->text[end] != '/');
        }
        folder->is_brought = true;
        return 0;
}

/* Rights to a folder of our own whose mode gives none, so that it can be opened; those it had are returned.
 */
static int open_up(int dir_fd, const char *name, mode_t *ret_mode)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat status;
        char link[64];

        fd = openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &status) < 0)
                return -errno;
        if (!S_ISDIR(status.st_mode))
                return -ENOTDIR;
        (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        if (chmod(link, (status.st_mode & 07777) | 0700) < 0)
                return -errno;
        *ret_mode = status.st_mode & 07777;
        return open_folder(dir_fd, name);
}

/* Takes away what keeps a folder from being made at @path, whose last component is @name. */
static int clear_way(struct ct_tree *tree, struct ct_folder *parent, const char *path, size_t length,
                     const char *name, bool *ret_hidden, contain_error_t **err)
{
        struct stat status;

        if (fstatat(parent->fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0
                                       : ct_fail(err, CONTAIN_E_UNPACK, errno, NULL, "cannot look at '/%.*s'",
                                                 (int)length, path);
        *ret_hidden = ct_tree_is_overlay_whiteout(tree, parent->fd, name);
        if (!*ret_hidden && (!tree->brought || ct_brought_has(tree->brought, path, length)))
                return ct_fail(err, CONTAIN_E_IMAGE, S_ISLNK(status.st_mode) ? ELOOP : ENOTDIR, NULL,
                               "the layer has something in '/%.*s', which it has made %s", (int)length, path,
                               S_ISLNK(status.st_mode) ? "a symbolic link" : "a file");
        if (unlinkat(parent->fd, name, 0) < 0)
                return ct_fail(err, CONTAIN_E_UNPACK, errno, NULL, "cannot remove '/%.*s'", (int)length,
                               path);
        return 0;
}

/* Owner, mode and time of a folder that layers below have, too. */
static int look_as_below(struct ct_tree *tree, struct ct_folder *folder, contain_error_t **err)
{
        struct stat status;
        int r;

        r = ct_lower_find(tree, folder->path, folder->length, &status);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_UNPACK, -r, NULL,
                               "cannot look at folder '/%s' of the layers below", folder->path);
        folder->is_of_its_own = r == 0;
        if (folder->is_of_its_own)
                return 0;
        folder->times[1] = status.st_mtim;
        r = ct_folder_set_owner(folder, status.st_uid, status.st_gid, err);
        return r < 0 ? r : ct_folder_set_mode(tree, folder, status.st_mode & 07777, err);
}

/* Makes a folder that the layer has files in, but no entry for. */
static int make_missing(struct ct_tree *tree, struct ct_folder *parent, const char *path, size_t length,
                        const char *name, struct ct_folder **ret, contain_error_t **err)
{
        bool is_hidden = false;
        uid_t uid;
        gid_t gid;
        int fd, r;

        r = ct_limits_count_entry(&tree->how->limits, tree->counts, err);
        if (r < 0)
                return r;
        if (ct_owner_map(&tree->how->owner, 0, 0, &uid, &gid) < 0)
                return ct_fail(err, CONTAIN_E_UNPACK, ERANGE, NULL,
                               "folder '/%.*s' would be root's, whom the id maps do not have", (int)length,
                               path);
        r = clear_way(tree, parent, path, length, name, &is_hidden, err);
        if (r < 0)
                return r;
        parent->is_touched = true;
        fd = mkdirat(parent->fd, name, MISSING_MODE) < 0 ? -errno : open_folder(parent->fd, name);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_UNPACK, -fd, NULL, "cannot make folder '/%.*s'", (int)length,
                               path);
        if (parent->has_default_acl) {
                r = ct_tree_clear_access(fd, name, err);
                if (r < 0) {
                        ct_close(fd);
                        return r;
                }
        }
        r = adopt(tree, fd, path, length, ret, err);
        if (r < 0)
                return r;
        memcpy((*ret)->times, tree->times, sizeof tree->times);
        (*ret)->is_touched = true;
        r = ct_folder_set_owner(*ret, uid, gid, err);
        if (r == 0 && ((*ret)->mode & 07777) != MISSING_MODE)
                r = ct_folder_set_mode(tree, *ret, MISSING_MODE, err);
        if (r < 0)
                return r;
        (*ret)->is_of_its_own = is_hidden || parent->is_of_its_own;
        if (is_hidden)
                return ct_tree_set_opaque(tree, (*ret)->fd, path, err);
        /* Not asked for each of many folders one in the other, whose paths are as long. */
        return parent->is_of_its_own ? 0 : look_as_below(tree, *ret, err);
}

/* From @parent on by one component, of @path's first @length bytes the last. */
static int step(struct ct_tree *tree, struct ct_folder *parent, const char *path, size_t start, size_t length,
                bool make, struct ct_folder **ret, contain_error_t **err)
{
        char name[NAME_MAX + 1];
        mode_t mode = 0;
        bool is_opened_up = false;
        int fd, r;

        *ret = find_open(tree, path, length);
        if (*ret)
                return 0;
        memcpy(name, path + start, length - start);
        name[length - start] = '\0';
        fd = open_folder(parent->fd, name);
        if (fd == -EACCES && tree->needs_rights) {
                fd = open_up(parent->fd, name, &mode);
                is_opened_up = fd >= 0;
        }
        if (fd == -ENOENT || fd == -ELOOP || fd == -ENOTDIR)
                return make ? make_missing(tree, parent, path, length, name, ret, err) : -ENOENT;
        if (fd == -EXDEV)
                return ct_fail(err, CONTAIN_E_UNPACK, EBUSY, NULL, "something is mounted at '/%.*s'",
                               (int)length, path);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_UNPACK, -fd, NULL, "cannot open folder '/%.*s'", (int)length,
                               path);
        r = adopt(tree, fd, path, length, ret, err);
        if (r == 0 && is_opened_up) {
                (*ret)->mode = mode;
                (*ret)->is_opened_up = true;
        }
        return r;
}

/* Component by component, from the root. The folder last entered is not left by entering the next. */
static int walk(struct ct_tree *tree, const char *path, size_t length, bool make, struct ct_folder **ret,
                contain_error_t **err)
{
        struct ct_folder *folder;
        size_t start = 0, end;
        int r;

        r = ct_folder_enter(tree, "", 0, false, &folder, err);
        while (r == 0 && start < length) {
                for (end = start; end < length && path[end] != '/'; end++)
                        ;
                r = step(tree, folder, path, start, end, make, &folder, err);
                start = end + 1;
        }
        if (r < 0)
                return r;
        *ret = folder;
        return 0;
}

int ct_folder_enter(struct ct_tree *tree, const char *path, size_t length, bool make, struct ct_folder **ret,
                    contain_error_t **err)
{
        char text[PATH_MAX];
        int fd;

        *ret = find_open(tree, path, length);
        if (*ret)
                return 0;
        memcpy(text, path, length);
        text[length] = '\0';
        fd = open_folder(tree->root_fd, length > 0 ? text : ".");
        if (fd >= 0)
                return adopt(tree, fd, path, length, ret, err);
        if (length == 0)
                return ct_fail(err, CONTAIN_E_UNPACK, -fd, NULL, "cannot open the root folder");
        return walk(tree, path, length, make, ret, err);
}

int ct_folder_enter_parent(struct ct_tree *tree, const struct ct_member_path *path, bool make,
                           struct ct_folder **ret, contain_error_t **err)
{
        return ct_folder_enter(tree, path->text, path->name > 0 ? path->name - 1 : 0, make, ret, err);
}

int ct_folder_enter_child(struct ct_tree *tree, struct ct_folder *parent, const struct ct_member_path *path,
                          struct ct_folder **ret, contain_error_t **err)
{
        return step(tree, parent, path->text, path->name, path->length, false, ret, err);
}

void ct_folder_forget(struct ct_tree *tree, const char *path, size_t length)
{
        size_t i;

        for (i = 0; i < CT_FOLDERS; i++) {
                struct ct_folder *folder = &tree->folders[i];

                if (!folder->path || folder->length < length || memcmp(folder->path, path, length) != 0)
                        continue;
                if (folder->length == length || folder->path[length] == '/')
                        drop(folder);
        }
}

int ct_tree_end(struct ct_tree *tree, contain_error_t **err)
{
        size_t i;
        int r;

        for (i = 0; i < CT_FOLDERS; i++) {
                r = tree->folders[i].path ? leave(&tree->folders[i], err) : 0;
                if (r < 0)
                        return r;
        }
        return 0;
}

void ct_tree_done(struct ct_tree *tree)
{
        size_t i;

        for (i = 0; i < CT_FOLDERS; i++)
                drop(&tree->folders[i]);
        tree->brought = ct_brought_free(tree->brought);
        tree->skipped_devices = ct_brought_free(tree->skipped_devices);
}
