/* SPDX-License-Identifier: MIT */

/* Entries out of a log's bytes. */

#include "host/log.h"

#include "base/fds.h"
#include "host/log-source.h"
#include "plan/keeper.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define BUFFER_SIZE (64 * 1024)
#define HEAD_SIZE   (KEEPER_STAMP_SIZE + 10) /* " stdout F " */

struct ct_log {
        bool is_ring;
        struct ct_log_files files;
        struct ct_log_ring ring;
        bool gap;       /* to be told with the next entry */
        bool skip_line; /* what comes is the rest of a line that was cut */
        size_t from, to;
        char buffer[BUFFER_SIZE];
};

static struct ct_log *new_log(void)
{
        struct ct_log *log = calloc(1, sizeof(*log));

        if (log)
                log->files.folder_fd = log->files.fd = log->ring.fd = -EBADF;
        return log;
}

struct ct_log *ct_log_free(struct ct_log *log)
{
        if (!log)
                return NULL;
        ct_close(log->files.folder_fd);
        ct_close(log->files.fd);
        ct_close(log->ring.fd);
        free(log->files.name);
        free(log);
        return NULL;
}

/* --- an entry ------------------------------------------------------------------------------- */

static int64_t number(const char *text, size_t n)
{
        int64_t value = 0;

        for (size_t i = 0; i < n; i++) {
                if (text[i] < '0' || text[i] > '9')
                        return -1;
                value = value * 10 + (text[i] - '0');
        }
        return value;
}

/* "2024-02-29T12:34:56.123456789Z"; -1 for anything else. */
static int64_t parse_stamp(const char *text)
{
        struct tm utc = { .tm_year = (int)number(text, 4) - 1900,
                          .tm_mon = (int)number(text + 5, 2) - 1,
                          .tm_mday = (int)number(text + 8, 2),
                          .tm_hour = (int)number(text + 11, 2),
                          .tm_min = (int)number(text + 14, 2),
                          .tm_sec = (int)number(text + 17, 2) };
        int64_t nsec = number(text + 20, 9);

        if (text[4] != '-' || text[10] != 'T' || text[19] != '.' || text[29] != 'Z' || nsec < 0)
                return -1;
        return (int64_t)timegm(&utc) * 1000000000 + nsec;
}

/* Whether the line, without its end, is an entry. */
static bool parse(const char *line, size_t size, struct ct_log_entry *ret)
{
        const char *stream = line + KEEPER_STAMP_SIZE;
        int64_t time_nsec;

        if (size < HEAD_SIZE)
                return false;
        time_nsec = parse_stamp(line);
        if (time_nsec < 0 || stream[9] != ' ' || (stream[8] != 'F' && stream[8] != 'P'))
                return false;
        *ret = (struct ct_log_entry){ .time_nsec = time_nsec,
                                      .stream = memcmp(stream, " stderr ", 8) == 0 ? 2 : 1,
                                      .partial = stream[8] == 'P',
                                      .text = line + HEAD_SIZE,
                                      .size = size - HEAD_SIZE };
        return true;
}

/* --- bytes ---------------------------------------------------------------------------------- */

static ssize_t fill(struct ct_log *log)
{
        enum ct_log_break how;
        ssize_t n;

        memmove(log->buffer, log->buffer + log->from, log->to - log->from);
        log->to -= log->from;
        log->from = 0;
        /* No entry is that long. */
        if (log->to == sizeof(log->buffer)) {
                log->to = 0;
                log->skip_line = true;
        }
        n = log->is_ring
                    ? ct_log_ring_read(&log->ring, log->buffer + log->to, sizeof(log->buffer) - log->to, &how)
                    : ct_log_files_read(&log->files, log->buffer + log->to, sizeof(log->buffer) - log->to,
                                        &how);
        if (n <= 0 && how == CT_LOG_ON)
                return n;
        if (how != CT_LOG_ON) {
                if (n > 0)
                        memmove(log->buffer, log->buffer + log->to, (size_t)n);
                log->to = 0;
                log->skip_line = how == CT_LOG_TORN;
                log->gap = log->gap || how != CT_LOG_NEXT;
        }
        if (n > 0)
                log->to += (size_t)n;
        return n;
}

/* --- the reader ----------------------------------------------------------------------------- */

/* The first is what is the oldest now, and not a gap. */
static void begin(struct ct_log *log)
{
        (void)fill(log);
        log->gap = false;
}

int ct_log_open_files(int folder_fd, const char *name, unsigned files, struct ct_log **ret)
{
        _cleanup_(ct_log_freep) struct ct_log *log = new_log();

        if (!log)
                return -ENOMEM;
        log->files.n = files;
        log->files.name = strdup(name);
        if (!log->files.name)
                return -ENOMEM;
        log->files.folder_fd = ct_dup(folder_fd);
        if (log->files.folder_fd < 0)
                return log->files.folder_fd;
        begin(log);
        *ret = ct_take(log);
        return 0;
}

int ct_log_open_ring(int ring_fd, struct ct_log **ret)
{
        _cleanup_close_ int fd = ring_fd;
        struct ct_log *log;
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (st.st_size <= KEEPER_RING_START)
                return -EINVAL;
        log = new_log();
        if (!log)
                return -ENOMEM;
        log->is_ring = true;
        log->ring.size = (uint64_t)st.st_size - KEEPER_RING_START;
        log->ring.fd = ct_high_fd(ct_take_fd(&fd));
        begin(log);
        *ret = log;
        return 0;
}

int ct_log_next(struct ct_log *log, struct ct_log_entry *ret)
{
        for (;;) {
                char *line = log->buffer + log->from;
                char *end = memchr(line, '\n', log->to - log->from);
                bool skip = log->skip_line;
                ssize_t n;

                if (!end) {
                        n = fill(log);
                        if (n <= 0)
                                return (int)n;
                        continue;
                }
                log->from = (size_t)(end + 1 - log->buffer);
                log->skip_line = false;
                if (skip || !parse(line, (size_t)(end - line), ret))
                        continue;
                ret->gap = log->gap;
                log->gap = false;
                return 1;
        }
}
