/* SPDX-License-Identifier: MIT */

/*
 * Empties a state folder of whatever is in it: a container may have put things where it found a way to write,
 * and somebody a folder where a file should be. With one descriptor and no recursion, however deep: down into
 * a folder that is not empty, up when nothing is left in it.
 */

#include "state/folder.h"

#include "base/fds.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

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

int ct_state_empty(int top_fd)
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
