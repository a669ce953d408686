/* SPDX-License-Identifier: MIT */

#include "scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

bool scratch_make(struct scratch *ret)
{
        (void)snprintf(ret->folder, sizeof ret->folder, "/tmp/contain-state-XXXXXX");
        if (!mkdtemp(ret->folder))
                return false;
        (void)snprintf(ret->root, sizeof ret->root, "%s/run/contain", ret->folder);
        return true;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
        (void)status;
        (void)type;
        (void)where;
        return remove(path);
}

void scratch_remove(struct scratch *scratch)
{
        if (scratch->folder[0] != '\0')
                (void)nftw(scratch->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_path(const struct scratch *scratch, const char *name)
{
        static char paths[4][1024];
        static unsigned next;
        char *path = paths[next++ % 4];

        (void)snprintf(path, sizeof paths[0], "%s/%s", scratch->folder, name);
        return path;
}

int scratch_count(const char *folder)
{
        DIR *stream = opendir(folder);
        const struct dirent *entry;
        int n = 0;

        if (!stream)
                return -1;
        while ((entry = readdir(stream)))
                n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
        (void)closedir(stream);
        return n;
}

bool scratch_write(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

        (void)ct_close(fd);
        return good;
}
