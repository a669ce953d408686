/* SPDX-License-Identifier: MIT */

/*
 * The configuration that a container was made from, for what is done to it later on: its bundle may have
 * changed by then, or be gone.
 */

#include "state/folder.h"

#include "base/fds.h"
#include "base/json.h"

#include <fcntl.h>

int ct_state_save_config(struct ct_state *state, const char *text, size_t size, contain_error_t **err)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = openat(state->dir_fd, CT_STATE_CONFIG, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    0600);
        r = fd < 0 ? -errno : ct_write_all(fd, text, size);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_STATE, -r, NULL, "cannot write '%s/%s/" CT_STATE_CONFIG "'",
                               state->root, state->id);
        return 0;
}

int ct_state_load_config(struct ct_state *state, char **ret, size_t *ret_size, contain_error_t **err)
{
        int r = ct_read_file_at(state->dir_fd, CT_STATE_CONFIG, CT_JSON_MAX_SIZE, ret, ret_size);

        if (r == -ENOENT || r >= 0)
                return r < 0 ? r : 0;
        if (r == -ENOMEM)
                return ct_fail_memory(err);
        return ct_fail(err, CONTAIN_E_STATE, -r, NULL, "cannot read '%s/%s/" CT_STATE_CONFIG "'", state->root,
                       state->id);
}
