/* SPDX-License-Identifier: MIT */

/* The guard of an ephemeral container, as root, on cgroups of this machine. */

#include "drive.h"
#include "container.h"
#include "harness/test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HIERARCHIES_MAX 8
#define NAME_SIZE       40

/* Where a cgroup may be made: v1 hierarchies that cannot harm, the freezer among them, and v2. */
static const char *const candidates[] = { "/sys/fs/cgroup/freezer", "/sys/fs/cgroup/pids",
                                          "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };

struct guarded {
        char name[NAME_SIZE]; /* of the cgroups: the test may run twice at once */
        const char *hierarchies[HIERARCHIES_MAX];
        size_t n;
        pid_t pid;    /* the "container" */
        pid_t orphan; /* of the same cgroups */
        int pidfd;
        int socket_fd;
};

static bool write_text(const struct guarded *g, const char *folder, const char *file, const char *text)
{
        char path[256];
        int fd;
        bool good;

        (void)snprintf(path, sizeof(path), "%s/%s/%s", folder, g->name, file);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        good = fd >= 0 && write(fd, text, strlen(text)) > 0;
        if (fd >= 0)
                (void)close(fd);
        return good;
}

static bool exists(const struct guarded *g, const char *folder)
{
        char path[256];

        (void)snprintf(path, sizeof(path), "%s/%s", folder, g->name);
        return access(path, F_OK) == 0;
}

static void name(struct guarded *g)
{
        (void)snprintf(g->name, sizeof(g->name), "contain-guard-test-%d", (int)getpid());
}

static void find_hierarchies(struct guarded *g)
{
        for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
                char path[256];

                (void)snprintf(path, sizeof(path), "%s/cgroup.procs", candidates[i]);
                if (access(path, W_OK) < 0)
                        continue;
                (void)snprintf(path, sizeof(path), "%s/%s", candidates[i], g->name);
                if (mkdir(path, 0755) < 0)
                        continue;
                (void)snprintf(path, sizeof(path), "%s/%s/sub", candidates[i], g->name);
                (void)mkdir(path, 0755);
                g->hierarchies[g->n++] = candidates[i];
        }
}

/* A process that stays, in all of the cgroups. */
static pid_t stay(struct guarded *g, const char *file)
{
        pid_t pid = fork();

        if (pid == 0) {
                sigset_t all;

                (void)sigfillset(&all);
                (void)sigprocmask(SIG_SETMASK, &all, NULL);
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that is ended leaves nobody behind */
                for (size_t i = 0; i < g->n; i++)
                        (void)write_text(g, g->hierarchies[i], file, "0");
                for (;;)
                        pause();
        }
        return pid;
}

static void send_guard(struct guarded *g, int socket_fd)
{
        struct plan_message message = { .kind = PLAN_MESSAGE_GUARD, .step = (uint32_t)g->n };
        union {
                char bytes[CMSG_SPACE(sizeof(int) * (HIERARCHIES_MAX + 1))];
                struct cmsghdr align;
        } control = { .bytes = { 0 } };
        struct iovec iov = { &message, sizeof(message) };
        struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control };
        int fds[HIERARCHIES_MAX + 1] = { g->pidfd };
        char names[HIERARCHIES_MAX * NAME_SIZE];
        size_t size = strlen(g->name) + 1;

        for (size_t i = 0; i < g->n; i++) {
                fds[i + 1] = open(g->hierarchies[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
                memcpy(names + i * size, g->name, size);
        }
        msg.msg_controllen = CMSG_SPACE(sizeof(int) * (g->n + 1));
        control.align.cmsg_level = SOL_SOCKET;
        control.align.cmsg_type = SCM_RIGHTS;
        control.align.cmsg_len = CMSG_LEN(sizeof(int) * (g->n + 1));
        memcpy(CMSG_DATA(&control.align), fds, sizeof(int) * (g->n + 1));
        (void)!sendmsg(socket_fd, &msg, 0);
        if (g->n > 0)
                (void)!send(socket_fd, names, g->n * size, 0);
        for (size_t i = 0; i < g->n; i++)
                (void)close(fds[i + 1]);
}

static void start_guard(struct guarded *g)
{
        int ends[2], status = -1;
        pid_t pid;

        (void)!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
        g->socket_fd = ends[0];
        send_guard(g, ends[0]);
        (void)fflush(stdout);
        pid = fork();
        if (pid == 0) {
                (void)dup2(ends[1], PLAN_SOCKET_FD);
                (void)execl(getenv("INIT_PROGRAM"), "contain-guard", NULL);
                _exit(1);
        }
        (void)close(ends[1]);
        /* It goes on as nobody's child. */
        (void)waitpid(pid, &status, 0);
        EXPECT_EQ(status, 0);
}

static bool ends_within(int pidfd, int ms)
{
        return poll(&(struct pollfd){ .fd = pidfd, .events = POLLIN }, 1, ms) == 1;
}

static void begin(struct guarded *g)
{
        *g = (struct guarded){ .pidfd = -1 };
        name(g);
        find_hierarchies(g);
        g->pid = stay(g, "cgroup.procs");
        g->orphan = stay(g, "sub/cgroup.procs");
        g->pidfd = (int)syscall(SYS_pidfd_open, g->pid, 0);
        (void)fcntl(g->pidfd, F_SETFD, FD_CLOEXEC);
        (void)usleep(50000);
        start_guard(g);
}

static void end(struct guarded *g)
{
        pid_t pids[] = { g->pid, g->orphan };

        for (int i = 0; i < 2; i++) {
                (void)kill(pids[i], SIGKILL);
                (void)waitpid(pids[i], NULL, 0);
        }
        for (size_t i = 0; i < g->n; i++) {
                char path[256];

                (void)snprintf(path, sizeof(path), "%s/%s/sub", g->hierarchies[i], g->name);
                (void)rmdir(path);
                (void)snprintf(path, sizeof(path), "%s/%s", g->hierarchies[i], g->name);
                (void)rmdir(path);
        }
        (void)close(g->pidfd);
        if (g->socket_fd >= 0)
                (void)close(g->socket_fd);
}

static bool all_gone(const struct guarded *g)
{
        for (size_t i = 0; i < g->n; i++)
                if (exists(g, g->hierarchies[i]))
                        return false;
        return true;
}

TEST(guard_ends_the_container_and_its_cgroups_when_the_host_is_gone)
{
        struct guarded g;
        int waited = 0, orphan_fd;

        if (container_cannot_run())
                return;
        begin(&g);
        orphan_fd = (int)syscall(SYS_pidfd_open, g.orphan, 0);
        /* Paused: on a v1 hierarchy it would not die. */
        for (size_t i = 0; i < g.n; i++) {
                (void)write_text(&g, g.hierarchies[i], "freezer.state", "FROZEN");
                (void)write_text(&g, g.hierarchies[i], "cgroup.freeze", "1");
        }
        EXPECT(!ends_within(g.pidfd, 100));
        (void)close(g.socket_fd);
        g.socket_fd = -1;
        EXPECT(ends_within(g.pidfd, 5000));
        EXPECT(ends_within(orphan_fd, 5000));
        (void)close(orphan_fd);
        /* The folders go with the last of them, zombies included; one that the guard missed would stay for
         * ever. */
        (void)kill(g.pid, SIGKILL);
        (void)kill(g.orphan, SIGKILL);
        (void)waitpid(g.pid, NULL, 0);
        (void)waitpid(g.orphan, NULL, 0);
        for (; waited < 5000 && !all_gone(&g); waited += 10)
                (void)usleep(10000);
        EXPECT(all_gone(&g));
        end(&g);
}

TEST(guard_stands_down_when_told_to)
{
        struct guarded g;

        if (container_cannot_run())
                return;
        begin(&g);
        (void)!send(g.socket_fd, &(struct plan_message){ 0 }, sizeof(struct plan_message), 0);
        /* It has closed its end: it is gone. */
        EXPECT(poll(&(struct pollfd){ .fd = g.socket_fd, .events = POLLRDHUP }, 1, 5000) == 1);
        (void)close(g.socket_fd);
        g.socket_fd = -1;
        EXPECT(!ends_within(g.pidfd, 200));
        EXPECT(g.n == 0 || !all_gone(&g));
        end(&g);
}

TEST(guard_removes_nothing_but_cgroups)
{
        char folder[] = "/tmp/contain-guard-XXXXXX", path[64];
        struct guarded g = { .n = 1 };

        if (container_cannot_run())
                return;
        if (!mkdtemp(folder))
                return;
        name(&g);
        (void)snprintf(path, sizeof(path), "%s/%s", folder, g.name);
        (void)mkdir(path, 0755);
        g.hierarchies[0] = folder;
        g.pid = fork();
        if (g.pid == 0)
                for (;;)
                        pause();
        g.pidfd = (int)syscall(SYS_pidfd_open, g.pid, 0);
        start_guard(&g);
        (void)close(g.socket_fd);
        EXPECT(ends_within(g.pidfd, 5000));
        (void)usleep(200000);
        EXPECT(exists(&g, folder));
        (void)kill(g.pid, SIGKILL);
        (void)waitpid(g.pid, NULL, 0);
        (void)close(g.pidfd);
        (void)rmdir(path);
        (void)rmdir(folder);
}
