/* SPDX-License-Identifier: MIT */

/*
 * exec: run one more program in a container. Whatever fails before that runs ends with status 255, which
 * callers tell from the program's own by that.
 */

#include "exec.h"

#include "commands.h"
#include "files.h"
#include "foreground.h"

#include <fcntl.h>
#include <string.h>

#define EXEC_FAILURE 255

#define MEMBER(name) offsetof(struct exec_options, name)

static int send_pidfd(struct app *app, const char *path, contain_process_t *process)
{
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_close_ int pidfd = contain_process_pidfd(process, &error);
        int r;

        if (pidfd < 0)
                return app_fail_error(app, error);
        r = files_send_fd(path, pidfd);
        if (r < 0)
                return app_fail(app, "cannot send the pidfd to '%s': %s", path, strerror(-r));
        return 0;
}

/* The pid file last: that it is there tells callers that the program runs. */
static int announce(struct app *app, const struct exec_options *options, contain_process_t *process)
{
        int r = 0;

        if (options->pidfd_socket)
                r = send_pidfd(app, options->pidfd_socket, process);
        if (r != 0 || !options->pid_file)
                return r;
        r = files_write_pid(options->pid_file, contain_process_pid(process));
        if (r < 0)
                return app_fail(app, "cannot write '%s': %s", options->pid_file, strerror(-r));
        return 0;
}

static int start(struct app *app, const struct exec_options *options, contain_t *c, char **argv,
                 contain_process_t **ret)
{
        contain_exec_options_t how = { .size = sizeof(how) };
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_free_ char *document = NULL;
        size_t length = 0;
        int fds[128], r;

        r = exec_document(app, options, c, argv, &document, &length);
        if (r != 0)
                return r;
        for (unsigned i = 0; i < options->preserve_fds; i++)
                fds[i] = 3 + (int)i;
        how.fds = fds;
        how.n_fds = options->preserve_fds;
        how.console_socket = options->console_socket;
        how.cgroups = options->cgroups.items;
        if (options->detach)
                how.flags |= CONTAIN_EXEC_DETACH;
        if (options->ignore_paused)
                how.flags |= CONTAIN_EXEC_IGNORE_PAUSED;
        if (contain_exec(c, document, length, &how, ret, &error) < 0)
                return app_fail_error(app, error);
        return 0;
}

/* The terminal's master end; -EBADF when there is none, or when somebody else has it. */
static int console(contain_process_t *process)
{
        int fd = contain_process_console_fd(process, NULL);

        return fd < 0 ? -EBADF : fd;
}

/* What was started and cannot be told of is not left behind. */
static int run_detached(struct app *app, const struct exec_options *options, contain_process_t *process)
{
        _cleanup_close_ int console_fd = console(process);
        int r;

        if (console_fd >= 0)
                r = app_fail(app, "cannot allocate a terminal without --console-socket when detached");
        else
                r = announce(app, options, process);
        if (r != 0)
                (void)contain_process_signal(process, 9, NULL);
        return r;
}

static int run_process(struct app *app, const struct exec_options *options, contain_t *c, char **argv,
                       int *ret)
{
        _cleanup_process_ contain_process_t *process = NULL;
        _cleanup_close_ int signal_fd = -EBADF;
        int r = 0;

        if (!options->detach)
                r = foreground_take_signals(app, &signal_fd);
        if (r == 0)
                r = start(app, options, c, argv, &process);
        if (r != 0)
                return r;
        *ret = EXIT_SUCCESS;
        if (options->detach)
                return run_detached(app, options, process);
        r = announce(app, options, process);
        return r == 0 ? foreground_wait_process(app, process, signal_fd, console(process), ret) : r;
}

/* Looked at before the library opens anything, which else could be taken for the caller's. */
static int check_preserved(struct app *app, unsigned n)
{
        if (n > 128)
                return app_fail(app, "more than 128 descriptors are to be preserved");
        for (unsigned i = 0; i < n; i++)
                if (fcntl(3 + (int)i, F_GETFD) < 0)
                        return app_fail(app, "descriptor %u is to be preserved, but is not open", 3 + i);
        return 0;
}

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct exec_options *options = values;
        _cleanup_container_ contain_t *c = NULL;
        char **argv = operands->words + 1;
        int status = EXIT_SUCCESS, r;

        if (argv[0] && strcmp(argv[0], "--") == 0)
                argv++;
        r = check_preserved(app, options->preserve_fds);
        if (r == 0)
                r = app_open(app, operands->words[0], &c);
        if (r == 0)
                r = run_process(app, options, c, argv, &status);
        return r != 0 ? EXEC_FAILURE : status;
}

static const struct option process_options[] = {
        { "process", 'p', OPTION_TEXT, MEMBER(process), "FILE", "what to run, as JSON" },
        { "cwd", 0, OPTION_TEXT, MEMBER(cwd), "DIR", "working directory" },
        { "env", 'e', OPTION_LIST, MEMBER(env), "NAME=VALUE", "one more variable" },
        { "tty", 't', OPTION_FLAG, MEMBER(tty), NULL, "with a terminal" },
        { "user", 'u', OPTION_TEXT, MEMBER(user), "UID[:GID]", "user, in numbers" },
        { "additional-gids", 'g', OPTION_LIST, MEMBER(groups), "GID", "one more group" },
        { "cap", 'c', OPTION_LIST, MEMBER(caps), "CAP", "one more capability" },
        { "no-new-privs", 0, OPTION_FLAG, MEMBER(no_new_privs), NULL, "no privileges by programs" },
        { "process-label", 0, OPTION_TEXT, MEMBER(process_label), "LABEL", "SELinux label" },
        { "apparmor", 0, OPTION_TEXT, MEMBER(apparmor), "PROFILE", "AppArmor profile" },
        { 0 },
};

static const struct option exec_options[] = {
        { "detach", 'd', OPTION_FLAG, MEMBER(detach), NULL, "do not wait for its end" },
        { "pid-file", 0, OPTION_TEXT, MEMBER(pid_file), "FILE", "write the pid there" },
        { "console-socket", 0, OPTION_TEXT, MEMBER(console_socket), "SOCKET",
          "send the terminal's master end there" },
        { "pidfd-socket", 0, OPTION_TEXT, MEMBER(pidfd_socket), "SOCKET", "send a pidfd there" },
        { "preserve-fds", 0, OPTION_COUNT, MEMBER(preserve_fds), "N", "pass on N descriptors from 3" },
        { "cgroup", 0, OPTION_LIST, MEMBER(cgroups), "[CTRL:]PATH", "a cgroup below the container's" },
        { "ignore-paused", 0, OPTION_FLAG, MEMBER(ignore_paused), NULL, "wait while it is paused" },
        { "no-subreaper", 0, OPTION_FLAG, MEMBER(no_subreaper), NULL, "accepted, without effect" },
        { 0 },
};

const struct command command_exec = {
        .name = "exec",
        .synopsis = "ID [PROGRAM...]",
        .summary = "run one more program in a container; exit as it does",
        .options = { process_options, exec_options },
        .options_size = sizeof(struct exec_options),
        .min_operands = 1,
        .max_operands = 1,
        .leads_command = true,
        .failure = EXEC_FAILURE,
        .run = run,
};
