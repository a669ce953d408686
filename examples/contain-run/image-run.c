/* SPDX-License-Identifier: MIT */

/* run --image: what the command line says goes before what the image says. */

#include "image-run.h"

#include "create.h"

#include <stdio.h>

#define MEMBER(name) (offsetof(struct create_options, image) + offsetof(struct image_run_options, name))

const struct option image_run_options[] = {
        { "image", 0, OPTION_TEXT, MEMBER(image), "IMAGE",
          "no bundle: run a copy of an image; PROGRAM instead of its Cmd" },
        { "entrypoint", 0, OPTION_TEXT, MEMBER(entrypoint), "PROGRAM",
          "of an image: instead of its Entrypoint and Cmd; '' for none" },
        { "read-only", 0, OPTION_FLAG, MEMBER(read_only), NULL, "of an image: its root is read-only" },
        { "tty", 't', OPTION_FLAG, MEMBER(tty), NULL, "of an image: with a terminal" },
        { "storage", 0, OPTION_TEXT, MEMBER(storage), "DIR", "of an image: where its copy is made" },
        { 0 },
};

bool image_run_is_given(const struct image_run_options *options)
{
        return options->entrypoint || options->read_only || options->tty || options->storage;
}

/* --group beside --user, as one text. */
static int user_text(struct app *app, const struct process_options *process, char **ret)
{
        const char *user = process->user ? process->user : "0";

        if (!process->user && !process->group)
                return 0;
        if (asprintf(ret, "%s%s%s", user, process->group ? ":" : "", process->group ? process->group : "") <
            0) {
                *ret = NULL;
                return app_fail(app, "out of memory");
        }
        return 0;
}

int image_run_load(struct app *app, const struct create_options *options, char **program, contain_t *c)
{
        const struct image_run_options *image = &options->image;
        const char *entrypoint[] = { image->entrypoint, NULL };
        _cleanup_(process_env_done) struct process_env env = { 0 };
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_free_ char *user = NULL;
        contain_image_options_t how;
        struct progress progress;
        contain_run_options_t run = {
                .size = sizeof(run),
                .cwd = options->process.workdir,
                .env_files = options->process.env_files.items,
                .storage = image->storage,
        };
        bool userns;
        int r;

        r = process_userns(app, &options->process, &userns);
        if (r == 0)
                r = process_env_make(app, &options->process, &env);
        if (r == 0)
                r = user_text(app, &options->process, &user);
        if (r == 0)
                r = source_get(app, &options->source, &progress, &how);
        if (r != 0)
                return r;
        if (image->entrypoint && image->entrypoint[0] == '\0')
                entrypoint[0] = NULL;
        run.entrypoint = image->entrypoint ? entrypoint : NULL;
        run.user = user;
        run.env = (const char *const *)env.items;
        run.flags = (image->read_only ? CONTAIN_RUN_READ_ONLY : 0u) |
                    (image->tty ? CONTAIN_RUN_TERMINAL : 0u) | (userns ? CONTAIN_RUN_USERNS_AUTO : 0u);
        r = contain_load_image(c, image->image, &how, &run, (const char *const *)program, &error);
        progress_end(&progress);
        return r < 0 ? app_fail_error(app, error) : 0;
}
