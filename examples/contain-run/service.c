/* SPDX-License-Identifier: MIT */

/* NOTIFY_SOCKET and LISTEN_FDS. */

#include "service.h"

#include <limits.h>
#include <poll.h>
#include <string.h>

static const char *variable(const char *name)
{
        const char *value = getenv(name);

        return value && value[0] != '\0' ? value : NULL;
}

/* A number above 0 that is all of the variable's value, or 0. */
static unsigned long number(const char *name)
{
        const char *value = variable(name);
        unsigned long n;
        char *end;

        if (!value || value[0] < '0' || value[0] > '9')
                return 0;
        n = strtoul(value, &end, 10);
        return *end == '\0' && n < INT_MAX ? n : 0;
}

unsigned service_listen_fds(void)
{
        /* An engine between may have passed on what was meant for itself. */
        return number("LISTEN_PID") == (unsigned long)getpid() ? (unsigned)number("LISTEN_FDS") : 0;
}

int service_set_sockets(struct app *app, contain_t *c, unsigned n)
{
        _cleanup_error_ contain_error_t *error = NULL;

        if (n > 0 && contain_set_listen_fds(c, n, variable("LISTEN_FDNAMES"), &error) < 0)
                return app_fail_error(app, error);
        return 0;
}

const char *service_notify_socket(void)
{
        return variable("NOTIFY_SOCKET");
}

int service_set_notify(struct app *app, contain_t *c)
{
        _cleanup_error_ contain_error_t *error = NULL;
        const char *socket = service_notify_socket();

        if (socket && contain_set_notify_socket(c, socket, &error) < 0)
                return app_fail_error(app, error);
        return 0;
}

int service_wait_ready(struct app *app, contain_t *c)
{
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_close_ int notify_fd = -EBADF, pidfd = -EBADF;
        int r = 0;

        notify_fd = contain_notify_fd(c, NULL);
        if (notify_fd < 0)
                return 0; /* nobody asked */
        pidfd = contain_pidfd(c, NULL);
        while (r == 0) {
                struct pollfd fds[] = { { .fd = notify_fd, .events = POLLIN },
                                        { .fd = pidfd, .events = POLLIN } };

                if (poll(fds, 2, -1) < 0 && errno != EINTR)
                        return app_fail(app, "cannot wait for the container: %s", strerror(errno));
                r = contain_notify_forward(c, 1, &error);
                if (r < 0)
                        return app_fail_error(app, error);
                if (pidfd < 0 || fds[1].revents)
                        break;
        }
        return 0;
}
