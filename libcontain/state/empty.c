/* SPDX-License-Identifier: MIT */

/*
 * Empties a state folder of whatever is in it: a container may have put things where it found a way to write,
 * and somebody a folder where a file should be. With one descriptor and no recursion, however deep: down into
 * a folder that is not empty, up when nothing is left in it. Somebody may have such a folder open, and move
 * it: the way up has to be the one that led down.
 */

#include "state/folder.h"

#include "base/fds.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* How often to begin again when somebody moves folders meanwhile. */
#define TRIES 100

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

/* The folders above the one that is open, as they were on the way down. */
struct descent {
        int fd;
        struct place {
                dev_t device;
                ino_t inode;
        } * above;
        size_t depth, capacity;
};

static void descent_done(struct descent *descent)
{
        descent->fd = ct_close(descent->fd);
        free(descent->above);
}

static int go_down(struct descent *descent, const char *name)
{
        struct stat status;
        int fd;

        if (descent->depth == descent->capacity) {
                size_t capacity = descent->capacity == 0 ? 16 : 2 * descent->capacity;
                struct place *more = realloc(descent->above, capacity * sizeof *more);

                if (!more)
                        return -ENOMEM;
                descent->above = more;
                descent->capacity = capacity;
        }
        if (fstat(descent->fd, &status) < 0)
                return -errno;
        fd = openat(descent->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? -ESTALE : -errno;
        descent->above[descent->depth++] = (struct place){ status.st_dev, status.st_ino };
        ct_close(descent->fd);
        descent->fd = fd;
        return 0;
}

/* -ESTALE: somebody has moved the folder, and what is above it now may be anybody's. */
static int go_up(struct descent *descent)
{
        int fd = openat(descent->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        const struct place *place;
        struct stat status;

        if (fd < 0)
                return errno == ENOENT ? -ESTALE : -errno;
        ct_close(descent->fd);
        descent->fd = fd;
        place = &descent->above[--descent->depth];
        if (fstat(fd, &status) < 0)
                return -errno;
        return status.st_dev == place->device && status.st_ino == place->inode ? 0 : -ESTALE;
}

static int empty_once(int top_fd)
{
        _cleanup_(descent_done) struct descent descent = { .fd = openat(top_fd, ".",
                                                                        O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
        char name[NAME_MAX + 1];

        if (descent.fd < 0)
                return -errno;
        for (;;) {
                int r = remove_entries(descent.fd, name);

                if (r < 0 || (name[0] == '\0' && descent.depth == 0))
                        return r;
                r = name[0] ? go_down(&descent, name) : go_up(&descent);
                if (r < 0)
                        return r;
        }
}

int ct_state_empty(int top_fd)
{
        int r = -ESTALE;

        for (int i = 0; i < TRIES && r == -ESTALE; i++)
                r = empty_once(top_fd);
        return r;
}
