/* SPDX-License-Identifier: MIT */

/* create, and the making of containers for run. */

#include "create.h"

#include "commands.h"
#include "files.h"
#include "service.h"

#include <fcntl.h>
#include <string.h>

#define MEMBER(name) offsetof(struct create_options, name)

const struct option create_config_options[] = {
        { "bundle", 'b', OPTION_TEXT, MEMBER(bundle), "DIR", "the bundle; here, by default" },
        { "config", 'f', OPTION_TEXT, MEMBER(config), "FILE", "the configuration, instead of the bundle's" },
        { 0 },
};

const struct option create_rootfs_options[] = {
        { "rootfs", 0, OPTION_TEXT, MEMBER(rootfs), "DIR", "no bundle: run PROGRAM over that folder" },
        { 0 },
};

const struct option create_options[] = {
        { "pid-file", 0, OPTION_TEXT, MEMBER(pid_file), "FILE", "write the pid there" },
        { "console-socket", 0, OPTION_TEXT, MEMBER(console_socket), "SOCKET",
          "send the terminal's master end there" },
        { "pidfd-socket", 0, OPTION_TEXT, MEMBER(pidfd_socket), "SOCKET", "send a pidfd there" },
        { "preserve-fds", 0, OPTION_COUNT, MEMBER(preserve_fds), "N", "pass on N descriptors from 3" },
        { "no-pivot", 0, OPTION_FLAG, MEMBER(no_pivot), NULL, "move the root, for ramdisks" },
        { "no-new-keyring", 0, OPTION_FLAG, MEMBER(no_new_keyring), NULL, "keep the session keyring" },
        { "no-subreaper", 0, OPTION_FLAG, MEMBER(no_subreaper), NULL, "accepted, without effect" },
        { 0 },
};

static int load_file(struct app *app, contain_t *c, const char *path, const char *bundle)
{
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_free_ char *text = NULL;
        size_t length;
        int r;

        r = files_read(path, &text, &length);
        if (r < 0)
                return app_fail(app, "cannot read '%s': %s", path, strerror(-r));
        if (contain_load_config(c, text, length, bundle, &error) < 0)
                return app_fail_error(app, error);
        return 0;
}

static int load(struct app *app, const struct create_options *options, char **program, contain_t *c)
{
        _cleanup_error_ contain_error_t *error = NULL;
        const char *bundle = options->bundle ? options->bundle : ".";
        int r;

        if (options->image.image)
                return image_run_load(app, options, program, c);
        if (options->config)
                return load_file(app, c, options->config, bundle);
        if (options->rootfs)
                r = contain_load_rootfs(c, options->rootfs, (const char *const *)program, &error);
        else
                r = contain_load_bundle(c, bundle, &error);
        return r < 0 ? app_fail_error(app, error) : 0;
}

int create_set_passed(struct app *app, const struct create_options *options, contain_t *c)
{
        _cleanup_error_ contain_error_t *error = NULL;
        unsigned flags = 0, n_sockets = service_listen_fds();

        if (options->no_pivot)
                flags |= CONTAIN_NO_PIVOT;
        if (options->no_new_keyring)
                flags |= CONTAIN_NO_NEW_KEYRING;
        if (flags != 0 && contain_set_flags(c, flags, &error) < 0)
                return app_fail_error(app, error);
        /* The manager's sockets are the first; --preserve-fds counts those behind them. */
        for (unsigned i = 0; i < n_sockets + options->preserve_fds; i++)
                if (contain_add_fd(c, 3 + (int)i, &error) < 0)
                        return app_fail_error(app, error);
        return service_set_sockets(app, c, n_sockets);
}

static int set_options(struct app *app, const struct create_options *options, contain_t *c)
{
        _cleanup_error_ contain_error_t *error = NULL;
        int r;

        if (options->console_socket && contain_set_console_socket(c, options->console_socket, &error) < 0)
                return app_fail_error(app, error);
        r = create_set_passed(app, options, c);
        if (r == 0)
                r = service_set_notify(app, c);
        return r == 0 ? keeper_set(app, &options->keeper, c) : r;
}

int create_check_passed(struct app *app, const struct create_options *options)
{
        unsigned n = service_listen_fds() + options->preserve_fds;

        for (unsigned i = 0; i < n; i++)
                if (fcntl(3 + (int)i, F_GETFD) < 0)
                        return app_fail(app, "descriptor %u is to be preserved, but is not open", 3 + i);
        return 0;
}

int create_handle(struct app *app, const struct create_options *options, const char *id, contain_t **ret)
{
        _cleanup_context_ contain_ctx_t *ctx = NULL;
        _cleanup_container_ contain_t *c = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        int r;

        r = create_check_passed(app, options);
        if (r == 0)
                r = app_context(app, &ctx);
        if (r != 0)
                return r;
        if (contain_new(&c, ctx, id, &error) < 0)
                return app_fail_error(app, error);
        r = set_options(app, options, c);
        if (r != 0)
                return r;
        *ret = take(c);
        return 0;
}

int create_load(struct app *app, const struct create_options *options, const char *id, char **program,
                contain_t **ret)
{
        _cleanup_container_ contain_t *c = NULL;
        int r;

        if (options->image.image && (options->rootfs || options->bundle || options->config))
                return app_fail(app, "--image takes the place of --rootfs, --bundle and --config");
        if (options->rootfs && (options->bundle || options->config))
                return app_fail(app, "--rootfs takes the place of --bundle and --config");
        if (options->rootfs && (!program || !program[0]))
                return app_fail(app, "--rootfs needs a program to run, after '--'");
        if (!options->rootfs && !options->image.image && program)
                return app_fail(app, "a program after '--' goes with --rootfs or --image only");
        r = create_handle(app, options, id, &c);
        if (r == 0)
                r = load(app, options, program, c);
        if (r != 0)
                return r;
        *ret = take(c);
        return 0;
}

int create_container(struct app *app, contain_t *c)
{
        _cleanup_error_ contain_error_t *error = NULL;

        return contain_create(c, &error) < 0 ? app_fail_error(app, error) : 0;
}

static int send_pidfd(struct app *app, const char *path, contain_t *c)
{
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_close_ int pidfd = -EBADF;
        int r;

        pidfd = contain_pidfd(c, &error);
        if (pidfd < 0)
                return app_fail_error(app, error);
        r = files_send_fd(path, pidfd);
        if (r < 0)
                return app_fail(app, "cannot send the pidfd to '%s': %s", path, strerror(-r));
        return 0;
}

int create_announce(struct app *app, const struct create_options *options, contain_t *c)
{
        int r;

        if (options->pidfd_socket) {
                r = send_pidfd(app, options->pidfd_socket, c);
                if (r != 0)
                        return r;
        }
        if (options->pid_file) {
                r = files_write_pid(options->pid_file, contain_pid(c));
                if (r < 0)
                        return app_fail(app, "cannot write '%s': %s", options->pid_file, strerror(-r));
        }
        return 0;
}

void create_undo(contain_t *c)
{
        (void)contain_destroy(c, CONTAIN_DESTROY_FORCE, NULL);
}

/* The terminal would end with this process, before anybody could use it. */
static int refuse_lost_terminal(struct app *app, contain_t *c)
{
        _cleanup_close_ int console_fd = contain_console_fd(c, NULL);

        if (console_fd < 0)
                return 0;
        return app_fail(app, "cannot allocate a terminal without --console-socket");
}

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct create_options *options = values;
        _cleanup_container_ contain_t *c = NULL;
        int r;

        if (!options->image.image &&
            (process_is_given(&options->process) || image_run_is_given(&options->image)))
                return app_fail(app, "options of the process go with --image");
        r = create_load(app, options, operands->words[0], operands->program, &c);
        if (r == 0)
                r = create_container(app, c);
        if (r != 0)
                return r;
        r = refuse_lost_terminal(app, c);
        if (r == 0)
                r = create_announce(app, options, c);
        if (r != 0)
                create_undo(c);
        return r;
}

const struct command command_create = {
        .name = "create",
        .synopsis = "ID | --image IMAGE ID [-- PROGRAM...]",
        .summary = "make a container, up to but not including its program",
        .options = { create_config_options, create_options, create_keeper_options, image_run_options,
                     image_storage_options, process_options, source_options, limit_options },
        .options_size = sizeof(struct create_options),
        .min_operands = 1,
        .max_operands = 1,
        .takes_program = true,
        .run = run,
};
