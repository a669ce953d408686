/* SPDX-License-Identifier: MIT */

/* restore: make a container from a checkpoint, and wait for its end unless detached. */

#include "commands.h"
#include "foreground.h"
#include "images.h"

#define MEMBER(name) offsetof(struct images_options, name)

static const struct option options_table[] = {
        { "tcp-close", 0, OPTION_FLAG, MEMBER(tcp_close), NULL, "connections come back as lost ones" },
        { "lsm-profile", 0, OPTION_TEXT, MEMBER(lsm_profile), "TYPE:LABEL",
          "apparmor:NAME or selinux:LABEL for its processes" },
        { "lsm-mount-context", 0, OPTION_TEXT, MEMBER(lsm_mount_context), "LABEL",
          "SELinux context of its mounts" },
        { "detach", 'd', OPTION_FLAG, MEMBER(create.detach), NULL, "do not wait for its end" },
        { 0 },
};

static int restore(struct app *app, const struct images_options *options, contain_t *c)
{
        contain_restore_options_t opts = {
                .size = sizeof(opts),
                .image_path = images_path(options),
                .work_path = options->work_path,
                .cgroups_mode = options->cgroups_mode,
                .network_lock = options->network_lock,
                .lsm_profile = options->lsm_profile,
                .lsm_mount_context = options->lsm_mount_context,
                .criu = options->criu,
        };
        _cleanup_error_ contain_error_t *error = NULL;
        unsigned flags;
        int r;

        r = images_flags(app, options, &flags);
        if (r != 0)
                return r;
        /* Taken from callers that give the same options both times; they are about what is written. */
        flags &= ~(unsigned)(CONTAIN_CHECKPOINT_TCP_SKIP_IN_FLIGHT | CONTAIN_CHECKPOINT_LINK_REMAP);
        if (options->tcp_close)
                flags |= CONTAIN_CHECKPOINT_TCP_CLOSE;
        opts.flags = flags;
        return contain_restore(c, &opts, &error) < 0 ? app_fail_error(app, error) : 0;
}

/* The terminal's master end; -EBADF when there is none, or when somebody else has it. */
static int console(contain_t *c)
{
        int fd = contain_console_fd(c, NULL);

        return fd < 0 ? -EBADF : fd;
}

static int finish_detached(struct app *app, const struct images_options *options, contain_t *c)
{
        _cleanup_close_ int console_fd = console(c);
        int r;

        if (console_fd >= 0)
                r = app_fail(app, "cannot allocate a terminal without --console-socket when detached");
        else
                r = create_announce(app, &options->create, c);
        if (r != 0)
                create_undo(c);
        return r;
}

static int finish(struct app *app, const struct images_options *options, contain_t *c, int signal_fd)
{
        int status = EXIT_FAILURE;
        int r;

        r = create_announce(app, &options->create, c);
        if (r == 0)
                r = foreground_wait(app, c, signal_fd, console(c), &status);
        create_undo(c);
        return r != 0 ? r : status;
}

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct images_options *options = values;
        _cleanup_container_ contain_t *c = NULL;
        _cleanup_close_ int signal_fd = -EBADF;
        int r;

        if (options->create.preserve_fds > 0)
                return app_fail(app,
                                "a restored container has the descriptors that it was checkpointed with");
        /* Its program has told that it is ready, long ago. */
        (void)unsetenv("NOTIFY_SOCKET");
        r = create_load(app, &options->create, operands->words[0], NULL, &c);
        if (r == 0 && !options->create.detach)
                r = foreground_take_signals(app, &signal_fd);
        if (r == 0)
                r = restore(app, options, c);
        if (r != 0)
                return r;
        return options->create.detach ? finish_detached(app, options, c) : finish(app, options, c, signal_fd);
}

const struct command command_restore = {
        .name = "restore",
        .synopsis = "ID",
        .summary = "make a container from a checkpoint; wait for its end, exit as it does, delete it",
        .options = { create_config_options, create_options, images_options, options_table },
        .options_size = sizeof(struct images_options),
        .min_operands = 1,
        .max_operands = 1,
        .check_help = images_help,
        .run = run,
};
