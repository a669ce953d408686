/* SPDX-License-Identifier: MIT */

/* events: what a container uses, now and then, and kills for want of memory; a JSON object a line. */

#include "app.h"
#include "commands.h"
#include "duration.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>

#define NSEC_PER_SEC INT64_C(1000000000)

struct events_options {
        const char *interval;
        bool stats;
};

/* Nobody reads any more: the end, and no failure. */
#define ENDED (-1)

/* Prints one event; @data NULL for none. */
static int print_event(struct app *app, contain_t *c, const char *type, const char *data)
{
        if (printf("{\"type\":\"%s\",\"id\":\"%s\"%s%s}\n", type, contain_id(c), data ? ",\"data\":" : "",
                   data ? data : "") >= 0 &&
            fflush(stdout) == 0)
                return 0;
        return errno == EPIPE ? ENDED : app_fail(app, "cannot write to standard output: %s", strerror(errno));
}

/* A container that ends meanwhile has no numbers any more; that it has ended is told by its event. */
static int print_stats(struct app *app, contain_t *c)
{
        _cleanup_document_ char *document = NULL;
        _cleanup_error_ contain_error_t *error = NULL;

        if (contain_stats_json(c, &document, &error) >= 0)
                return print_event(app, c, "stats", document);
        if (contain_error_errno(error) != ENOENT)
                return app_fail_error(app, error);
        return 0;
}

/* Prints what has happened. *ret_ended: the container has. */
static int print_happened(struct app *app, contain_t *c, bool *ret_ended)
{
        _cleanup_error_ contain_error_t *error = NULL;
        int event, r = 0;

        while (r == 0 && (event = contain_event_next(c, &error)) != 0) {
                if (event < 0)
                        return app_fail_error(app, error);
                if (event == CONTAIN_EVENT_OOM)
                        r = print_event(app, c, "oom", NULL);
                *ret_ended = *ret_ended || event == CONTAIN_EVENT_EXITED || event == CONTAIN_EVENT_DESTROYED;
        }
        return r;
}

static int make_timer(struct app *app, int64_t nsec, int *ret_fd)
{
        struct itimerspec when = { 0 };
        int fd;

        when.it_value.tv_sec = when.it_interval.tv_sec = nsec / NSEC_PER_SEC;
        when.it_value.tv_nsec = when.it_interval.tv_nsec = nsec % NSEC_PER_SEC;
        fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
        if (fd < 0)
                return app_fail(app, "cannot make a timer: %s", strerror(errno));
        *ret_fd = fd;
        if (timerfd_settime(fd, 0, &when, NULL) < 0)
                return app_fail(app, "cannot set a timer: %s", strerror(errno));
        return 0;
}

/* Until the container ends, or nobody reads any more. */
static int follow(struct app *app, contain_t *c, int event_fd, int timer_fd)
{
        struct pollfd fds[] = { { .fd = event_fd, .events = POLLIN },
                                { .fd = timer_fd, .events = POLLIN },
                                { .fd = STDOUT_FILENO } };
        bool ended = false;
        uint64_t ticks;
        int r = 0;

        while (r == 0 && !ended) {
                if (poll(fds, 3, -1) < 0) {
                        if (errno == EINTR)
                                continue;
                        return app_fail(app, "cannot wait for events: %s", strerror(errno));
                }
                if (fds[2].revents)
                        return ENDED;
                r = print_happened(app, c, &ended);
                if (r == 0 && !ended && read(timer_fd, &ticks, sizeof(ticks)) > 0)
                        r = print_stats(app, c);
        }
        return r;
}

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct events_options *options = values;
        _cleanup_container_ contain_t *c = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_document_ char *document = NULL;
        _cleanup_close_ int event_fd = -EBADF, timer_fd = -EBADF;
        int64_t interval = 5 * NSEC_PER_SEC;
        int r, status;

        if (options->interval && options->interval[0] != '-' && !duration_parse(options->interval, &interval))
                return app_fail(app, "invalid value '%s' for flag --interval", options->interval);
        if (interval <= 0 || (options->interval && options->interval[0] == '-'))
                return app_fail(app, "duration interval must be greater than 0");
        r = app_open(app, operands->words[0], &c);
        if (r != 0)
                return r;
        /* Before the status is asked: an end in between is told, too. */
        event_fd = contain_event_fd(c, &error);
        status = event_fd < 0 ? event_fd : contain_status(c, &error);
        if (status < 0)
                return app_fail_error(app, error);
        if (status == CONTAIN_STATUS_NONE || status == CONTAIN_STATUS_STOPPED)
                return app_fail(app, "container with id %s is not running", contain_id(c));
        /* Also without --stats: a container without numbers is refused now, not later. */
        if (contain_stats_json(c, &document, &error) < 0)
                return app_fail_error(app, error);
        (void)signal(SIGPIPE, SIG_IGN);
        if (options->stats)
                r = print_event(app, c, "stats", document);
        else
                r = make_timer(app, interval, &timer_fd);
        if (r == 0 && !options->stats)
                r = follow(app, c, event_fd, timer_fd);
        return r == ENDED ? EXIT_SUCCESS : r;
}

static const struct option options_table[] = {
        { "interval", 0, OPTION_TEXT, offsetof(struct events_options, interval), "DURATION",
          "how often to tell what it uses, such as 500ms; 5s by default" },
        { "stats", 0, OPTION_FLAG, offsetof(struct events_options, stats), NULL, "tell it once, now" },
        { 0 },
};

const struct command command_events = {
        .name = "events",
        .synopsis = "ID",
        .summary = "print what a container uses, and kills for want of memory, until it ends",
        .options = { options_table },
        .options_size = sizeof(struct events_options),
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
