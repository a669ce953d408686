/* SPDX-License-Identifier: MIT */

/* Runs a program of the host's and keeps the end of its standard error. No noun of the user's in here. */

#include "host/program.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/utf8.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

/* How long a killed program may take to go: it does not when the kernel has it in an uninterruptible sleep.
 */
#define KILL_TIMEOUT_MS 10000

/* As much as a pipe holds: reading more per turn would let a fast writer keep us from the clock. */
#define CHUNK       4096
#define CHUNKS_TURN 16

struct output {
        int fd;
        char tail[CT_PROGRAM_TAIL];
        size_t size;
        bool cut; /* there was more before the tail */
};

static void keep(struct output *output, const char *bytes, size_t size)
{
        size_t excess;

        if (size > sizeof output->tail) {
                bytes += size - sizeof output->tail;
                size = sizeof output->tail;
                output->cut = true;
        }
        if (output->size + size > sizeof output->tail) {
                excess = output->size + size - sizeof output->tail;
                memmove(output->tail, output->tail + excess, output->size - excess);
                output->size -= excess;
                output->cut = true;
        }
        memcpy(output->tail + output->size, bytes, size);
        output->size += size;
}

/* Takes what is there, without waiting. */
static void drain(struct output *output)
{
        char chunk[CHUNK];
        int i;

        for (i = 0; i < CHUNKS_TURN && output->fd >= 0; i++) {
                ssize_t n = read(output->fd, chunk, sizeof chunk);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0 && errno == EAGAIN)
                        return;
                if (n > 0)
                        keep(output, chunk, (size_t)n);
                else
                        output->fd = ct_close(output->fd);
        }
}

static bool is_blank(char c)
{
        return (c >= 0 && c <= ' ') || c == 0x7f;
}

/* As text for a sentence: one line, well-formed, each run of blanks and line ends one space. */
static void copy_line(const struct output *output, char *ret)
{
        size_t i = 0, n = 0;

        /* The cut may have gone through a character. */
        while (output->cut && i < output->size && ((unsigned char)output->tail[i] & 0xc0) == 0x80)
                i++;
        while (i < output->size) {
                size_t length = ct_utf8_length(output->tail + i, output->size - i);

                if (length == 0) {
                        ret[n++] = '?';
                } else if (!is_blank(output->tail[i])) {
                        memcpy(ret + n, output->tail + i, length);
                        n += length;
                } else if (n > 0 && ret[n - 1] != ' ') {
                        ret[n++] = ' ';
                }
                i += length > 0 ? length : 1;
        }
        while (n > 0 && ret[n - 1] == ' ')
                n--;
        ret[n] = '\0';
}

/* 1: the program has ended; 0: its time is over. */
static int follow(int pidfd, struct output *output, int64_t deadline)
{
        for (;;) {
                /* A negative descriptor is passed over by poll(2). */
                struct pollfd items[2] = { { .fd = pidfd, .events = POLLIN },
                                           { .fd = output->fd, .events = POLLIN } };
                int timeout = ct_clock_left(deadline);

                if (poll(items, 2, timeout) < 0) {
                        if (errno == EINTR)
                                continue;
                        return -errno;
                }
                if (items[0].revents || items[1].revents)
                        drain(output);
                if (items[0].revents)
                        return 1;
                if (timeout == 0)
                        return 0;
        }
}

/* The reading end does not block, the program's end does, as programs expect of their standard error. */
static int make_pipe(int ends[2])
{
        if (pipe2(ends, O_CLOEXEC) < 0)
                return -errno;
        return fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

int ct_program_run(const struct ct_spawn_program *what, int64_t timeout_ms, struct ct_program_result *ret)
{
        _cleanup_close_ int read_fd = -EBADF, write_fd = -EBADF, pidfd = -EBADF;
        int64_t deadline = ct_clock_deadline(timeout_ms);
        struct ct_program_result result = { .timed_out = false };
        struct ct_spawn_program program = *what;
        struct output output = { .fd = -EBADF };
        struct ct_child child;
        int ends[2] = { -EBADF, -EBADF };
        int r, followed;

        r = make_pipe(ends);
        read_fd = ends[0];
        write_fd = ends[1];
        if (r < 0)
                return r;
        program.stdio[2] = write_fd;
        r = ct_spawn_program(&program, &child);
        if (r < 0)
                return r;
        pidfd = child.pidfd;
        write_fd = ct_close(write_fd);
        output.fd = ct_take_fd(&read_fd);

        followed = follow(pidfd, &output, deadline);
        if (followed <= 0) {
                (void)ct_pidfd_signal(pidfd, SIGKILL);
                (void)ct_pidfd_poll(pidfd, KILL_TIMEOUT_MS);
                drain(&output);
        }
        output.fd = ct_close(output.fd);
        r = ct_pidfd_exit(pidfd, &result.exit); /* reaps it, too */
        if (followed < 0 || r < 0)
                return followed < 0 ? followed : r;

        result.timed_out = followed == 0;
        copy_line(&output, result.tail);
        *ret = result;
        return 0;
}
