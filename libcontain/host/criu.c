/* SPDX-License-Identifier: MIT */

/* A child that runs CRIU, and messages to and from it: see host/criu.h. */

#include "host/criu.h"

#include "base/fds.h"
#include "base/pidfd.h"
#include "host/converse.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* The longest response; they are a few hundred bytes. */
#define RESPONSE_MAX   (64 * 1024)
/* How long it may take to end when its work is done, or when it was killed. */
#define END_TIMEOUT_MS 10000

/* Where it is looked for, and what it finds its own helpers by: the environment may be anybody's. */
#define PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

int ct_criu_find(const char *given, char **ret, contain_error_t **err)
{
        char path[64];
        int r;

        if (given && access(given, X_OK) < 0)
                return ct_fail(err, CONTAIN_E_UNSUPPORTED, errno, NULL, "cannot use '%s' as CRIU", given);
        for (const char *folder = PATH; !given && *folder;) {
                size_t length = strcspn(folder, ":");

                (void)snprintf(path, sizeof(path), "%.*s/criu", (int)length, folder);
                if (access(path, X_OK) == 0)
                        given = path;
                folder += length + (folder[length] == ':');
        }
        if (!given) {
                r = ct_fail(err, CONTAIN_E_UNSUPPORTED, ENOENT, NULL,
                            "checkpoints need the program 'criu', which is not there");
                ct_error_set_hint(err, "install CRIU %d.%d or later", CT_CRIU_OLDEST / 10000,
                                  CT_CRIU_OLDEST / 100 % 100);
                return r;
        }
        *ret = strdup(given);
        return *ret ? 0 : ct_fail_memory(err);
}

int ct_criu_start(const struct ct_criu_start *what, struct ct_criu *ret, contain_error_t **err)
{
        char *argv[] = { (char *)(uintptr_t) "criu", (char *)(uintptr_t) "swrk", (char *)(uintptr_t) "3",
                         NULL };
        char *envp[] = { (char *)(uintptr_t) "PATH=" PATH, NULL };
        _cleanup_close_ int ours = -EBADF, its = -EBADF;
        int ends[2], fds[CT_SPAWN_EXTRA_FDS], r;
        struct ct_spawn_program program = {
                .path = what->program,
                .argv = argv,
                .envp = envp,
                .extra_fds = fds,
                .n_extra_fds = 1 + what->n_fds,
                .tree_fd = what->tree_fd,
                .tree_target = what->tree_target,
        };

        r = ct_converse_pair(ends);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, -r, NULL, "cannot make a socket pair");
        ours = ends[0];
        its = ends[1];
        memcpy(program.stdio, what->stdio, sizeof(program.stdio));
        fds[0] = its;
        if (what->n_fds > 0)
                memcpy(fds + 1, what->fds, what->n_fds * sizeof(fds[0]));
        r = ct_spawn_program(&program, &ret->child);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_CHECKPOINT, -r, NULL, "cannot execute '%s'", what->program);
        ret->socket_fd = ct_take_fd(&ours);
        return 0;
}

static void reap(struct ct_criu *criu)
{
        struct ct_exit exit;

        if (criu->child.pidfd < 0)
                return;
        if (ct_pidfd_poll(criu->child.pidfd, END_TIMEOUT_MS) != 1) {
                (void)ct_pidfd_signal(criu->child.pidfd, SIGKILL);
                (void)ct_pidfd_poll(criu->child.pidfd, END_TIMEOUT_MS);
        }
        (void)ct_pidfd_exit(criu->child.pidfd, &exit);
        criu->child.pidfd = ct_close(criu->child.pidfd);
}

void ct_criu_wait(struct ct_criu *criu)
{
        criu->socket_fd = ct_close(criu->socket_fd);
        reap(criu);
}

void ct_criu_done(struct ct_criu *criu)
{
        if (criu->child.pidfd >= 0)
                (void)ct_pidfd_signal(criu->child.pidfd, SIGKILL);
        ct_criu_wait(criu);
}

/* --- messages ------------------------------------------------------------------------------- */

static int send_bytes(struct ct_criu *criu, const struct ct_buf *bytes)
{
        if (bytes->failed)
                return -ENOMEM;
        return ct_converse_send_fds(criu->socket_fd, bytes->data, bytes->size, NULL, 0);
}

/* 0 when there is a message to take; -EPIPE when there will be none. */
static int wait_for_message(struct ct_criu *criu)
{
        /* A forked copy of the host may hold the other end open, too: the process tells that it is over. */
        struct pollfd items[2] = { { .fd = criu->socket_fd, .events = POLLIN },
                                   { .fd = criu->child.pidfd, .events = POLLIN } };

        while (poll(items, 2, -1) < 0)
                if (errno != EINTR)
                        return -errno;
        if (items[0].revents & POLLIN)
                return 0;
        return -EPIPE;
}

static int receive(struct ct_criu *criu, struct ct_criu_response *ret, int *ret_fd)
{
        union {
                char bytes[CMSG_SPACE(sizeof(int) * 4)];
                struct cmsghdr align;
        } control;
        _cleanup_free_ char *bytes = malloc(RESPONSE_MAX);
        _cleanup_close_ int fd = -EBADF;
        struct iovec iov = { .iov_base = bytes, .iov_len = RESPONSE_MAX };
        struct msghdr message = {
                .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
        };
        ssize_t n;
        int r;

        if (!bytes)
                return -ENOMEM;
        r = wait_for_message(criu);
        if (r < 0)
                return r;
        do
                n = recvmsg(criu->socket_fd, &message, MSG_CMSG_CLOEXEC);
        while (n < 0 && errno == EINTR);
        if (n <= 0)
                return n < 0 && errno != ECONNRESET ? -errno : -EPIPE;
        fd = ct_converse_take_fd(&message);
        if (message.msg_flags & MSG_TRUNC)
                return -EMSGSIZE;
        r = ct_criu_parse_response(bytes, (size_t)n, ret);
        if (r < 0)
                return r;
        *ret_fd = ct_take_fd(&fd);
        return 0;
}

static int answer(struct ct_criu *criu, bool success)
{
        _cleanup_buf_ struct ct_buf bytes = CT_BUF_INIT;

        ct_criu_put_answer(&bytes, success);
        return send_bytes(criu, &bytes);
}

static int lost(struct ct_criu *criu, int errnum, contain_error_t **err)
{
        struct ct_exit exit = { 0 };

        if (errnum == ENOMEM)
                return ct_fail_memory(err);
        if (errnum != EPIPE)
                return ct_fail(err, CONTAIN_E_CHECKPOINT, errnum, NULL, "cannot talk to CRIU");
        if (ct_pidfd_poll(criu->child.pidfd, 1000) == 1)
                (void)ct_pidfd_exit(criu->child.pidfd, &exit);
        if (exit.known && exit.signo)
                return ct_fail(err, CONTAIN_E_CHECKPOINT, EPIPE, NULL,
                               "CRIU was ended by signal %d while it was at work", exit.signo);
        return ct_fail(err, CONTAIN_E_CHECKPOINT, EPIPE, NULL, "CRIU ended without a result");
}

int ct_criu_call(struct ct_criu *criu, enum ct_criu_type type, const struct ct_buf *request,
                 ct_criu_notify_fn notify, void *userdata, struct ct_criu_response *ret,
                 contain_error_t **err)
{
        _cleanup_(contain_error_freep) contain_error_t *refused = NULL;
        struct ct_criu_response response;
        int r, refusal = 0;

        r = send_bytes(criu, request);
        while (r >= 0) {
                _cleanup_close_ int fd = -EBADF;

                r = receive(criu, &response, &fd);
                if (r < 0 || response.type != CT_CRIU_NOTIFY)
                        break;
                /* Once it was told that something is wrong, it only cleans up. */
                if (notify && refusal == 0)
                        refusal = notify(userdata, &response, fd, &refused);
                r = answer(criu, refusal >= 0);
        }
        if (refusal < 0) {
                if (err)
                        *err = ct_take(refused);
                return refusal;
        }
        if (r < 0)
                return lost(criu, -r, err);
        /* A request that it cannot make sense of is answered by the type EMPTY. */
        if (response.type != type && (response.success || response.type != CT_CRIU_EMPTY))
                return ct_fail(err, CONTAIN_E_CHECKPOINT, EPROTO, NULL,
                               "CRIU answers a request that it was not sent");
        *ret = response;
        return 0;
}
