/* SPDX-License-Identifier: MIT */

/* Gates of include/contain/process.h: one more process in a container. */

#include "api/gate.h"

#include "base/fds.h"
#include "ops/exec.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>

static int gate_process(struct contain_process *process, contain_error_t **err)
{
        int r = gate_argument(process, "process", err);

        return r < 0 ? r : gate_maker(process->maker, err);
}

int contain_process_json(contain_t *c, const char *changes, size_t size, char **ret, contain_error_t **err)
{
        int r = gate_container(c, err);

        if (r == 0)
                r = gate_argument(ret, "ret", err);
        return r < 0 ? r : ct_op_process_json(c, changes, size, ret, err);
}

/* An open descriptor for each that is named. */
static int check_fds(const int *fds, size_t n, bool may_be_own, const char *name, contain_error_t **err)
{
        for (size_t i = 0; i < n; i++)
                if (!(fds[i] < 0 && may_be_own) && fcntl(fds[i], F_GETFD) < 0)
                        return ct_fail(err, CONTAIN_E_ARGUMENT, EBADF, NULL,
                                       "element %zu of '%s' is not an open descriptor", i, name);
        return 0;
}

static int read_options(const contain_exec_options_t *options, struct ct_exec_request *request,
                        contain_error_t **err)
{
        int r;

        if (!options)
                return 0;
        if (options->size != sizeof(*options))
                return ct_fail(err, CONTAIN_E_ARGUMENT, E2BIG, NULL,
                               "the size of argument 'options' is not set");
        if (options->reserved != 0)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "'reserved' in 'options' is not 0");
        r = gate_flags(options->flags, CONTAIN_EXEC_DETACH | CONTAIN_EXEC_IGNORE_PAUSED, err);
        if (r < 0)
                return r;
        if (options->n_fds > CT_MAX_EXTRA_FDS)
                return ct_fail(err, CONTAIN_E_ARGUMENT, E2BIG, NULL, "more than %d additional descriptors",
                               CT_MAX_EXTRA_FDS);
        if (options->n_fds > 0)
                r = gate_argument(options->fds, "fds", err);
        if (r == 0)
                r = check_fds(options->fds, options->n_fds, false, "fds", err);
        if (r == 0 && options->stdio)
                r = check_fds(options->stdio, 3, true, "stdio", err);
        if (r < 0)
                return r;
        request->flags = options->flags;
        request->timeout_ms = options->timeout_ms;
        request->extra_fds = options->fds;
        request->n_extra_fds = options->n_fds;
        for (size_t i = 0; i < 3 && options->stdio; i++)
                request->stdio[i] = options->stdio[i];
        request->console_socket = options->console_socket;
        request->cgroups = options->cgroups;
        return 0;
}

int contain_exec(contain_t *c, const char *process, size_t size, const contain_exec_options_t *options,
                 contain_process_t **ret, contain_error_t **err)
{
        struct ct_exec_request request = { .document = process, .size = size, .stdio = { -1, -1, -1 } };
        int r = gate_container(c, err);

        if (r == 0)
                r = gate_argument(process, "process", err);
        if (r == 0)
                r = gate_argument(ret, "ret", err);
        if (r == 0)
                r = read_options(options, &request, err);
        return r < 0 ? r : ct_op_exec(c, &request, ret, err);
}

contain_process_t *contain_process_ref(contain_process_t *process)
{
        if (process)
                atomic_fetch_add(&process->refs, 1);
        return process;
}

contain_process_t *contain_process_unref(contain_process_t *process)
{
        if (!process || atomic_fetch_sub(&process->refs, 1) != 1)
                return NULL;
        return ct_exec_process_free(process);
}

int contain_process_signal(contain_process_t *process, int signo, contain_error_t **err)
{
        int r = gate_process(process, err);

        if (r < 0)
                return r;
        if (signo < 1 || signo > SIGRTMAX)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "%d is not the number of a signal",
                               signo);
        return ct_exec_process_signal(process, signo, err);
}

int contain_process_wait(contain_process_t *process, int timeout_ms, contain_exit_t *ret,
                         contain_error_t **err)
{
        int r = gate_process(process, err);

        if (r < 0)
                return r;
        if (ret && ret->size != sizeof(*ret))
                return ct_fail(err, CONTAIN_E_ARGUMENT, E2BIG, NULL, "the size of argument 'ret' is not set");
        return ct_exec_process_wait(process, timeout_ms, ret, err);
}

static int fail_terminal(const struct contain_process *process, contain_error_t **err)
{
        return ct_fail(err, CONTAIN_E_CONSOLE, ENOTTY, NULL,
                       "the process in container '%s' has no terminal here", process->id);
}

int contain_process_resize(contain_process_t *process, uint32_t rows, uint32_t columns, contain_error_t **err)
{
        struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns };
        int r = gate_process(process, err);

        if (r < 0)
                return r;
        if (rows > UINT16_MAX || columns > UINT16_MAX)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "no terminal has %u rows of %u columns",
                               rows, columns);
        if (process->console_fd < 0)
                return fail_terminal(process, err);
        if (ioctl(process->console_fd, TIOCSWINSZ, &size) < 0)
                return ct_fail(err, CONTAIN_E_CONSOLE, errno, NULL, "cannot set the size of the terminal");
        return 0;
}

int contain_process_pid(contain_process_t *process)
{
        return process && process->maker == getpid() ? process->child.pid : 0;
}

int contain_process_pidfd(contain_process_t *process, contain_error_t **err)
{
        int fd, r = gate_process(process, err);

        if (r < 0)
                return r;
        fd = ct_dup(process->child.pidfd);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, -fd, NULL, "cannot duplicate a pidfd");
        return fd;
}

int contain_process_console_fd(contain_process_t *process, contain_error_t **err)
{
        int fd, r = gate_process(process, err);

        if (r < 0)
                return r;
        if (process->console_fd < 0)
                return fail_terminal(process, err);
        fd = ct_dup(process->console_fd);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, -fd, NULL, "cannot duplicate the terminal");
        return fd;
}

/* A pidfd is readable when its process has ended. */
int contain_process_event_fd(contain_process_t *process, contain_error_t **err)
{
        return contain_process_pidfd(process, err);
}
