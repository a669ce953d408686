/* SPDX-License-Identifier: MIT */

/* The conversation with contain-image: see host/image.h. */

#include "host/image.h"

#include "base/clock.h"
#include "base/error-json.h"
#include "base/json.h"
#include "base/message.h"
#include "base/pidfd.h"
#include "host/spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* How often the caller is told of something, be it of nothing new: it may want to give up. */
#define TELL_MS  250
/* How long the program may take to remove what it has made when it is told to stop. */
#define CLEAN_MS 30000
/* How long one that was killed may take to go. */
#define KILL_MS  10000

#define MESSAGES_TURN 64

#define PHASE_MAX 32
#define WHAT_MAX  256

extern const unsigned char ct_image_program[];
extern const size_t ct_image_program_size;

/* What is known of the program at work. */
struct talk {
        const struct ct_image_call *call;
        struct ct_child child;
        int socket_fd;
        int stderr_fd;
        int64_t deadline; /* milliseconds; -1: none */
        int64_t tell_at;
        bool stopping;
        bool timed_out;
        char phase[PHASE_MAX], what[WHAT_MAX]; /* of the last progress */
        uint64_t done, total;
};

/* What a message turned out to be. */
enum said { SAID_NOTHING, SAID_RESULT, SAID_ERROR };

bool ct_image_built(void)
{
        return true;
}

int ct_image_program_fd(contain_error_t **err)
{
        int fd =
                ct_spawn_embedded_fd("contain-image", ct_image_program, ct_image_program_size, CT_IMAGE_PATH);

        if (fd < 0) {
                (void)ct_fail(err, CONTAIN_E_SPAWN, -fd, NULL, "cannot put contain-image into memory");
                ct_error_set_hint(err, "where vm.memfd_noexec forbids it, '%s' has to be installed",
                                  CT_IMAGE_PATH);
        }
        return fd;
}

/* --- the program's beginning ---------------------------------------------------------------- */

/*
 * What of the environment is the program's business: where its libraries are, how to get out, and where
 * credentials are kept. Not that of a privileged caller's caller.
 */
static const char *const inherited[] = {
        "ALL_PROXY",      "HTTPS_PROXY",   "LD_LIBRARY_PATH",    "NO_PROXY",     "SSL_CERT_DIR",
        "all_proxy",      "https_proxy",   "http_proxy",         "no_proxy",     "SSL_CERT_FILE",
        "DOCKER_HOST",    "DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "HOME",         "XDG_CONFIG_HOME",
        "TMPDIR",         "XDG_DATA_HOME", "XDG_RUNTIME_DIR",    "ASAN_OPTIONS", "UBSAN_OPTIONS",
        "CONTAINER_HOST", "PATH",          "TSAN_OPTIONS",
};

#define N_INHERITED (sizeof(inherited) / sizeof(inherited[0]))

static void free_environment(char ***environment)
{
        for (size_t i = 0; *environment && (*environment)[i]; i++)
                free((*environment)[i]);
        free(*environment);
}

static char **make_environment(void)
{
        _cleanup_(free_environment) char **environment = calloc(N_INHERITED + 1, sizeof(*environment));
        size_t n = 0;

        for (size_t i = 0; environment && i < N_INHERITED; i++) {
                const char *value = secure_getenv(inherited[i]);

                if (value && asprintf(&environment[n], "%s=%s", inherited[i], value) < 0) {
                        environment[n] = NULL;
                        return NULL;
                }
                n += value ? 1 : 0;
        }
        return ct_take(environment);
}

/* Standard error is kept for what the dynamic linker may have to say. Neither end of it ever blocks. */
static int start(struct talk *talk)
{
        _cleanup_(free_environment) char **environment = make_environment();
        _cleanup_close_ int theirs = -EBADF, stderr_fd = -EBADF;
        char *argv[] = { (char *)(uintptr_t) "contain-image", (char *)(uintptr_t)CT_VERSION, NULL };
        int ends[2], pipe_ends[2];
        int r;

        if (!environment)
                return -ENOMEM;
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
                return -errno;
        talk->socket_fd = ends[0];
        theirs = ends[1];
        if (pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) < 0)
                return -errno;
        talk->stderr_fd = pipe_ends[0];
        stderr_fd = pipe_ends[1];
        /* Before it is there: a program that ends at once must not fail the sending. */
        r = ct_message_send(talk->socket_fd, talk->call->request, talk->call->size, talk->call->fds,
                            talk->call->n_fds, true);
        if (r < 0)
                return r;
        struct ct_spawn_program what = {
                .program_fd = talk->call->program_fd,
                .argv = argv,
                .envp = environment,
                .stdio = { -1, -1, stderr_fd },
                .extra_fds = &theirs,
                .n_extra_fds = 1,
        };
        return ct_spawn_program(&what, &talk->child);
}

/* --- while it works ------------------------------------------------------------------------- */

static int clean_ms(const struct talk *talk)
{
        return talk->call->clean_ms > 0 ? talk->call->clean_ms : CLEAN_MS;
}

/* Its end of the socket tells it; what it still says is listened to. */
static void stop(struct talk *talk, bool timed_out)
{
        talk->stopping = true;
        talk->timed_out = timed_out;
        talk->deadline = ct_clock_deadline(clean_ms(talk));
        (void)shutdown(talk->socket_fd, SHUT_WR);
}

static void tell(struct talk *talk)
{
        const struct ct_image_progress progress = { talk->phase, talk->what, talk->done, talk->total };

        talk->tell_at = ct_clock_ms() + TELL_MS;
        if (!talk->call->progress || talk->stopping)
                return;
        if (talk->call->progress(talk->call->userdata, &progress) != 0)
                stop(talk, false);
}

static void take_progress(struct talk *talk, const struct ct_json *progress)
{
        const char *phase = "", *what = "";
        uint64_t done = 0, total = 0;

        if (ct_json_get_string(progress, "phase", &phase, NULL) < 0 ||
            ct_json_get_string(progress, "what", &what, NULL) < 0 ||
            ct_json_get_uint(progress, "done", UINT64_MAX, &done, NULL) < 0 ||
            ct_json_get_uint(progress, "total", UINT64_MAX, &total, NULL) < 0)
                return;
        (void)snprintf(talk->phase, sizeof(talk->phase), "%s", phase);
        (void)snprintf(talk->what, sizeof(talk->what), "%s", what);
        talk->done = done;
        talk->total = total;
        tell(talk);
}

static int fail_protocol(contain_error_t **err)
{
        return ct_fail(err, CONTAIN_E_SYSTEM, EPROTO, NULL,
                       "contain-image said something that is not understood");
}

/* SAID_, or -errno. Of an error, *err is set and the number is its -errno; SAID_ERROR is never returned. */
static int take_message(struct talk *talk, struct ct_message *message, char **ret, int *ret_fd,
                        contain_error_t **err)
{
        _cleanup_(ct_json_document_freep) struct ct_json_document *document = NULL;
        _cleanup_(ct_arena_freep) struct ct_arena *arena = ct_arena_new();
        struct ct_json root, member;
        int r;

        if (!arena)
                return ct_fail_memory(err);
        if (ct_json_parse(arena, "the answer", message->text.data, message->text.size, &document, &root,
                          NULL) < 0)
                return fail_protocol(err);
        if (ct_json_get_object(&root, "progress", &member, NULL) == 1) {
                take_progress(talk, &member);
                return SAID_NOTHING;
        }
        if (ct_json_get_object(&root, "error", &member, NULL) == 1)
                return ct_error_from_json(&member, err);
        if (ct_json_get(&root, "result", &member, NULL) != 1)
                return fail_protocol(err);
        r = ct_json_print(&member, ret);
        if (r < 0)
                return ct_fail_memory(err);
        if (ret_fd) {
                *ret_fd = -EBADF;
                if (message->n_fds > 0)
                        *ret_fd = ct_take_fd(&message->fds[0]);
        }
        return SAID_RESULT;
}

/*
 * Takes what has come: SAID_, or -errno with the error that was told of. Without one, -EAGAIN: that was all;
 * -EPIPE: the end.
 */
static int take_messages(struct talk *talk, char **ret, int *ret_fd, contain_error_t **err)
{
        _cleanup_message_ struct ct_message message = CT_MESSAGE_INIT;
        int r;

        /* Whoever never stops talking must not keep us from the clock. */
        for (int i = 0; i < MESSAGES_TURN; i++) {
                r = ct_message_receive(talk->socket_fd, CT_JSON_MAX_SIZE, &message);
                if (r == -EAGAIN)
                        return r;
                if (r == 0)
                        return -EPIPE;
                if (r < 0)
                        return fail_protocol(err);
                r = take_message(talk, &message, ret, ret_fd, err);
                if (r != SAID_NOTHING)
                        return r;
        }
        return SAID_NOTHING;
}

/* Milliseconds to wait for: until the caller is to be told, or until the time is over. */
static int wait_ms(const struct talk *talk)
{
        bool telling = talk->call->progress && !talk->stopping;

        return ct_clock_left(telling && talk->tell_at < talk->deadline ? talk->tell_at : talk->deadline);
}

/* Whatever is due by the clock. -ETIMEDOUT: it was told to stop, and does not. */
static int look_at_clock(struct talk *talk)
{
        int64_t now = ct_clock_ms();

        if (now >= talk->deadline) {
                if (talk->stopping)
                        return -ETIMEDOUT;
                stop(talk, true);
        }
        if (now >= talk->tell_at)
                tell(talk);
        return 0;
}

/* As take_messages(), once there is an answer; -ETIMEDOUT without an error: there is none, and it lives. */
static int listen_to(struct talk *talk, char **ret, int *ret_fd, contain_error_t **err)
{
        for (;;) {
                struct pollfd fds[] = { { .fd = talk->socket_fd, .events = POLLIN },
                                        { .fd = talk->child.pidfd, .events = POLLIN } };
                bool ended;
                int r;

                if (poll(fds, 2, wait_ms(talk)) < 0 && errno != EINTR)
                        return ct_fail(err, CONTAIN_E_SYSTEM, errno, NULL, "cannot wait for contain-image");
                /* Asked before the messages are taken: its last one is there when it has ended. */
                ended = ct_pidfd_poll(talk->child.pidfd, 0) == 1;
                r = take_messages(talk, ret, ret_fd, err);
                /* An error that was told of may have any number. */
                if (r != SAID_NOTHING && (r != -EAGAIN || *err))
                        return r;
                if (r == -EAGAIN && ended)
                        return -EPIPE;
                r = look_at_clock(talk);
                if (r < 0)
                        return r;
        }
}

/* --- its end -------------------------------------------------------------------------------- */

/* What it wrote to standard error, as one line. */
static void read_stderr(struct talk *talk, char *ret, size_t size)
{
        ssize_t n = talk->stderr_fd < 0 ? 0 : read(talk->stderr_fd, ret, size - 1);

        ret[n > 0 ? n : 0] = '\0';
        for (size_t i = 0; ret[i]; i++)
                if ((unsigned char)ret[i] >= 0x7f)
                        ret[i] = '?';
                else if ((unsigned char)ret[i] < ' ')
                        ret[i] = ret[i + 1] ? ' ' : '\0';
}

static int fail_ended(struct talk *talk, const struct ct_exit *end, contain_error_t **err)
{
        char said[512];
        int r;

        read_stderr(talk, said, sizeof(said));
        if (end->known && end->signo != 0)
                r = ct_fail(err, CONTAIN_E_LOST, ECANCELED, NULL, "contain-image was ended by signal %d",
                            end->signo);
        else if (end->known)
                r = ct_fail(err, CONTAIN_E_LOST, ECANCELED, NULL,
                            "contain-image ended with status %d and without an answer", end->code);
        else
                r = ct_fail(err, CONTAIN_E_LOST, ECANCELED, NULL, "contain-image ended without an answer");
        if (said[0])
                ct_error_set_hint(err, "it said: %s", said);
        return r;
}

/* The caller had it stopped: that, not what the program says of it, is what the call fails with. */
static int fail_stopped(const struct talk *talk, bool cleaned, contain_error_t **err)
{
        int r;

        if (err)
                *err = contain_error_free(*err);
        if (talk->timed_out)
                r = ct_fail(err, CONTAIN_E_TIMEOUT, ETIMEDOUT, NULL, "the time given for this image is over");
        else
                r = ct_fail(err, CONTAIN_E_CANCELLED, ECANCELED, NULL, "the caller has cancelled it");
        if (!cleaned)
                ct_error_set_hint(err, "contain-image had to be killed: what it had made may still be there");
        return r;
}

/* Nobody is left behind, whatever the answer was. */
static void end(struct talk *talk, int grace_ms, struct ct_exit *ret)
{
        *ret = (struct ct_exit){ .known = false };
        if (talk->child.pidfd < 0)
                return;
        if (ct_pidfd_poll(talk->child.pidfd, grace_ms) != 1) {
                (void)ct_pidfd_signal(talk->child.pidfd, SIGKILL);
                (void)ct_pidfd_poll(talk->child.pidfd, KILL_MS);
        }
        (void)ct_pidfd_exit(talk->child.pidfd, ret); /* reaps it, too */
}

static void talk_done(struct talk *talk)
{
        ct_close(talk->child.pidfd);
        ct_close(talk->socket_fd);
        ct_close(talk->stderr_fd);
}

int ct_image_call(const struct ct_image_call *call, char **ret, int *ret_fd, contain_error_t **err)
{
        _cleanup_(talk_done) struct talk talk = {
                .call = call,
                .child = { .pidfd = -EBADF },
                .socket_fd = -EBADF,
                .stderr_fd = -EBADF,
                .deadline = ct_clock_deadline(call->timeout_ms),
        };
        contain_error_t *told = NULL;
        struct ct_exit ended;
        bool silent;
        int r = start(&talk);

        if (r < 0)
                return ct_fail(err, CONTAIN_E_SPAWN, -r, NULL, "cannot start contain-image");
        talk.tell_at = ct_clock_ms() + TELL_MS;
        r = listen_to(&talk, ret, ret_fd, &told);
        silent = r < 0 && !told;
        /* One that has said all it has to say only has to end; one that hangs up first may still clean up. */
        end(&talk, r == -ETIMEDOUT && silent ? 0 : clean_ms(&talk), &ended);
        if (r >= 0)
                return 0;
        if (!talk.stopping && !silent && err) {
                *err = told;
                return r;
        }
        told = contain_error_free(told);
        if (talk.stopping)
                return fail_stopped(&talk, r != -ETIMEDOUT || !silent, err);
        return silent ? fail_ended(&talk, &ended, err) : r;
}
