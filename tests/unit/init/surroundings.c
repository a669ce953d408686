/* SPDX-License-Identifier: MIT */

/* What a container needs around it: a root file system, namespaces of others. See drive.h. */

#include "drive.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(call) check((long)(call), #call)

static long check(long r, const char *what)
{
        if (r < 0) {
                (void)fprintf(stderr, "%s: %s\n", what, strerror(errno));
                exit(1);
        }
        return r;
}

/* --- namespaces to join --------------------------------------------------------------------- */

/* Not fork(2): a sanitizer may run threads in the child, which then cannot have a user namespace of its own.
 */
pid_t drive_hold(uint64_t flags)
{
        struct clone_args args = { .flags = flags, .exit_signal = SIGCHLD };
        pid_t pid = (pid_t)CHECK(syscall(SYS_clone3, &args, sizeof(args)));

        while (pid == 0)
                (void)syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0);
        return pid;
}

int drive_namespace(pid_t pid, const char *type)
{
        char path[64];

        (void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, type);
        return (int)CHECK(open(path, O_RDONLY | O_CLOEXEC));
}

void drive_let_go(pid_t pid)
{
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
}

/* --- a root file system --------------------------------------------------------------------- */

static void put_file(int dir_fd, const char *name, const char *text, mode_t mode)
{
        int fd = (int)CHECK(openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));

        CHECK(write(fd, text, strlen(text)));
        CHECK(fchmod(fd, mode));
        (void)close(fd);
}

static void copy_program(int dir_fd, const char *from, const char *name)
{
        int from_fd = (int)CHECK(open(from, O_RDONLY | O_CLOEXEC));
        int to_fd = (int)CHECK(openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755));

        while (CHECK(sendfile(to_fd, from_fd, NULL, 1 << 30)) > 0)
                ;
        (void)close(from_fd);
        (void)close(to_fd);
}

void drive_make_rootfs(char path[64])
{
        static const char *const folders[] = { "bin", "dev", "proc", "sys", "tmp", "etc" };
        static const char *const applets[] = { "cat",   "cut",      "echo",  "env",    "find",     "grep",
                                               "head",  "hostname", "id",    "ionice", "ip",       "kill",
                                               "ls",    "mount",    "ps",    "pwd",    "readlink", "sh",
                                               "sleep", "stat",     "stty",  "test",   "touch",    "tr",
                                               "true",  "tty",      "uname", "wc" };
        int dir_fd;

        (void)snprintf(path, 64, "/tmp/ct-init-XXXXXX");
        if (!mkdtemp(path))
                exit(1);
        dir_fd = (int)CHECK(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        CHECK(fchmod(dir_fd, 0755));
        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
                CHECK(mkdirat(dir_fd, folders[i], 0755));
        copy_program(dir_fd, "/bin/busybox", "bin/busybox");
        for (size_t i = 0; i < sizeof(applets) / sizeof(applets[0]); i++) {
                char name[32];

                (void)snprintf(name, sizeof(name), "bin/%s", applets[i]);
                CHECK(symlinkat("busybox", dir_fd, name));
        }
        put_file(dir_fd, "etc/passwd",
                 "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:User:/home/user:/bin/sh\n", 0644);
        (void)close(dir_fd);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
        (void)st;
        (void)type;
        (void)at;
        (void)remove(path);
        return 0;
}

void drive_remove(const char *path)
{
        (void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
