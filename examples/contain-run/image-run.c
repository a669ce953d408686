/* SPDX-License-Identifier: MIT */

/* run, create and spec --image: what the command line says goes before what the image says. */

#include "image-run.h"

#include "create.h"

#include <stdio.h>

#define MEMBER(name) (offsetof(struct create_options, image) + offsetof(struct image_run_options, name))

const struct option image_run_options[] = {
        { "image", 0, OPTION_TEXT, MEMBER(image), "IMAGE",
          "an image instead of a bundle; PROGRAM instead of its Cmd" },
        { "entrypoint", 0, OPTION_TEXT, MEMBER(entrypoint), "PROGRAM",
          "of an image: instead of its Entrypoint and Cmd; '' for none" },
        { "read-only", 0, OPTION_FLAG, MEMBER(read_only), NULL, "of an image: its root is read-only" },
        { "tty", 't', OPTION_FLAG, MEMBER(tty), NULL, "of an image: with a terminal" },
        { 0 },
};

const struct option image_storage_options[] = {
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

/* What the library is asked for. */
struct request {
        const char *entrypoint[2];
        char *user;
        struct process_env env;
        struct progress progress;
        contain_image_options_t how;
        contain_run_options_t run;
};

static void request_done(struct request *request)
{
        process_env_done(&request->env);
        free(request->user);
}

/* Between here and progress_end(), SIGINT and SIGTERM have a call clean up first. */
static int request_make(struct app *app, const struct create_options *options, struct request *request)
{
        const struct image_run_options *image = &options->image;
        contain_run_options_t *run = &request->run;
        bool userns;
        int r;

        r = process_userns(app, &options->process, &userns);
        if (r == 0)
                r = process_env_make(app, &options->process, &request->env);
        if (r == 0)
                r = user_text(app, &options->process, &request->user);
        if (r == 0)
                r = source_get(app, &options->source, &request->progress, &request->how);
        if (r != 0)
                return r;
        request->entrypoint[0] = image->entrypoint && image->entrypoint[0] ? image->entrypoint : NULL;
        *run = (contain_run_options_t){
                .size = sizeof(*run),
                .flags = (image->read_only ? CONTAIN_RUN_READ_ONLY : 0u) |
                         (image->tty ? CONTAIN_RUN_TERMINAL : 0u) | (userns ? CONTAIN_RUN_USERNS_AUTO : 0u),
                .user = request->user,
                .cwd = options->process.workdir,
                .entrypoint = image->entrypoint ? request->entrypoint : NULL,
                .env_files = options->process.env_files.items,
                .env = (const char *const *)request->env.items,
                .storage = image->storage,
        };
        return 0;
}

int image_run_load(struct app *app, const struct create_options *options, char **program, contain_t *c)
{
        __attribute__((cleanup(request_done))) struct request request = { 0 };
        _cleanup_error_ contain_error_t *error = NULL;
        int r;

        r = request_make(app, options, &request);
        if (r != 0)
                return r;
        r = contain_load_image(c, options->image.image, &request.how, &request.run,
                               (const char *const *)program, &error);
        progress_end(&request.progress);
        return r < 0 ? app_fail_error(app, error) : 0;
}

int image_run_config(struct app *app, const struct create_options *options, const char *rootfs,
                     char **program, char **ret)
{
        __attribute__((cleanup(request_done))) struct request request = { 0 };
        _cleanup_context_ contain_ctx_t *ctx = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        int r;

        r = app_context(app, &ctx);
        if (r == 0)
                r = request_make(app, options, &request);
        if (r != 0)
                return r;
        r = contain_image_config(ctx, options->image.image, rootfs, &request.how, &request.run,
                                 (const char *const *)program, ret, &error);
        progress_end(&request.progress);
        return r < 0 ? app_fail_error(app, error) : 0;
}
