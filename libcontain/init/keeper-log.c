/* SPDX-License-Identifier: MIT */

/* The keeper's log: records put together in a batch, written to files that are rotated, or to a ring. */

#include "init/keeper.h"

#define SECONDS_PER_DAY 86400
#define SUFFIX_SIZE     4 /* ".99" */
#define FILE_MODE       0600

/* --- the time ------------------------------------------------------------------------------- */

static char *put_digits(char *to, uint64_t number, unsigned n)
{
        for (unsigned i = n; i > 0; i--, number /= 10)
                to[i - 1] = (char)('0' + number % 10);
        return to + n;
}

static char *put_byte(char *to, char byte)
{
        *to = byte;
        return to + 1;
}

/* The Gregorian calendar, counted from the first of March of the year 0. */
char *keeper_stamp(char to[KEEPER_STAMP_SIZE], const struct __kernel_timespec *time)
{
        uint64_t seconds = (uint64_t)time->tv_sec, rest = seconds % SECONDS_PER_DAY;
        uint64_t days = seconds / SECONDS_PER_DAY + 719468, era = days / 146097, day = days % 146097;
        uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
        uint64_t of_year = day - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;

        to = put_digits(to, year + era * 400 + (month >= 10), 4);
        to = put_digits(put_byte(to, '-'), month < 10 ? month + 3 : month - 9, 2);
        to = put_digits(put_byte(to, '-'), of_year - (153 * month + 2) / 5 + 1, 2);
        to = put_digits(put_byte(to, 'T'), rest / 3600, 2);
        to = put_digits(put_byte(to, ':'), rest / 60 % 60, 2);
        to = put_digits(put_byte(to, ':'), rest % 60, 2);
        to = put_digits(put_byte(to, '.'), (uint64_t)time->tv_nsec, 9);
        return put_byte(to, 'Z');
}

/* --- files ---------------------------------------------------------------------------------- */

/* Writes all of it; less, when there is no room. */
static size_t write_all(int fd, const char *bytes, size_t size)
{
        size_t written = 0;

        while (written < size) {
                long r = sys_write(fd, bytes + written, size - written);

                if (r <= 0 && r != -EINTR)
                        break;
                written += r > 0 ? (size_t)r : 0;
        }
        return written;
}

/* Opens the log file, which may have been there before. */
static void open_file(struct keeper_log *log)
{
        struct statx is;
        int fd = sys_openat(log->folder_fd, log->name,
                            O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, FILE_MODE);

        if (fd < 0)
                return;
        if (sys_statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_SIZE, &is) < 0 || !S_ISREG(is.stx_mode)) {
                init_close(&fd);
                return;
        }
        log->fd = fd;
        log->size = is.stx_size;
}

/* The name of file @number: the log's own, then "NAME.1" and so on. */
static const char *file_name(const struct keeper_log *log, char name[KEEPER_LOG_NAME + SUFFIX_SIZE],
                             unsigned number)
{
        const char *end = name + KEEPER_LOG_NAME + SUFFIX_SIZE;
        char digits[TEXT_DECIMAL], *to = text_add(name, end, log->name);

        if (number > 0) {
                (void)text_decimal(digits, number);
                (void)text_add(text_add(to, end, "."), end, digits);
        }
        return name;
}

/* From the oldest on: whoever reads can tell from the names which file came after which at any moment. */
static void rotate(struct keeper_log *log)
{
        char from[KEEPER_LOG_NAME + SUFFIX_SIZE], to[KEEPER_LOG_NAME + SUFFIX_SIZE];

        init_close(&log->fd);
        for (unsigned i = log->files - 1; i > 0; i--)
                (void)sys_renameat(log->folder_fd, file_name(log, from, i - 1), log->folder_fd,
                                   file_name(log, to, i));
        if (log->files == 1)
                (void)sys_unlinkat(log->folder_fd, log->name, 0);
        open_file(log);
}

/* A record that has no room is taken back as a whole. */
static bool write_file(struct keeper_log *log)
{
        /* A file that could not be moved away does not grow beyond its limit. */
        if (log->fd < 0 || (log->size > 0 && log->size + log->batch_size > log->limit))
                return false;
        if (write_all(log->fd, log->batch, log->batch_size) < log->batch_size) {
                (void)sys_ftruncate(log->fd, (long)log->size);
                return false;
        }
        log->size += log->batch_size;
        return true;
}

/* --- the ring ------------------------------------------------------------------------------- */

static bool write_at(int fd, uint64_t offset, const void *bytes, size_t size)
{
        return sys_seek(fd, (long)offset, SEEK_SET) >= 0 && write_all(fd, bytes, size) == size;
}

static bool write_ring(struct keeper_log *log)
{
        uint64_t end = log->size + log->batch_size, at = log->size % log->limit;
        struct keeper_ring ring = { .begin = end > log->limit ? end - log->limit : 0, .end = log->size };
        size_t first = log->batch_size;

        if (first > log->limit - at)
                first = (size_t)(log->limit - at);
        if (!write_at(log->fd, 0, &ring, sizeof(ring)) ||
            !write_at(log->fd, KEEPER_RING_START + at, log->batch, first) ||
            !write_at(log->fd, KEEPER_RING_START, log->batch + first, log->batch_size - first))
                return false;
        ring.end = log->size = end;
        return write_at(log->fd, 0, &ring, sizeof(ring));
}

/* --- records -------------------------------------------------------------------------------- */

static void flush(struct keeper_log *log)
{
        if (log->batch_size == 0)
                return;
        if (!(log->ring ? write_ring(log) : write_file(log)))
                log->lost += log->taken;
        log->batch_size = 0;
        log->taken = 0;
        log->batches++;
}

static void add_record(struct keeper_log *log, const char *head, size_t head_size, const char *text,
                       size_t size)
{
        size_t whole = head_size + 2 + size + 1;
        bool is_whole = size > 0 && text[size - 1] == '\n';
        char *to;

        if (is_whole)
                whole--;
        if (log->batch_size + whole > sizeof(log->batch))
                flush(log);
        if (!log->ring && log->size + log->batch_size + whole > log->limit &&
            log->size + log->batch_size > 0) {
                flush(log);
                rotate(log);
        }
        to = text_copy(log->batch + log->batch_size, head, head_size);
        to = put_byte(put_byte(to, is_whole ? 'F' : 'P'), ' ');
        to = text_copy(to, text, size);
        if (!is_whole)
                to = put_byte(to, '\n');
        log->batch_size = (size_t)(to - log->batch);
        log->taken += size;
}

void keeper_log(struct keeper_log *log, int stream, const char *bytes, size_t size)
{
        char head[KEEPER_STAMP_SIZE + 9], *to;
        struct __kernel_timespec now = { 0 };

        if (log->folder_fd < 0 && !log->ring)
                return;
        if (log->fd < 0)
                open_file(log);
        (void)sys_now(&now);
        to = keeper_stamp(head, &now);
        (void)text_copy(to, stream == 2 ? " stderr " : " stdout ", 8);
        for (size_t from = 0; from < size;) {
                size_t n = 0;

                while (from + n < size && bytes[from + n] != '\n')
                        n++;
                if (from + n < size)
                        n++;
                add_record(log, head, KEEPER_STAMP_SIZE + 8, bytes + from, n);
                from += n;
        }
        flush(log);
}
