/* SPDX-License-Identifier: MIT */

/* run: create and start in one, and wait for the end unless detached. */

#include "commands.h"
#include "create.h"
#include "foreground.h"
#include "service.h"

static int start(struct app *app, contain_t *c)
{
        _cleanup_error_ contain_error_t *error = NULL;

        return contain_start(c, &error) < 0 ? app_fail_error(app, error) : 0;
}

/* The terminal's master end; -EBADF when there is none, or when somebody else has it. */
static int console(contain_t *c)
{
        int fd = contain_console_fd(c, NULL);

        return fd < 0 ? -EBADF : fd;
}

/*
 * A handle that was opened leaves the exit status to whoever gets this process's children: containerd's shim
 * and the like wait for the container, which may end before this does.
 */
static int open_again(struct app *app, contain_t **c)
{
        contain_t *opened = NULL;
        int r;

        r = app_open(app, contain_id(*c), &opened);
        if (r != 0)
                return r;
        (void)contain_unref(*c);
        *c = opened;
        return service_set_notify(app, *c);
}

static int run_detached(struct app *app, const struct create_options *options, contain_t **c)
{
        _cleanup_close_ int console_fd = console(*c);
        int r;

        if (console_fd >= 0)
                r = app_fail(app, "cannot allocate a terminal without --console-socket when detached");
        else
                r = open_again(app, c);
        if (r == 0)
                r = start(app, *c);
        if (r == 0)
                r = create_announce(app, options, *c);
        if (r == 0)
                r = service_wait_ready(app, *c);
        if (r != 0)
                create_undo(*c);
        return r;
}

static int run_foreground(struct app *app, const struct create_options *options, contain_t *c, int signal_fd)
{
        int status = EXIT_FAILURE;
        int r;

        r = start(app, c);
        if (r == 0)
                r = create_announce(app, options, c);
        if (r == 0)
                r = foreground_wait(app, c, signal_fd, console(c), &status);
        if (r != 0 || !options->keep) {
                _cleanup_error_ contain_error_t *error = NULL;

                if (contain_destroy(c, CONTAIN_DESTROY_FORCE, &error) < 0)
                        (void)app_fail_error(app, error);
        }
        return r != 0 ? r : status;
}

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct create_options *options = values;
        const char *id = operands->n > 0 ? operands->words[0] : NULL;
        _cleanup_container_ contain_t *c = NULL;
        _cleanup_close_ int signal_fd = -EBADF;
        int r;

        if (options->place.in_place && id)
                return app_fail(app, "what runs in place has no ID");
        if (options->place.in_place)
                return place_run(app, options, operands->program);
        if (place_is_given(&options->place))
                return app_fail(app, "--bind, --copy-files and options for capabilities go with --in-place");
        if (!options->image.image &&
            (process_is_given(&options->process) || image_run_is_given(&options->image)))
                return app_fail(app, "options of the process go with --in-place or --image");
        if (!id && !options->rootfs && !options->image.image)
                return app_fail(app, "wrong number of operands: usage is 'run ID'");
        if (options->keeper.wanted && !options->detach)
                return app_fail(app, "--keeper goes with --detach");
        r = create_load(app, options, id, operands->program, &c);
        /* Before the container is there: a signal from here on is for it to get, and not lost. */
        if (r == 0 && !options->detach)
                r = foreground_take_signals(app, &signal_fd);
        if (r == 0)
                r = create_container(app, c);
        if (r != 0)
                return r;
        return options->detach ? run_detached(app, options, &c) : run_foreground(app, options, c, signal_fd);
}

static const struct option run_options[] = {
        { "detach", 'd', OPTION_FLAG, offsetof(struct create_options, detach), NULL,
          "do not wait for its end" },
        { "keep", 0, OPTION_FLAG, offsetof(struct create_options, keep), NULL,
          "do not delete it at its end" },
        { 0 },
};

const struct command command_run = {
        .name = "run",
        .synopsis = "ID | --image IMAGE [ID] [-- PROGRAM...] | --rootfs DIR [ID] -- PROGRAM... | --in-place "
                    "--rootfs DIR -- PROGRAM...",
        .summary = "create and start a container; wait for its end, exit as it does, delete it",
        .options = { create_config_options, create_rootfs_options, create_options, create_keeper_options,
                     run_options, image_run_options, image_storage_options, process_options, place_options,
                     source_options, limit_options },
        .options_size = sizeof(struct create_options),
        .max_operands = 1,
        .takes_program = true,
        .run = run,
};
