/* SPDX-License-Identifier: MIT */

/*
 * The lock of a container. It may be granted long after it was asked for, on a folder that has
 * been removed, and perhaps made anew, meanwhile: so its place is looked at afterwards.
 */

#include "state/folder.h"

#include <fcntl.h>
#include <sys/file.h>

static int set_lock(int fd, int operation)
{
        int r;

        do
                r = flock(fd, operation);
        while (r < 0 && errno == EINTR);
        return r < 0 ? -errno : 0;
}

/* An inode number is not given out again while its folder is open: device and inode are enough. */
static int check_place(const struct ct_state *state)
{
        struct stat status;

        if (fstatat(state->root_fd, state->id, &status, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        return status.st_dev == state->device && status.st_ino == state->inode ? 0 : -ENOENT;
}

int ct_state_lock_acquire(struct ct_state *state)
{
        int r;

        if (state->locked)
                return 0;
        r = set_lock(state->dir_fd, LOCK_EX);
        if (r < 0)
                return r;
        state->locked = true;
        r = check_place(state);
        if (r < 0)
                ct_state_unlock(state);
        return r;
}

int ct_state_lock(struct ct_state *state, contain_error_t **err)
{
        int r;

        r = ct_state_lock_acquire(state);
        if (r == -ENOENT)
                return ct_fail(err, CONTAIN_E_NOT_FOUND, ENOENT, NULL, "container '%s' does not exist",
                               state->id);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_STATE, -r, NULL, "cannot lock the state folder '%s/%s'",
                               state->root, state->id);
        return 0;
}

void ct_state_unlock(struct ct_state *state)
{
        if (!state->locked)
                return;
        (void)set_lock(state->dir_fd, LOCK_UN);
        state->locked = false;
}

bool ct_state_is_locked(struct ct_state *state)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (state->locked)
                return false;
        /* Shared: two that ask at the same moment must not take each other for a holder. */
        fd = openat(state->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return false;
        r = set_lock(fd, LOCK_SH | LOCK_NB);
        if (r == 0)
                (void)set_lock(fd, LOCK_UN);
        return r == -EWOULDBLOCK;
}
