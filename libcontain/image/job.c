/* SPDX-License-Identifier: MIT */

/* The request, its progress and its end: see image/job.h. */

#include "image/job.h"

#include "base/clock.h"
#include "base/message.h"
#include "base/pidfd.h"
#include "image/userns.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

/* How often progress is worth a message. */
#define TELL_MS      100
/* How long a cancelled job may take to clean up, when there is nobody who would end it. */
#define LAST_CALL_MS 60000

struct ct_job_state {
        atomic_bool cancelled;
        int64_t told_at; /* under `lock`, as the next */
        char phase[32];
        pthread_mutex_t lock;
        pthread_t watcher;
        int end_fd; /* eventfd: the watcher is not needed any more */
        int signal_fd;
        int parent_fd; /* pidfd; -1 when not known */
        int cancel_fd; /* eventfd */
        int socket_fd; /* borrowed */
        bool watched;
        struct ct_json_document *document;
};

/* --- progress ------------------------------------------------------------------------------- */

/* Is it time for a message? The beginning of a phase, and the end of something, always are. */
static bool is_time(struct ct_job_state *state, const char *phase, uint64_t done, uint64_t total)
{
        int64_t now = ct_clock_ms();

        if (now - state->told_at < TELL_MS && (total == 0 || done < total) &&
            strncmp(phase, state->phase, sizeof(state->phase) - 1) == 0)
                return false;
        state->told_at = now;
        (void)snprintf(state->phase, sizeof(state->phase), "%s", phase);
        return true;
}

void ct_job_progress(const struct ct_job *job, const char *phase, const char *what, uint64_t done,
                     uint64_t total)
{
        _cleanup_buf_ struct ct_buf text = CT_BUF_INIT;
        bool wanted;

        (void)pthread_mutex_lock(&job->state->lock);
        wanted = is_time(job->state, phase, done, total);
        (void)pthread_mutex_unlock(&job->state->lock);
        if (!wanted)
                return;
        (void)ct_buf_puts(&text, "{\"progress\":{\"phase\":");
        (void)ct_buf_json_string(&text, phase);
        (void)ct_buf_puts(&text, ",\"what\":");
        (void)ct_buf_json_string(&text, what ? what : "");
        if (ct_buf_printf(&text, ",\"done\":%llu,\"total\":%llu}}", (unsigned long long)done,
                          (unsigned long long)total) < 0)
                return;
        /* Who does not listen now misses it: work does not wait for being looked at. */
        (void)ct_message_send(job->socket_fd, text.data, text.size, NULL, 0, false);
}

bool ct_job_is_cancelled(const struct ct_job *job)
{
        return atomic_load_explicit(&job->state->cancelled, memory_order_relaxed);
}

int ct_job_fd(const struct ct_job *job, const char *key, int *ret, contain_error_t **err)
{
        uint64_t index = 0;
        int r = ct_json_get_uint(&job->request, key, CT_JOB_FDS - 1, &index, err);

        if (r <= 0)
                return r;
        if (index >= job->n_fds)
                return ct_json_fail(&job->request, err, CONTAIN_E_VALUE, "no descriptor came for '%s'", key);
        *ret = job->fds[index];
        return 1;
}

/* --- who waits for it ----------------------------------------------------------------------- */

static void cancel(struct ct_job_state *state)
{
        const uint64_t one = 1;

        atomic_store(&state->cancelled, true);
        (void)!write(state->cancel_fd, &one, sizeof(one));
}

/*
 * The other side hangs up when it has had enough, or dies; a copy of it that it forked may keep the socket
 * open, so its process is watched, too. Signals that ask to end do the same.
 */
static void *watch(void *userdata)
{
        struct ct_job_state *state = userdata;
        struct pollfd fds[] = {
                { .fd = state->end_fd, .events = POLLIN },
                { .fd = state->socket_fd, .events = POLLRDHUP },
                { .fd = state->parent_fd, .events = POLLIN },
                { .fd = state->signal_fd, .events = POLLIN },
        };

        while (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) <= 0)
                ;
        if (fds[0].revents)
                return NULL;
        cancel(state);
        /* What is stuck, in a dead network file system for instance, cannot clean up. */
        if (poll(fds, 1, LAST_CALL_MS) == 0)
                _exit(EXIT_FAILURE);
        return NULL;
}

/* Signals go to nobody but the watcher: no thread is ended in the middle of something. */
static int take_signals(void)
{
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGHUP);
        (void)sigaddset(&set, SIGINT);
        (void)sigaddset(&set, SIGTERM);
        if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
                return -EINVAL;
        return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int begin_to_watch(struct ct_job *job)
{
        struct ct_job_state *state = job->state;

        state->socket_fd = job->socket_fd;
        state->signal_fd = take_signals();
        state->end_fd = eventfd(0, EFD_CLOEXEC);
        state->cancel_fd = job->cancel_fd = eventfd(0, EFD_CLOEXEC);
        if (state->signal_fd < 0 || state->end_fd < 0 || state->cancel_fd < 0)
                return -errno;
        /* When it has died by now, the socket tells. */
        state->parent_fd = ct_pidfd_open(getppid());
        if (pthread_create(&state->watcher, NULL, watch, state) != 0)
                return -EAGAIN;
        state->watched = true;
        return 0;
}

/* --- the request ---------------------------------------------------------------------------- */

static int receive(int socket_fd, struct ct_message *ret)
{
        struct pollfd fd = { .fd = socket_fd, .events = POLLIN };

        for (;;) {
                int r = ct_message_receive(socket_fd, CT_JSON_MAX_SIZE, ret);

                if (r != -EAGAIN)
                        return r;
                (void)poll(&fd, 1, -1);
        }
}

static struct ct_job *new_job(int socket_fd)
{
        _cleanup_(ct_job_endp) struct ct_job *job = calloc(1, sizeof(*job));

        if (!job)
                return NULL;
        job->socket_fd = socket_fd;
        job->reply_fd = job->cancel_fd = -EBADF;
        job->arena = ct_arena_new();
        job->state = calloc(1, sizeof(*job->state));
        if (!job->arena || !job->state)
                return NULL;
        job->state->end_fd = job->state->signal_fd = job->state->parent_fd = job->state->cancel_fd = -EBADF;
        atomic_init(&job->state->cancelled, false);
        (void)pthread_mutex_init(&job->state->lock, NULL);
        return ct_take(job);
}

int ct_job_begin(int socket_fd, struct ct_job **ret, contain_error_t **err)
{
        _cleanup_message_ struct ct_message message = CT_MESSAGE_INIT;
        _cleanup_(ct_job_endp) struct ct_job *job = new_job(socket_fd);
        int r;

        if (!job)
                return ct_fail_memory(err);
        r = receive(socket_fd, &message);
        if (r <= 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, r < 0 ? -r : EPIPE, NULL, "no request came");
        r = ct_json_parse(job->arena, "the request", message.text.data, message.text.size,
                          &job->state->document, &job->request, err);
        if (r < 0)
                return r;
        for (; job->n_fds < message.n_fds && job->n_fds < CT_JOB_FDS; job->n_fds++)
                job->fds[job->n_fds] = ct_take_fd(&message.fds[job->n_fds]);
        r = ct_userns_enter(job, err);
        if (r < 0)
                return r;
        r = begin_to_watch(job);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, -r, NULL, "cannot watch for the end of the caller");
        *ret = ct_take(job);
        return 0;
}

static void end_state(struct ct_job_state *state)
{
        const uint64_t one = 1;

        if (state->watched) {
                (void)!write(state->end_fd, &one, sizeof(one));
                (void)pthread_join(state->watcher, NULL);
        }
        ct_close(state->end_fd);
        ct_close(state->signal_fd);
        ct_close(state->parent_fd);
        ct_close(state->cancel_fd);
        (void)pthread_mutex_destroy(&state->lock);
        (void)ct_json_document_free(state->document);
        free(state);
}

struct ct_job *ct_job_end(struct ct_job *job)
{
        if (!job)
                return NULL;
        if (job->state)
                end_state(job->state);
        for (size_t i = 0; i < job->n_fds; i++)
                ct_close(job->fds[i]);
        ct_close(job->reply_fd);
        (void)ct_arena_free(job->arena);
        free(job);
        return NULL;
}
