/* SPDX-License-Identifier: MIT */

/*
 * The socket on which a container's program says that it is ready (sd_notify(3)). It has a folder of its own:
 * that is what the container sees, so that the socket can come when the container is there already.
 */

#include "state/folder.h"

#include "base/fds.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int ct_state_make_notify(struct ct_state *state, contain_error_t **err)
{
        /* The program may be any user, whose way here does not lead through the state folder. */
        if (mkdirat(state->dir_fd, CT_STATE_NOTIFY, 0755) < 0 ||
            fchmodat(state->dir_fd, CT_STATE_NOTIFY, 0755, 0) < 0)
                return ct_fail(err, CONTAIN_E_STATE, errno, NULL,
                               "cannot make the folder '%s/%s/" CT_STATE_NOTIFY "'", state->root, state->id);
        return 0;
}

static int bind_socket(struct ct_state *state)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_close_ int fd = -EBADF, dir_fd = -EBADF;

        dir_fd = openat(state->dir_fd, CT_STATE_NOTIFY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (dir_fd < 0)
                return -errno;
        fd = ct_high_fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (fd < 0)
                return -errno;
        (void)snprintf(address.sun_path, sizeof(address.sun_path),
                       "/proc/thread-self/fd/%d/" CT_STATE_NOTIFY_SOCKET, dir_fd);
        (void)unlinkat(dir_fd, CT_STATE_NOTIFY_SOCKET, 0);
        if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
            fchmodat(dir_fd, CT_STATE_NOTIFY_SOCKET, 0777, 0) < 0)
                return -errno;
        return ct_take_fd(&fd);
}

int ct_state_bind_notify(struct ct_state *state, contain_error_t **err)
{
        int fd = bind_socket(state);

        if (fd == -ENOENT)
                return ct_fail(err, CONTAIN_E_STATUS, EINVAL, NULL,
                               "container '%s' was not created with a socket for notifications", state->id);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_STATE, -fd, NULL,
                               "cannot make the socket '%s/%s/" CT_STATE_NOTIFY "/" CT_STATE_NOTIFY_SOCKET
                               "'",
                               state->root, state->id);
        return fd;
}

/* 1: it is a folder that is not empty. */
static int remove_entry(int fd, const char *name)
{
        if (unlinkat(fd, name, 0) == 0 || errno == ENOENT)
                return 0;
        if (errno != EISDIR)
                return -errno;
        if (unlinkat(fd, name, AT_REMOVEDIR) == 0)
                return 0;
        return errno == ENOTEMPTY ? 1 : -errno;
}

/* Removes what is in @fd, but for folders that are not empty; @ret_name is one of those, "" for none. */
static int remove_entries(int fd, char ret_name[static NAME_MAX + 1])
{
        const struct dirent *entry;
        int copy, r = 0;
        DIR *folder;

        ret_name[0] = '\0';
        copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (copy < 0)
                return -errno;
        folder = fdopendir(copy);
        if (!folder) {
                (void)ct_close(copy);
                return -ENOMEM;
        }
        while (r >= 0 && (entry = readdir(folder))) {
                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                r = remove_entry(fd, entry->d_name);
                if (r > 0)
                        (void)snprintf(ret_name, NAME_MAX + 1, "%s", entry->d_name);
        }
        (void)closedir(folder);
        return r < 0 ? r : 0;
}

/*
 * Empties the folder of whatever a container has put there that could make it writable, with one descriptor
 * and no recursion, however deep: down into a folder that is not empty, up when nothing is left in it.
 */
static int empty_out(int top_fd)
{
        _cleanup_close_ int fd = openat(top_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        char name[NAME_MAX + 1];
        size_t depth = 0;

        while (fd >= 0) {
                int r = remove_entries(fd, name), next;

                if (r < 0 || (name[0] == '\0' && depth == 0))
                        return r;
                next = openat(fd, name[0] ? name : "..", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                depth = name[0] ? depth + 1 : depth - 1;
                ct_close(fd);
                fd = next;
        }
        return -errno;
}

int ct_state_remove_notify(struct ct_state *state)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = openat(state->dir_fd, CT_STATE_NOTIFY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT ? 0 : -errno;
        r = empty_out(fd);
        if (r < 0)
                return r;
        return unlinkat(state->dir_fd, CT_STATE_NOTIFY, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}
