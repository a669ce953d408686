/* SPDX-License-Identifier: MIT */

/* export: an image's root file system as one tar, to a file or a pipe. */

#include "commands.h"
#include "deploy.h"
#include "source.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct export_options {
        struct source_options source; /* first: its tables count from the beginning */
        const char *output;
        bool no_env;
        bool no_devices;
};

/* A file that is being written, and gets its name when it is whole. */
struct output {
        char *path;
        char *temporary; /* NULL: standard output, or something that is no file */
        int fd;
};

static void output_done(struct output *output)
{
        if (output->temporary)
                (void)unlink(output->temporary);
        free(output->temporary);
        free(output->path);
        if (output->fd > STDOUT_FILENO)
                (void)close(output->fd);
}

/* A link stays, and what it leads to becomes the archive. */
static char *find_path(const char *path)
{
        char *real = realpath(path, NULL);
        struct stat status;

        if (real || errno != ENOENT)
                return real;
        if (lstat(path, &status) == 0) {
                errno = ELOOP;
                return NULL;
        }
        return strdup(path);
}

static int open_temporary(struct output *output, const char *path)
{
        output->path = find_path(path);
        if (!output->path)
                return -1;
        if (asprintf(&output->temporary, "%s.XXXXXX", output->path) < 0) {
                output->temporary = NULL;
                return -1;
        }
        return mkostemp(output->temporary, O_CLOEXEC);
}

/* What is there and no file, such as a FIFO, is written to as it is. */
static int open_output(struct app *app, const char *path, struct output *ret)
{
        struct output output = { .fd = STDOUT_FILENO };
        struct stat status;

        if (!path || strcmp(path, "-") == 0) {
                if (isatty(STDOUT_FILENO))
                        return app_fail(app, "an archive is nothing for a terminal: use -o FILE or a pipe");
                *ret = output;
                return 0;
        }
        if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
                output.fd = open(path, O_WRONLY | O_CLOEXEC);
        else
                output.fd = open_temporary(&output, path);
        if (output.fd < 0) {
                int r = app_fail(app, "cannot write '%s': %s", path, strerror(errno));

                free(output.temporary);
                free(output.path);
                return r;
        }
        *ret = output;
        return 0;
}

static int sync_folder_of(const char *path)
{
        _cleanup_free_ char *copy = strdup(path);
        int fd, r;

        if (!copy)
                return -ENOMEM;
        fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        r = fsync(fd) < 0 ? -errno : 0;
        (void)close(fd);
        return r;
}

/* On disk first, then by its name: nobody ever finds half of it. */
static int publish(struct app *app, struct output *output)
{
        mode_t mask;
        int r;

        if (!output->temporary)
                return 0;
        mask = umask(0);
        (void)umask(mask);
        if (fchmod(output->fd, 0666 & ~mask) < 0 || fsync(output->fd) < 0 ||
            rename(output->temporary, output->path) < 0)
                return app_fail(app, "cannot write '%s': %s", output->path, strerror(errno));
        free(output->temporary);
        output->temporary = NULL;
        r = sync_folder_of(output->path);
        return r < 0 ? app_fail(app, "cannot write '%s' to its disk: %s", output->path, strerror(-r)) : 0;
}

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct export_options *options = values;
        __attribute__((cleanup(output_done))) struct output output = { .fd = -1 };
        unsigned flags = (options->no_env ? CONTAIN_EXPORT_NO_ENV : 0u) |
                         (options->no_devices ? CONTAIN_EXPORT_NO_DEVICES : 0u);
        _cleanup_context_ contain_ctx_t *ctx = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_document_ char *document = NULL;
        contain_image_options_t image_options;
        struct progress progress;
        int r;

        r = app_context(app, &ctx);
        if (r == 0)
                r = open_output(app, options->output, &output);
        if (r == 0)
                r = source_get(app, &options->source, &progress, &image_options);
        if (r != 0)
                return r;
        r = contain_image_export(ctx, operands->words[0], output.fd, flags, &image_options, &document,
                                 &error);
        if (r < 0 && output.temporary)
                (void)unlink(output.temporary);
        progress_end(&progress);
        if (r < 0)
                return app_fail_error(app, error);
        r = publish(app, &output);
        return r != 0 || output.fd == STDOUT_FILENO ? r : deploy_print_member(app, document, "digest");
}

static const struct option options_table[] = {
        { "output", 'o', OPTION_TEXT, offsetof(struct export_options, output), "FILE",
          "write to that file, and print the archive's digest; standard output by default" },
        { "no-env", 0, OPTION_FLAG, offsetof(struct export_options, no_env), NULL, "without /.drootenv" },
        { "no-devices", 0, OPTION_FLAG, offsetof(struct export_options, no_devices), NULL,
          "leave device nodes out" },
        { 0 },
};

const struct command command_export = {
        .name = "export",
        .synopsis = "IMAGE",
        .summary = "write the root file system of an image as one tar",
        .options = { options_table, source_options, limit_options },
        .options_size = sizeof(struct export_options),
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
