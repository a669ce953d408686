/* SPDX-License-Identifier: MIT */

/*
 * What containers have left that are gone without having been deleted: their host died, or the machine did.
 * Only of containers that said which folder of theirs goes with them; others are their makers' to release.
 */

#include "image/store.h"
#include "image/tree.h"

#include "base/claim.h"

#include <fcntl.h>
#include <string.h>

/*
 * Is the folder that goes with the container gone, or left? *ret_fd holds one that was left, *ret_dir_fd is
 * where it is.
 */
static bool is_left(const struct ct_store *store, const char *copy, int *ret_dir_fd, int *ret_fd)
{
        const char *name = strrchr(copy, '/');
        char *storage = ct_arena_strdup(store->arena, copy);

        if (!name || name == copy || !storage)
                return false;
        storage[name - copy] = '\0';
        *ret_dir_fd = open(storage, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        /* Where nothing can be seen of it, it may be on a disk that is not mounted now. */
        if (*ret_dir_fd < 0)
                return false;
        if (faccessat(*ret_dir_fd, name + 1, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT;
        return ct_claim_is_left(*ret_dir_fd, name + 1, ret_fd);
}

int ct_store_release_left(const struct ct_store *store, const struct ct_store_container *container,
                          bool dry_run, contain_error_t **err)
{
        _cleanup_close_ int dir_fd = -EBADF, fd = -EBADF;
        int r;

        if (!container->copy || !is_left(store, container->copy, &dir_fd, &fd))
                return 0;
        if (dry_run)
                return 1;
        r = ct_store_release(store, container->id, err);
        if (r < 0)
                return r;
        r = ct_tree_remove(dir_fd, strrchr(container->copy, '/') + 1);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_STORE, -r, NULL, "cannot remove '%s'", container->copy);
        return 1;
}
