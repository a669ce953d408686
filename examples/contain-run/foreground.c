/* SPDX-License-Identifier: MIT */

/* The loop of `run` without --detach. */

#include "foreground.h"

#include "terminal.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

enum { PROCESS, SIGNALS, NOTIFICATIONS, TERMINAL };

/* Whom this process stands in for: a container's own process, or one more in it. */
struct subject {
        contain_t *c;
        contain_process_t *process; /* NULL: the container's */
};

static int subject_signal(const struct subject *subject, int signo)
{
        return subject->process ? contain_process_signal(subject->process, signo, NULL)
                                : contain_signal(subject->c, signo, 0, NULL);
}

static int subject_pidfd(const struct subject *subject)
{
        return subject->process ? contain_process_pidfd(subject->process, NULL)
                                : contain_pidfd(subject->c, NULL);
}

static int subject_wait(const struct subject *subject, contain_exit_t *ret, contain_error_t **err)
{
        return subject->process ? contain_process_wait(subject->process, -1, ret, err)
                                : contain_wait(subject->c, -1, ret, err);
}

int foreground_take_signals(struct app *app, int *ret_fd)
{
        /* Faults and job control concern this process itself. */
        static const int own[] = { SIGABRT, SIGBUS, SIGCHLD, SIGCONT, SIGFPE,  SIGILL,
                                   SIGSEGV, SIGSYS, SIGTRAP, SIGTSTP, SIGTTIN, SIGTTOU };
        sigset_t signals;
        int fd;

        sigfillset(&signals);
        for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
                sigdelset(&signals, own[i]);
        if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
                return app_fail(app, "cannot block signals: %s", strerror(errno));
        fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
        if (fd < 0)
                return app_fail(app, "cannot receive signals: %s", strerror(errno));
        *ret_fd = fd;
        return 0;
}

static void pass_signals(const struct subject *subject, int signal_fd, struct terminal *terminal)
{
        struct signalfd_siginfo info;

        while (read(signal_fd, &info, sizeof(info)) == sizeof(info)) {
                if (info.ssi_signo == SIGWINCH && terminal)
                        terminal_resize(terminal);
                else if (info.ssi_signo != SIGWINCH && info.ssi_signo != SIGPIPE)
                        (void)subject_signal(subject, (int)info.ssi_signo);
        }
}

/* Returns 0 once the process has ended, or -errno. */
static int loop(const struct subject *subject, int pidfd, int signal_fd, int notify_fd,
                struct terminal *terminal)
{
        struct pollfd fds[TERMINAL + TERMINAL_POLLFDS] = {
                [PROCESS] = { .fd = pidfd, .events = POLLIN },
                [SIGNALS] = { .fd = signal_fd, .events = POLLIN },
                [NOTIFICATIONS] = { .fd = notify_fd, .events = POLLIN }, /* ignored when negative */
        };
        nfds_t n = terminal ? TERMINAL + TERMINAL_POLLFDS : TERMINAL;

        for (;;) {
                if (terminal)
                        terminal_prepare(terminal, fds + TERMINAL);
                if (poll(fds, n, -1) < 0) {
                        if (errno == EINTR)
                                continue;
                        return -errno;
                }
                if (fds[SIGNALS].revents)
                        pass_signals(subject, signal_fd, terminal);
                /* This process stays the main one of the service. Whom it cannot tell, it does not wait for.
                 */
                if (fds[NOTIFICATIONS].revents && contain_notify_forward(subject->c, 0, NULL) < 0)
                        fds[NOTIFICATIONS].fd = -1;
                if (fds[PROCESS].revents)
                        return 0;
                if (terminal)
                        terminal_copy(terminal, fds + TERMINAL);
        }
}

static int stand_in(struct app *app, const struct subject *subject, int signal_fd, int console_fd, int *ret)
{
        contain_exit_t status = { .size = sizeof(status) };
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_close_ int pidfd = -EBADF, notify_fd = -EBADF;
        struct terminal terminal;
        int r = 0;

        if (console_fd >= 0)
                terminal_init(&terminal, console_fd);
        if (subject->c)
                notify_fd = contain_notify_fd(subject->c, NULL);
        pidfd = subject_pidfd(subject);
        /* None: it has ended already, and it is known how. */
        if (pidfd >= 0)
                r = loop(subject, pidfd, signal_fd, notify_fd, console_fd >= 0 ? &terminal : NULL);
        if (console_fd >= 0)
                terminal_done(&terminal);
        if (r < 0)
                return app_fail(app, "cannot wait for the container: %s", strerror(-r));
        if (subject_wait(subject, &status, &error) < 0)
                return app_fail_error(app, error);
        if (!status.known)
                return app_fail(app, "the exit status was taken by another process");
        *ret = status.signo ? 128 + status.signo : status.code;
        return 0;
}

int foreground_wait(struct app *app, contain_t *c, int signal_fd, int console_fd, int *ret)
{
        const struct subject subject = { .c = c };

        return stand_in(app, &subject, signal_fd, console_fd, ret);
}

int foreground_wait_process(struct app *app, contain_process_t *process, int signal_fd, int console_fd,
                            int *ret)
{
        const struct subject subject = { .process = process };

        return stand_in(app, &subject, signal_fd, console_fd, ret);
}
