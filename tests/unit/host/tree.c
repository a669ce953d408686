/* SPDX-License-Identifier: MIT */

#include "tree.h"

#include "base/cleanup.h"
#include "base/fds.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool tree_make(struct tree *ret)
{
        (void)snprintf(ret->path, sizeof(ret->path), "/tmp/contain-tree-XXXXXX");
        ret->fd = mkdtemp(ret->path) ? open(ret->path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
        return ret->fd >= 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
        (void)status;
        (void)type;
        (void)walk;
        return remove(path);
}

void tree_remove(struct tree *tree)
{
        ct_close(tree->fd);
        if (tree->path[0] != '\0')
                (void)nftw(tree->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

bool tree_put(const struct tree *tree, const char *path, const char *text)
{
        _cleanup_close_ int fd = -EBADF;
        char full[256];

        (void)snprintf(full, sizeof(full), "%s/%s", tree->path, path);
        *strrchr(full, '/') = '\0';
        if (ct_mkdir_parents(full, 0755) < 0)
                return false;
        fd = openat(tree->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        return fd >= 0 && ct_write_all(fd, text, strlen(text)) == 0;
}
