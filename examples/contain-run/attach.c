/* SPDX-License-Identifier: MIT */

/* attach: join standard input, output and error to those of a container that has a keeper. */

#include "commands.h"
#include "keeper.h"
#include "keys.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>

#define DETACH_KEYS "ctrl-p,ctrl-q"
#define INPUT_SIZE  4096 /* PIPE_BUF: a pipe that polls writable takes it whole */

struct attach_options {
        bool no_stdin;
        const char *detach_keys;
};

/* What is being copied. */
struct attached {
        contain_t *c;
        int fds[3]; /* the container's; negative: none, or ended */
        int pidfd;  /* negative: its process has ended */
        int signal_fd;
        bool raw; /* our own terminal; saved is to be put back */
        struct termios saved;
        struct keys keys;
        char input[INPUT_SIZE];
        size_t pending; /* bytes of it for which there was no room yet */
};

enum ending { ENDED, DETACHED, SIGNALLED };

static void close_stream(int *fd)
{
        close_p(fd);
}

static void pass_size(const struct attached *a)
{
        struct winsize size;

        if (a->raw && ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
                (void)contain_resize(a->c, size.ws_row, size.ws_col, NULL);
}

static void make_raw(struct attached *a)
{
        struct termios raw;

        if (tcgetattr(STDIN_FILENO, &a->saved) < 0)
                return;
        raw = a->saved;
        cfmakeraw(&raw);
        a->raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
        pass_size(a);
}

/* --- copying -------------------------------------------------------------------------------- */

/* Returns whether the keys that detach were pressed. */
static bool read_input(struct attached *a)
{
        char bytes[INPUT_SIZE - KEYS_MAX];
        ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return false;
        if (n <= 0) {
                close_stream(&a->fds[0]);
                return false;
        }
        if (a->raw)
                return keys_filter(&a->keys, bytes, (size_t)n, a->input, &a->pending);
        memcpy(a->input, bytes, (size_t)n);
        a->pending = (size_t)n;
        return false;
}

static void write_input(struct attached *a)
{
        if (write(a->fds[0], a->input, a->pending) < 0)
                close_stream(&a->fds[0]);
        a->pending = 0;
}

/* A reader of ours that has gone is no reason to leave: the other stream may have one. */
static void copy_output(struct attached *a, int stream)
{
        char bytes[16384];
        ssize_t n = read(a->fds[stream], bytes, sizeof(bytes)), r = 0;

        for (ssize_t done = 0; done < n && r >= 0; done += r)
                r = write(stream, bytes + done, (size_t)(n - done));
        if (n == 0 || (n < 0 && errno != EINTR) || r < 0)
                close_stream(&a->fds[stream]);
}

/* Returns the signal that is to end us, or 0. */
static int take_signal(const struct attached *a)
{
        struct signalfd_siginfo info;

        if (read(a->signal_fd, &info, sizeof(info)) != sizeof(info))
                return 0;
        if (info.ssi_signo != SIGWINCH)
                return (int)info.ssi_signo;
        pass_size(a);
        return 0;
}

static enum ending copy(struct attached *a, int *ret_signo)
{
        while (a->fds[1] >= 0 || a->fds[2] >= 0 || a->pidfd >= 0) {
                bool full = a->pending > 0;
                struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
                struct pollfd polls[5] = { [1] = { .fd = a->fds[1], .events = POLLIN },
                                           [2] = { .fd = a->fds[2], .events = POLLIN },
                                           [3] = { .fd = a->signal_fd, .events = POLLIN },
                                           [4] = { .fd = a->pidfd, .events = POLLIN } };

                polls[0] = full ? (struct pollfd){ .fd = a->fds[0], .events = POLLOUT } : input;
                if (a->fds[0] < 0)
                        polls[0].fd = -1;
                if (poll(polls, 5, -1) < 0)
                        continue;
                for (int i = 1; i < 3; i++)
                        if (polls[i].revents != 0)
                                copy_output(a, i);
                if (polls[0].revents != 0 && full)
                        write_input(a);
                else if (polls[0].revents != 0 && read_input(a))
                        return DETACHED;
                *ret_signo = polls[3].revents != 0 ? take_signal(a) : 0;
                if (*ret_signo != 0)
                        return SIGNALLED;
                if (polls[4].revents != 0)
                        close_stream(&a->pidfd);
        }
        return ENDED;
}

/* --- the command ---------------------------------------------------------------------------- */

/* The terminal is put back whatever ends us, so what would is looked at. */
static int take_signals(struct app *app, struct attached *a)
{
        static const int ours[] = { SIGWINCH, SIGHUP, SIGINT, SIGQUIT, SIGTERM };
        sigset_t signals;

        (void)sigemptyset(&signals);
        for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
                (void)sigaddset(&signals, ours[i]);
        if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
                return app_fail(app, "cannot block signals: %s", strerror(errno));
        a->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
        return a->signal_fd < 0 ? app_fail(app, "cannot receive signals: %s", strerror(errno)) : 0;
}

static int join(struct app *app, struct attached *a)
{
        contain_exit_t ended;
        enum ending ending;
        int signo = 0, r;

        r = take_signals(app, a);
        if (r != 0)
                return r;
        /* Of a terminal there is no second output. */
        if (a->fds[0] >= 0 && a->fds[1] >= 0 && a->fds[2] < 0)
                make_raw(a);
        a->pidfd = contain_pidfd(a->c, NULL);
        ending = copy(a, &signo);
        if (a->raw)
                (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &a->saved);
        for (int i = 0; i < 3; i++)
                close_stream(&a->fds[i]);
        close_stream(&a->pidfd);
        close_stream(&a->signal_fd);
        if (ending != ENDED)
                return ending == SIGNALLED ? 128 + signo : EXIT_SUCCESS;
        r = keeper_wait(app, a->c, &ended);
        return r != 0 ? r : keeper_exit_status(&ended);
}

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct attach_options *options = values;
        const char *keys = options->detach_keys ? options->detach_keys : DETACH_KEYS;
        unsigned flags = CONTAIN_ATTACH_STDOUT | CONTAIN_ATTACH_STDERR;
        _cleanup_attachment_ contain_attachment_t *attachment = NULL;
        _cleanup_container_ contain_t *c = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        struct attached a = { .pidfd = -EBADF, .signal_fd = -EBADF };
        int r;

        if (!keys_parse(keys, &a.keys))
                return app_fail(app, "'%s' are no keys such as 'ctrl-p,ctrl-q'", keys);
        r = app_open(app, operands->words[0], &c);
        if (r != 0)
                return r;
        if (!options->no_stdin)
                flags |= CONTAIN_ATTACH_STDIN;
        if (contain_attach(c, flags, &attachment, &error) < 0)
                return app_fail_error(app, error);
        a.c = c;
        for (int i = 0; i < 3; i++)
                a.fds[i] = contain_attachment_fd(attachment, i, NULL);
        return join(app, &a);
}

static const struct option options_table[] = {
        { "no-stdin", 0, OPTION_FLAG, offsetof(struct attach_options, no_stdin), NULL, "send nothing" },
        { "detach-keys", 0, OPTION_TEXT, offsetof(struct attach_options, detach_keys), "KEYS",
          "what leaves it, on a terminal; ctrl-p,ctrl-q by default" },
        { 0 },
};

const struct command command_attach = {
        .name = "attach",
        .synopsis = "ID",
        .summary = "join the streams of a container with a keeper; exit as it does",
        .options = { options_table },
        .options_size = sizeof(struct attach_options),
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
