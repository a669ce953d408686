/* SPDX-License-Identifier: MIT */

/* contain-run: OCI containers on the command line, over the public API of libcontain alone. */

#include "app.h"
#include "commands.h"
#include "help.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct option global_options[] = {
        { "root", 0, OPTION_TEXT, offsetof(struct app, root), "DIR", "where containers have their state" },
        { "log", 0, OPTION_TEXT, offsetof(struct app, log), "FILE", "append failures and log lines there" },
        { "log-format", 0, OPTION_TEXT, offsetof(struct app, log_format), "FORMAT", "text or json" },
        { "log-level", 0, OPTION_TEXT, offsetof(struct app, log_level), "LEVEL",
          "error, warning (the default), info or debug" },
        { "debug", 0, OPTION_FLAG, offsetof(struct app, debug), NULL, "the same as --log-level debug" },
        { "cgroup-manager", 0, OPTION_TEXT, offsetof(struct app, cgroup_manager), "NAME",
          "cgroupfs (the default), systemd or disabled" },
        { "systemd-cgroup", 0, OPTION_FLAG, offsetof(struct app, systemd_cgroup), NULL,
          "the same as --cgroup-manager systemd" },
        { "rootless", 0, OPTION_TEXT, offsetof(struct app, rootless), "BOOL", "accepted, without effect" },
        { "version", 'v', OPTION_FLAG, offsetof(struct app, version), NULL, "print versions" },
        { 0 },
};

static const struct command global = {
        .name = "contain-run",
        .options = { global_options },
        .max_operands = 1,
        .leads_command = true,
};

/* One per line. */
/* clang-format off */
static const struct command *const commands[] = {
        &command_create,
        &command_start,
        &command_run,
        &command_exec,
        &command_attach,
        &command_wait,
        &command_logs,
        &command_kill,
        &command_pause,
        &command_resume,
        &command_update,
        &command_delete,
        &command_state,
        &command_list,
        &command_spec,
        &command_plan,
        &command_check,
        &command_features,
        &command_events,
        &command_ps,
        &command_checkpoint,
        &command_restore,
        &command_umount,
        &command_inspect,
        &command_unpack,
        &command_pull,
        &command_images,
        &command_rmi,
        &command_gc,
        &command_export,
        &command_deploy,
        &command_releases,
        &command_rollback,
        &command_prune,
        NULL,
};
/* clang-format on */

/* A descriptor opened later must not become 0, 1 or 2, which the container would get. */
static void open_standard_streams(void)
{
        struct pollfd streams[3] = { { .fd = 0 }, { .fd = 1 }, { .fd = 2 } };

        if (poll(streams, 3, 0) <= 0)
                return;
        for (int fd = 0; fd < 3; fd++)
                /* The lowest free number is the one that is missing. */
                if ((streams[fd].revents & POLLNVAL) && open("/dev/null", O_RDWR) < 0)
                        return;
}

static const struct command *find_command(const char *name)
{
        for (size_t i = 0; commands[i]; i++)
                if (strcmp(commands[i]->name, name) == 0)
                        return commands[i];
        return NULL;
}

static int run_command(struct app *app, const struct command *command, char **argv)
{
        _cleanup_free_ void *values = NULL;
        struct operands operands;
        int r;

        values = calloc(1, command->options_size > 0 ? command->options_size : 1);
        if (!values)
                return app_fail(app, "out of memory");
        r = options_parse(app, command, argv, values, &operands);
        if (r != 0 && command->failure != 0)
                r = command->failure;
        if (r == 0 && operands.help && command->check_help)
                r = command->check_help(app);
        if (r == 0 && operands.help) {
                help_print_command(stdout, command);
                r = app_print(app, "");
        } else if (r == 0) {
                r = command->run(app, values, &operands);
        }
        options_done(command, values);
        return r;
}

/* `help` and `help COMMAND`. */
static int run_help(struct app *app, const char *name)
{
        const struct command *command;

        if (!name) {
                help_print(stdout, &global, commands);
                return app_print(app, "");
        }
        command = find_command(name);
        if (!command)
                return app_fail(app, "unknown command '%s'", name);
        help_print_command(stdout, command);
        return app_print(app, "");
}

int main(int argc, char **argv)
{
        const struct command *command;
        struct operands operands;
        struct app app = { 0 };
        int r;

        open_standard_streams();
        /* Nobody may read what is said here any more: no reason to end half way through. */
        (void)signal(SIGPIPE, SIG_IGN);
        r = options_parse(&app, &global, argc > 0 ? argv + 1 : argv, &app, &operands);
        if (r != 0)
                return r;
        if (operands.help)
                return run_help(&app, NULL);
        if (app.version)
                return print_version(&app);
        if (operands.n == 0) {
                help_print(stderr, &global, commands);
                return EXIT_FAILURE;
        }
        if (strcmp(operands.words[0], "help") == 0)
                return run_help(&app, operands.words[1]);
        command = find_command(operands.words[0]);
        if (!command)
                return app_fail(&app, "unknown command '%s'", operands.words[0]);
        return run_command(&app, command, operands.words + 1);
}
