/* SPDX-License-Identifier: MIT */

/*
 * Credentials that a program keeps: docker-credential-NAME is told a registry on its standard input, and
 * answers with a JSON object on its output.
 */

#include "image/credentials.h"

#include "base/fds.h"
#include "base/pidfd.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

enum { MAX_ANSWER = 256 * 1024, SECONDS = 60, CANCEL_MSEC = 200 };

extern char **environ;

struct helper {
        pid_t pid;
        int to_fd, from_fd;
};

static void helper_done(struct helper *helper)
{
        helper->to_fd = ct_close(helper->to_fd);
        helper->from_fd = ct_close(helper->from_fd);
        if (helper->pid > 0) {
                (void)kill(helper->pid, SIGKILL);
                while (waitpid(helper->pid, NULL, 0) < 0 && errno == EINTR)
                        ;
        }
}

static bool is_name(const char *name)
{
        return *name && strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") ==
                                strlen(name);
}

/* Signals as a program expects them, whatever this one does with them: an errno. */
static int set_signals(posix_spawnattr_t *attributes)
{
        sigset_t none, pipe_only;
        int r;

        (void)sigemptyset(&none);
        (void)sigemptyset(&pipe_only);
        (void)sigaddset(&pipe_only, SIGPIPE);
        r = posix_spawnattr_setsigmask(attributes, &none);
        if (r == 0)
                r = posix_spawnattr_setsigdefault(attributes, &pipe_only);
        return r != 0 ? r
                      : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/*
 * What it writes is nobody else's to read. Here files are made with no umask, perhaps by other threads right
 * now: this thread gets one of its own. An errno.
 */
static int spawn_private(const char *program, const posix_spawn_file_actions_t *actions,
                         const posix_spawnattr_t *attributes, char **argv, pid_t *ret)
{
        mode_t before;
        int r;

        if (unshare(CLONE_FS) < 0)
                return errno;
        before = umask(077);
        r = posix_spawnp(ret, program, actions, attributes, argv, environ);
        (void)umask(before);
        return r;
}

/* An errno. */
static int spawn(const char *program, int stdin_fd, int stdout_fd, pid_t *ret)
{
        char *argv[] = { (char *)(uintptr_t)program, (char *)(uintptr_t) "get", NULL };
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        int r;

        r = posix_spawnattr_init(&attributes);
        if (r != 0)
                return r;
        r = posix_spawn_file_actions_init(&actions);
        if (r == 0) {
                r = set_signals(&attributes);
                if (r == 0)
                        r = posix_spawn_file_actions_adddup2(&actions, stdin_fd, STDIN_FILENO);
                if (r == 0)
                        r = posix_spawn_file_actions_adddup2(&actions, stdout_fd, STDOUT_FILENO);
                /* libcurl's sockets are not marked. */
                if (r == 0)
                        r = posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
                if (r == 0)
                        r = spawn_private(program, &actions, &attributes, argv, ret);
                (void)posix_spawn_file_actions_destroy(&actions);
        }
        (void)posix_spawnattr_destroy(&attributes);
        return r;
}

/* -errno. */
static int start(const char *program, struct helper *helper)
{
        int to[2], from[2], r;

        if (pipe2(to, O_CLOEXEC) < 0)
                return -errno;
        helper->to_fd = to[1];
        if (pipe2(from, O_CLOEXEC) < 0) {
                (void)ct_close(to[0]);
                return -errno;
        }
        helper->from_fd = from[0];
        r = spawn(program, to[0], from[1], &helper->pid);
        (void)ct_close(to[0]);
        (void)ct_close(from[1]);
        return -r;
}

/* All that it says, until it hangs up. */
static int listen_to(const struct helper *helper, const struct ct_job *job, struct ct_buf *ret)
{
        struct pollfd poll_fd = { .fd = helper->from_fd, .events = POLLIN };
        time_t end = time(NULL) + SECONDS;
        char part[4096];
        ssize_t n;

        for (;;) {
                int ready = poll(&poll_fd, 1, CANCEL_MSEC);

                if (job && ct_job_is_cancelled(job))
                        return -ECANCELED;
                if (time(NULL) > end)
                        return -ETIMEDOUT;
                if (ready < 0 && errno != EINTR)
                        return -errno;
                if (ready <= 0)
                        continue;
                n = read(helper->from_fd, part, sizeof(part));
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return 0;
                if ((size_t)n > MAX_ANSWER - ret->size)
                        return -EFBIG;
                if (ct_buf_append(ret, part, (size_t)n) < 0)
                        return -ENOMEM;
        }
}

/* 1 when it knew, 0 when it ended with another status; -errno. */
static int converse(const char *program, const char *registry, const struct ct_job *job, struct ct_buf *ret)
{
        _cleanup_(helper_done) struct helper helper = { -1, -EBADF, -EBADF };
        int r, status;

        r = start(program, &helper);
        if (r < 0)
                return r;
        /* One that does not want to know the registry has closed its end; it is the answer that counts.
         * SIGPIPE is ignored. */
        r = ct_write_all(helper.to_fd, registry, strlen(registry));
        if (r < 0 && r != -EPIPE)
                return r;
        helper.to_fd = ct_close(helper.to_fd);
        r = listen_to(&helper, job, ret);
        if (r < 0)
                return r;
        do
                r = waitpid(helper.pid, &status, 0);
        while (r < 0 && errno == EINTR);
        helper.pid = -1;
        return r < 0 ? -errno : WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int ct_credentials_ask_program(struct ct_arena *arena, const char *name, const char *registry,
                               const struct ct_job *job, struct ct_credentials *ret, contain_error_t **err)
{
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        const char *program = ct_arena_printf(arena, "docker-credential-%s", name);
        _cleanup_buf_ struct ct_buf answer = CT_BUF_INIT;
        struct ct_credentials found = { 0 };
        struct ct_json root;
        int r;

        if (!program)
                return ct_fail_memory(err);
        if (!is_name(name))
                return ct_fail(err, CONTAIN_E_REGISTRY, EINVAL, NULL,
                               "'%s' does not name a program that keeps credentials", name);
        r = converse(program, registry, job, &answer);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_REGISTRY, -r, NULL,
                               "cannot ask '%s' for the credentials of '%s'", program, registry);
        if (r == 0 && answer.data && strstr(answer.data, "credentials not found"))
                return 0;
        if (r == 0)
                return ct_fail(err, CONTAIN_E_REGISTRY, EACCES, NULL,
                               "'%s' does not give the credentials of '%s'", program, registry);
        r = ct_json_parse(arena, program, answer.data ? answer.data : "", answer.size, &document, &root, err);
        if (r >= 0)
                r = ct_json_require(ct_json_get_string(&root, "Username", &found.user, err), &root,
                                    "Username", err);
        if (r >= 0)
                r = ct_json_require(ct_json_get_string(&root, "Secret", &found.password, err), &root,
                                    "Secret", err);
        if (r < 0)
                return r;
        if (strcmp(found.user, "<token>") == 0)
                found = (struct ct_credentials){ .identity_token = found.password };
        *ret = found;
        return 1;
}
