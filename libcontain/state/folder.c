/* SPDX-License-Identifier: MIT */

/* A container's folder: claimed, opened and removed. What is in it: lock.c, record.c, socket.c. */

#include "state/folder.h"

#include "base/fds.h"

#include <fcntl.h>
#include <string.h>

struct ct_state *ct_state_free(struct ct_state *state)
{
        if (!state)
                return NULL;
        ct_state_unlock(state);
        state->dir_fd = ct_close(state->dir_fd);
        state->root_fd = ct_close(state->root_fd);
        free(state->root);
        free(state->id);
        free(state);
        return NULL;
}

static int new_state(const char *root, const char *id, bool make_root, struct ct_state **ret,
                     contain_error_t **err)
{
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;

        state = calloc(1, sizeof *state);
        if (!state)
                return ct_fail_memory(err);
        state->root_fd = state->dir_fd = -EBADF;
        state->root = strdup(root);
        state->id = strdup(id);
        if (!state->root || !state->id)
                return ct_fail_memory(err);
        state->root_fd = ct_state_root_open(root, make_root, O_PATH, err);
        if (state->root_fd < 0)
                return state->root_fd;
        *ret = ct_take(state);
        return 0;
}

static int fail_folder(const struct ct_state *state, int errnum, contain_error_t **err)
{
        return ct_fail(err, CONTAIN_E_STATE, errnum, NULL, "cannot open the state folder '%s/%s'",
                       state->root, state->id);
}

/* Opens ROOT/ID. -ENOENT, without words, when there is none. */
static int open_folder(struct ct_state *state, contain_error_t **err)
{
        struct stat status;

        state->dir_fd = ct_close(state->dir_fd);
        state->dir_fd = openat(state->root_fd, state->id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (state->dir_fd < 0 && errno == ENOENT)
                return -ENOENT;
        if (state->dir_fd < 0 || fstat(state->dir_fd, &status) < 0)
                return fail_folder(state, errno, err);
        /* Where a group may write to the root, a folder may have been put there for us to find. */
        if (status.st_uid != geteuid())
                return ct_fail(err, CONTAIN_E_STATE, EPERM, NULL,
                               "the state folder '%s/%s' belongs to user %u, not to the caller", state->root,
                               state->id, status.st_uid);
        state->device = status.st_dev;
        state->inode = status.st_ino;
        return 0;
}

int ct_state_folder(const struct ct_state *state)
{
        return state->dir_fd;
}

/* --- claim ---------------------------------------------------------------------------------- */

static int fail_taken(const struct ct_state *state, contain_error_t **err)
{
        return ct_fail(err, CONTAIN_E_EXISTS, EEXIST, NULL, "container with given ID already exists: '%s'",
                       state->id);
}

static int make_folder(struct ct_state *state, contain_error_t **err)
{
        int r = ct_mkdirat(state->root_fd, state->id, 0700);

        if (r == 0)
                return 0;
        if (r == -EEXIST)
                return fail_taken(state, err);
        return ct_fail(err, CONTAIN_E_STATE, -r, NULL, "cannot make the folder '%s' in the state root '%s'",
                       state->id, state->root);
}

/*
 * Opens and locks the folder just made. To anybody else, until it is locked, it is what a killed
 * process left behind, and may be removed: -ENOENT, without words. Then this one may be what yet another
 * maker has made since; of the two, whoever locks it first has it.
 */
static int take_folder(struct ct_state *state, contain_error_t **err)
{
        int r;

        r = open_folder(state, err);
        if (r < 0)
                return r;
        r = ct_state_lock_acquire(state);
        if (r < 0 && r != -ENOENT)
                return fail_folder(state, -r, err);
        if (r == 0 && faccessat(state->dir_fd, CT_STATE_RECORD, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
                return fail_taken(state, err);
        return r;
}

int ct_state_claim(const char *root, const char *id, struct ct_state **ret, contain_error_t **err)
{
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        int r;

        r = ct_state_check_id(id, err);
        if (r < 0)
                return r;
        r = new_state(root, id, true, &state, err);
        if (r < 0)
                return r;
        do {
                r = make_folder(state, err);
                if (r < 0)
                        return r;
                r = take_folder(state, err);
        } while (r == -ENOENT);
        if (r < 0) {
                (void)unlinkat(state->root_fd, id, AT_REMOVEDIR);
                return r;
        }
        state->fresh = true;
        *ret = ct_take(state);
        return 0;
}

/* --- open ----------------------------------------------------------------------------------- */

int ct_state_open(const char *root, const char *id, struct ct_state **ret, contain_error_t **err)
{
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        int r;

        r = ct_state_check_id(id, err);
        if (r < 0)
                return r;
        r = new_state(root, id, false, &state, err);
        if (r == 0)
                r = open_folder(state, err);
        if (r == -ENOENT)
                return ct_fail(err, CONTAIN_E_NOT_FOUND, ENOENT, NULL, "container '%s' does not exist", id);
        if (r < 0)
                return r;
        *ret = ct_take(state);
        return 0;
}

/* --- remove --------------------------------------------------------------------------------- */

/* A folder in its place goes with the rest. */
static int unlink_if_there(int dir_fd, const char *name)
{
        return unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT && errno != EISDIR ? -errno : 0;
}

static int remove_folder(struct ct_state *state)
{
        int r;

        r = ct_state_lock_acquire(state);
        if (r < 0)
                return r;
        /* The record first: without it, what is left counts as nobody's. */
        r = unlink_if_there(state->dir_fd, CT_STATE_RECORD);
        if (r == 0)
                r = unlink_if_there(state->dir_fd, CT_STATE_CONFIG);
        if (r == 0)
                r = unlink_if_there(state->dir_fd, CT_STATE_START);
        if (r == 0)
                r = unlink_if_there(state->dir_fd, CT_STATE_STARTED);
        if (r == 0 && unlinkat(state->root_fd, state->id, AT_REMOVEDIR) < 0)
                r = -errno;
        /* Something else is in it: the socket for notifications, or a record that was being replaced. */
        if (r == -ENOTEMPTY) {
                r = ct_state_empty(state->dir_fd);
                if (r == 0 && unlinkat(state->root_fd, state->id, AT_REMOVEDIR) < 0)
                        r = -errno;
        }
        /* Asked to remove it again, we must look at its place first: the next one of this name is not ours.
         */
        if (r == 0)
                ct_state_unlock(state);
        return r;
}

int ct_state_remove(struct ct_state *state, contain_error_t **err)
{
        int r;

        r = remove_folder(state);
        if (r < 0 && r != -ENOENT)
                return ct_fail(err, CONTAIN_E_STATE, -r, NULL, "cannot remove the state folder '%s/%s'",
                               state->root, state->id);
        return 0;
}
