/* SPDX-License-Identifier: MIT */

/*
 * The lock of a container. It may be granted long after it was asked for, on a folder that has
 * been removed, and perhaps made anew, meanwhile: so what was locked is looked at afterwards.
 */

#include "state/folder.h"

#include <fcntl.h>

static int set_lock(int fd, short type)
{
        struct flock lock = { .l_type = type, .l_whence = SEEK_SET };
        int r;

        do
                r = fcntl(fd, F_OFD_SETLKW, &lock);
        while (r < 0 && errno == EINTR);
        return r < 0 ? -errno : 0;
}

static void release(struct ct_state *state)
{
        (void)set_lock(state->lock_fd, F_UNLCK);
        state->lock_fd = ct_close(state->lock_fd);
}

/* 1: the folder and its lock are still in their places; 0: the lock file is another one now; -ENOENT. */
static int check_place(const struct ct_state *state)
{
        struct stat status;

        if (fstatat(state->root_fd, state->id, &status, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        if (status.st_dev != state->device || status.st_ino != state->inode)
                return -ENOENT;
        if (fstat(state->lock_fd, &status) < 0)
                return -errno;
        return status.st_nlink > 0;
}

int ct_state_lock_acquire(struct ct_state *state)
{
        int r;

        if (state->lock_fd >= 0)
                return 0;
        for (;;) {
                /* Absent when the folder's maker was killed too early, or its remover too late. */
                state->lock_fd =
                        openat(state->dir_fd, CT_STATE_LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
                if (state->lock_fd < 0)
                        return -errno;
                r = set_lock(state->lock_fd, F_WRLCK);
                if (r == 0)
                        r = check_place(state);
                if (r > 0)
                        return 0;
                release(state);
                if (r < 0)
                        return r;
        }
}

int ct_state_lock(struct ct_state *state, contain_error_t **err)
{
        int r;

        r = ct_state_lock_acquire(state);
        if (r == -ENOENT)
                return ct_fail(err, CONTAIN_E_NOT_FOUND, ENOENT, NULL, "container '%s' does not exist",
                               state->id);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_STATE, -r, NULL, "cannot lock '%s/%s/" CT_STATE_LOCK "'",
                               state->root, state->id);
        return 0;
}

void ct_state_unlock(struct ct_state *state)
{
        if (state->lock_fd >= 0)
                release(state);
}

bool ct_state_is_locked(struct ct_state *state)
{
        struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
        _cleanup_close_ int fd = -EBADF;

        if (state->lock_fd >= 0)
                return false;
        fd = openat(state->dir_fd, CT_STATE_LOCK, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
        return fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}
