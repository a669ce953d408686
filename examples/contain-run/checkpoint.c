/* SPDX-License-Identifier: MIT */

/* checkpoint: write a running container to files. */

#include "app.h"
#include "commands.h"
#include "images.h"

#define MEMBER(name) offsetof(struct images_options, name)

static const struct option options_table[] = {
        { "parent-path", 0, OPTION_TEXT, MEMBER(parent_path), "DIR",
          "images of an earlier pre-dump, relative to these" },
        { "page-server", 0, OPTION_TEXT, MEMBER(page_server), "ADDRESS:PORT", "send memory there" },
        { "status-fd", 0, OPTION_COUNT, MEMBER(status_fd), "N",
          "write a NUL there when lazy pages are ready" },
        { "leave-running", 0, OPTION_FLAG, MEMBER(leave_running), NULL, "do not end the container" },
        { "pre-dump", 0, OPTION_FLAG, MEMBER(pre_dump), NULL, "memory only, for a checkpoint to come" },
        { 0 },
};

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct images_options *options = values;
        contain_checkpoint_options_t opts = {
                .size = sizeof(opts),
                .status_fd = (int)options->status_fd,
                .image_path = images_path(options),
                .work_path = options->work_path,
                .parent_path = options->parent_path,
                .page_server = options->page_server,
                .cgroups_mode = options->cgroups_mode,
                .network_lock = options->network_lock,
                .criu = options->criu,
        };
        _cleanup_container_ contain_t *c = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        unsigned flags;
        int r;

        r = images_flags(app, options, &flags);
        if (r == 0)
                r = app_open(app, operands->words[0], &c);
        if (r != 0)
                return r;
        if (options->leave_running)
                flags |= CONTAIN_CHECKPOINT_LEAVE_RUNNING;
        if (options->pre_dump)
                flags |= CONTAIN_CHECKPOINT_PRE_DUMP;
        opts.flags = flags;
        return contain_checkpoint(c, &opts, &error) < 0 ? app_fail_error(app, error) : 0;
}

const struct command command_checkpoint = {
        .name = "checkpoint",
        .synopsis = "ID",
        .summary = "write a running container to files, by CRIU",
        .options = { images_options, options_table },
        .options_size = sizeof(struct images_options),
        .min_operands = 1,
        .max_operands = 1,
        .check_help = images_help,
        .run = run,
};
