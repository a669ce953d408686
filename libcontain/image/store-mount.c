/* SPDX-License-Identifier: MIT */

/*
 * Layers stacked by overlayfs, as a mount that is nowhere: it lives as long as a descriptor or a place that
 * it is attached to. It is put together in a mount namespace of our own, in a tmpfs where each layer has a
 * name of a digit or three. So 500 layers, the most that the kernel stacks, fit into the page that mount(2)
 * takes, and nothing in a path can be taken for a separator.
 */

#include "image/store.h"
#include "image/userns.h"

#include "base/sys.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>

/* Last: up to glibc 2.35, sys/mount.h defines as an enumeration what are macros here. */
#include <linux/mount.h>

enum { MAX_LAYERS = 500, MAX_PATH = 512 };

/* Neither all file systems nor, before Linux 5.19, overlayfs have layers with shifted owners. */
int ct_store_fail_shifted(const struct ct_store *store, contain_error_t **err)
{
        int r = ct_fail(err, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, NULL,
                        "the layers of the image store '%s' cannot be mounted with other owners",
                        store->path);

        ct_error_set_hint(err, "it takes Linux 5.19, and a file system with id-mapped mounts");
        return r;
}

static int fail_mount(const struct ct_store *store, int r, const char *what, contain_error_t **err)
{
        r = ct_fail(err, CONTAIN_E_MOUNT, -r, NULL, "cannot %s of the image store '%s'", what, store->path);
        if (r == -EPERM)
                ct_error_set_hint(err, "mounting needs root; 'unpack' does not");
        return r;
}

/*
 * An empty tmpfs that nobody else sees, as the working directory. *ret_fd is the store's folder again: what
 * was opened before is of another mount namespace, from which nothing can be mounted in this one, while the
 * working directory comes along. -errno.
 */
static int enter_workplace(const struct ct_store *store, int *ret_fd)
{
        _cleanup_close_ int fd = -EBADF;

        if (fchdir(store->fd) < 0 || unshare(CLONE_NEWNS) < 0 ||
            mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return -errno;
        fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 || mount("tmpfs", "mnt", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0700") < 0 ||
            chdir("mnt") < 0 || mkdir("merged", 0700) < 0 || mkdir("empty", 0755) < 0)
                return -errno;
        *ret_fd = ct_take_fd(&fd);
        return 0;
}

/* Layer @path becomes @name here: by a link, or as a mount with shifted owners. -errno. */
static int place_layer(int store_fd, const char *path, const char *name, int userns_fd)
{
        _cleanup_close_ int tree_fd = -EBADF;
        char link[MAX_PATH + 48];
        int r;

        if (userns_fd < 0) {
                (void)snprintf(link, sizeof(link), "/proc/self/fd/%d/%s", store_fd, path);
                return symlink(link, name) < 0 ? -errno : 0;
        }
        tree_fd = ct_sys_open_tree(store_fd, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        if (tree_fd < 0)
                return tree_fd;
        r = ct_sys_mount_setattr(tree_fd, "", AT_EMPTY_PATH, MOUNT_ATTR_IDMAP, 0, 0, userns_fd);
        if (r >= 0 && mkdir(name, 0700) < 0)
                r = -errno;
        return r < 0 ? r : ct_sys_move_mount(tree_fd, "", AT_FDCWD, name, MOVE_MOUNT_F_EMPTY_PATH);
}

/* Does a layer hide all that is below it? overlayfs does not look for that at the root of a layer. */
static bool is_opaque(int store_fd, const char *path)
{
        _cleanup_close_ int fd = openat(store_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        char value;

        return fd >= 0 &&
               fgetxattr(fd, ct_userns_is_first() ? "trusted.overlay.opaque" : "user.overlay.opaque", &value,
                         1) == 1 &&
               value == 'y';
}

/* The options of overlayfs; the first of the lower layers is the highest. */
static int place_all(int store_fd, const char *const *chain, size_t n, const char *container, int userns_fd,
                     struct ct_buf *options)
{
        char path[MAX_PATH], name[24];
        size_t placed = 0;
        bool is_last = false;
        int r = 0;

        (void)ct_buf_puts(options, "lowerdir=");
        for (size_t i = n; i-- > 0 && r >= 0 && !is_last; placed++) {
                (void)snprintf(path, sizeof(path), "layers/%s/diff", chain[i]);
                (void)snprintf(name, sizeof(name), "%zu", i);
                (void)ct_buf_printf(options, "%s%s", placed > 0 ? ":" : "", name);
                r = place_layer(store_fd, path, name, userns_fd);
                is_last = is_opaque(store_fd, path);
        }
        /* Without an upper folder there have to be two lower ones. */
        if (!container || n == 0)
                (void)ct_buf_puts(options, n == 0 ? "empty" : ":empty");
        if (container) {
                static const char *const folders[] = { "upper", "work" };

                for (size_t i = 0; i < 2 && r >= 0; i++) {
                        (void)snprintf(path, sizeof(path), "containers/%s/%s", container, folders[i]);
                        (void)ct_buf_printf(options, ",%sdir=%s", folders[i], folders[i]);
                        r = place_layer(store_fd, path, folders[i], -1);
                }
        }
        /* There, nobody may set or see the attributes that it keeps its books in otherwise (Linux 5.11). */
        if (!ct_userns_is_first())
                (void)ct_buf_puts(options, ",userxattr");
        return r < 0 ? r : options->failed ? -ENOMEM : 0;
}

int ct_store_mount(const struct ct_store *store, const char *const *chain, size_t n, const char *container,
                   int userns_fd, int *ret_fd, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf options = CT_BUF_INIT;
        _cleanup_close_ int store_fd = -EBADF;
        int fd, r;

        if (n > MAX_LAYERS)
                return ct_fail(err, CONTAIN_E_MOUNT, E2BIG, NULL,
                               "an image of %zu layers cannot be mounted: the kernel stacks at most %d", n,
                               (int)MAX_LAYERS);
        r = enter_workplace(store, &store_fd);
        if (r < 0)
                return fail_mount(store, r, "make a mount namespace for the layers", err);
        r = place_all(store_fd, chain, n, container, userns_fd, &options);
        if (userns_fd >= 0 && (r == -EINVAL || r == -ENOSYS))
                return ct_store_fail_shifted(store, err);
        if (r < 0)
                return fail_mount(store, r, "lay out the layers", err);
        if (mount("overlay", "merged", "overlay", container ? 0 : MS_RDONLY, options.data) < 0)
                return userns_fd >= 0 && errno == EINVAL ? ct_store_fail_shifted(store, err)
                                                         : fail_mount(store, -errno, "mount the layers", err);
        fd = ct_sys_open_tree(AT_FDCWD, "merged", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        if (fd < 0)
                return fail_mount(store, fd, "hand out the mounted layers", err);
        *ret_fd = fd;
        return 0;
}
