/* SPDX-License-Identifier: MIT */

#include "helper.h"

#include "base/pidfd.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static char *next_path(void)
{
        static char paths[6][512];
        static unsigned next;

        return paths[next++ % 6];
}

bool folder_make(struct folder *ret)
{
        (void)snprintf(ret->path, sizeof ret->path, "/tmp/contain-host-XXXXXX");
        return mkdtemp(ret->path) != NULL;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
        (void)status;
        (void)type;
        (void)where;
        return remove(path);
}

void folder_remove(struct folder *folder)
{
        if (folder->path[0] != '\0')
                (void)nftw(folder->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *folder_path(const struct folder *folder, const char *name)
{
        char *path = next_path();

        (void)snprintf(path, 512, "%s/%s", folder->path, name);
        return path;
}

const char *folder_script(const struct folder *folder, const char *name, const char *body)
{
        const char *path = folder_path(folder, name);
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
        bool good = fd >= 0 && dprintf(fd, "#!/bin/sh\n%s\n", body) > 0;

        (void)ct_close(fd);
        return good ? path : NULL;
}

const char *read_text(const char *path)
{
        static char text[8192];
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;

        text[n > 0 ? n : 0] = '\0';
        (void)ct_close(fd);
        return text;
}

bool sleeper_start(struct sleeper *ret, int namespaces)
{
        int ends[2];
        char byte;

        if (pipe2(ends, O_CLOEXEC) < 0)
                return false;
        *ret = (struct sleeper){ .pid = fork() };
        if (ret->pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                if (namespaces != 0 && unshare(namespaces) < 0)
                        _exit(1);
                (void)!write(ends[1], "x", 1);
                for (;;)
                        (void)pause();
        }
        (void)close(ends[1]);
        ret->pidfd = ct_pidfd_open(ret->pid);
        /* Nothing to read: the child ended before it wrote. */
        if (read(ends[0], &byte, 1) == 1 && ret->pidfd >= 0) {
                (void)close(ends[0]);
                return true;
        }
        (void)close(ends[0]);
        sleeper_end(ret);
        return false;
}

void sleeper_end(struct sleeper *sleeper)
{
        if (sleeper->pid <= 0)
                return;
        (void)kill(sleeper->pid, SIGKILL);
        (void)waitpid(sleeper->pid, NULL, 0);
        (void)ct_close(sleeper->pidfd);
        *sleeper = (struct sleeper){ .pid = 0, .pidfd = -EBADF };
}

const char *sleeper_path(const struct sleeper *sleeper, const char *name)
{
        char *path = next_path();

        (void)snprintf(path, 512, "/proc/%d/%s", sleeper->pid, name);
        return path;
}

bool is_childless(void)
{
        return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
}

int64_t milliseconds(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
