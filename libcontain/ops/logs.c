/* SPDX-License-Identifier: MIT */

/* Reading a container's log, and waiting for more of it. */

#include "ops/streams.h"

#include "base/fds.h"

#include <fcntl.h>
#include <string.h>

struct contain_log *ct_logs_free(struct contain_log *logs)
{
        if (!logs)
                return NULL;
        ct_log_free(logs->log);
        ct_close(logs->socket_fd);
        free(logs);
        return NULL;
}

/* --- opening -------------------------------------------------------------------------------- */

/* Where the record says that the log is; the path is a copy, NULL for none. */
struct place {
        bool ring;
        char *path;
        unsigned files;
};

static void place_done(struct place *place)
{
        free(place->path);
}

static int find_place(struct contain *c, struct place *ret, contain_error_t **err)
{
        bool kept, has_path;

        pthread_mutex_lock(&c->look);
        kept = c->record && c->record->keeper_pid > 0;
        has_path = kept && c->record->log;
        if (kept) {
                ret->ring = c->record->log_ring;
                ret->files = (unsigned)c->record->log_files;
                ret->path = has_path ? strdup(c->record->log) : NULL;
        }
        pthread_mutex_unlock(&c->look);
        if (has_path && !ret->path)
                return ct_fail_memory(err);
        if (!kept || (!ret->ring && !ret->path))
                return ct_fail(err, CONTAIN_E_KEEPER, ENOTCONN, NULL,
                               "container '%s' has no keeper that writes a log", c->id);
        return 0;
}

/* A path without a slash is in the container's folder. */
static int open_files(struct contain *c, const struct place *place, struct ct_log **ret,
                      contain_error_t **err)
{
        _cleanup_(ct_state_freep) struct ct_state *state = NULL;
        _cleanup_close_ int folder_fd = -EBADF;
        const char *name = place->path;
        char *slash = strrchr(place->path, '/');
        int r;

        if (slash) {
                *slash = '\0';
                folder_fd = open(place->path[0] ? place->path : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
                *slash = '/';
                name = slash + 1;
                r = folder_fd < 0 ? -errno : 0;
        } else {
                r = ct_op_open_own(c, &state, err);
                if (r < 0)
                        return r;
        }
        if (r == 0)
                r = ct_log_open_files(state ? ct_state_folder(state) : folder_fd, name, place->files, ret);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_KEEPER, -r, NULL, "cannot open the log '%s'", place->path);
        return 0;
}

static int open_ring(struct contain *c, struct ct_log **ret, contain_error_t **err)
{
        _cleanup_close_ int socket_fd = ct_keep_connect(c, err);
        struct plan_message message = { .kind = KEEPER_RING };
        size_t n = 1;
        int fd, r;

        if (socket_fd < 0)
                return socket_fd;
        r = ct_keeper_ask(socket_fd, &message, &fd, &n);
        if (r == 0)
                r = n == 1 ? ct_log_open_ring(fd, ret) : -EPROTO;
        if (r < 0)
                return ct_fail(err, CONTAIN_E_KEEPER, r == -EPIPE ? ENOTCONN : -r, NULL,
                               "the keeper of container '%s' does not give its log", c->id);
        return 0;
}

static int open_log(struct contain *c, struct ct_log **ret, contain_error_t **err)
{
        _cleanup_(place_done) struct place place = { 0 };
        int r = find_place(c, &place, err);

        if (r < 0)
                return r;
        return place.ring ? open_ring(c, ret, err) : open_files(c, &place, ret, err);
}

/* Lines of the two streams can be in pieces, and between each other: they count where they begin. */
static bool begins_line(bool unfinished[2], const struct ct_log_entry *entry)
{
        bool begins = !unfinished[entry->stream - 1];

        unfinished[entry->stream - 1] = entry->partial;
        return begins;
}

/* How many lines come before the last @tail ones. */
static int count_skipped(struct contain *c, uint64_t tail, uint64_t *ret, contain_error_t **err)
{
        _cleanup_(ct_log_freep) struct ct_log *log = NULL;
        bool unfinished[2] = { false, false };
        struct ct_log_entry entry;
        uint64_t lines = 0;
        int r;

        r = open_log(c, &log, err);
        if (r < 0)
                return r;
        while ((r = ct_log_next(log, &entry)) > 0)
                lines += begins_line(unfinished, &entry);
        if (r < 0)
                return ct_fail(err, CONTAIN_E_KEEPER, -r, NULL, "cannot read the log of container '%s'",
                               c->id);
        *ret = lines > tail ? lines - tail : 0;
        return 0;
}

int ct_op_logs(struct contain *c, const contain_logs_options_t *options, struct contain_log **ret,
               contain_error_t **err)
{
        _cleanup_(ct_logs_freep) struct contain_log *logs = calloc(1, sizeof(*logs));
        int r;

        if (!logs)
                return ct_fail_memory(err);
        logs->maker = getpid();
        logs->socket_fd = -EBADF;
        logs->follows = options && (options->flags & CONTAIN_LOGS_FOLLOW);
        logs->since_nsec = options ? options->since_nsec : 0;
        /* Before it is opened: when the keeper has gone, all is there. */
        if (logs->follows)
                logs->socket_fd = ct_high_fd(ct_keep_connect(c, NULL));
        r = open_log(c, &logs->log, err);
        if (r == 0 && options && options->has_tail)
                r = count_skipped(c, options->tail, &logs->skip, err);
        if (r < 0)
                return r;
        logs->follows = logs->socket_fd >= 0;
        *ret = ct_take(logs);
        return 0;
}

/* --- reading -------------------------------------------------------------------------------- */

/* Does it belong to what is wanted? */
static bool is_wanted(struct contain_log *logs, const struct ct_log_entry *entry)
{
        /* More than what was to be skipped is gone. */
        if (entry->gap)
                logs->skip = 0;
        if (begins_line(logs->unfinished, entry)) {
                logs->skipped[entry->stream - 1] = logs->skip > 0;
                logs->skip -= logs->skip > 0;
        }
        return !logs->skipped[entry->stream - 1] && entry->time_nsec >= logs->since_nsec;
}

/* 1 when there may be more to read; -ETIMEDOUT. */
static int wait_for_more(struct contain_log *logs, int timeout_ms)
{
        struct plan_message message;
        int r = 0;

        if (!logs->asked)
                r = ct_keeper_send(logs->socket_fd, KEEPER_LOGGED, 0, logs->seen);
        logs->asked = true;
        if (r == 0)
                r = ct_keeper_receive(logs->socket_fd, KEEPER_LOGGED, timeout_ms, &message, NULL, NULL);
        if (r == -ETIMEDOUT)
                return r;
        logs->asked = false;
        if (r > 0)
                logs->seen = message.value;
        /* It has gone, or there will be no more: what it wrote last is still to be read. */
        if (r <= 0 || message.step != 0)
                logs->follows = false;
        return 1;
}

int ct_op_logs_next(struct contain_log *logs, int timeout_ms, contain_log_entry_t *ret, contain_error_t **err)
{
        for (;;) {
                bool follows = logs->follows;
                struct ct_log_entry entry;
                int r = ct_log_next(logs->log, &entry);

                if (r < 0)
                        return ct_fail(err, CONTAIN_E_KEEPER, -r, NULL, "cannot read the log");
                if (r > 0 && !is_wanted(logs, &entry))
                        continue;
                if (r > 0) {
                        ret->time_nsec = entry.time_nsec;
                        ret->stream = entry.stream;
                        ret->partial = entry.partial;
                        ret->gap = entry.gap;
                        ret->reserved = 0;
                        ret->length = entry.size;
                        ret->text = entry.text;
                        return 1;
                }
                if (!follows)
                        return 0;
                if (wait_for_more(logs, timeout_ms) == -ETIMEDOUT)
                        return ct_fail(err, CONTAIN_E_TIMEOUT, ETIMEDOUT, NULL, "nothing was logged");
        }
}
