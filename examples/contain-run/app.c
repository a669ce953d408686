/* SPDX-License-Identifier: MIT */

/* The context that the global options describe, and reports of failures. */

#include "app.h"

#include "log.h"
#include "texts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool wants_json(const struct app *app)
{
        return app->log_format && strcmp(app->log_format, "json") == 0;
}

static void write_stderr(const char *text)
{
        (void)!write(STDERR_FILENO, text, strlen(text));
}

/* Standard error gets a line for people, unless nobody named a file for the machine's. */
static void report(struct app *app, int level, const char *text)
{
        _cleanup_free_ char *record = NULL;
        _cleanup_free_ char *line = NULL;
        int r;

        if (app->quiet && !app->log && level != CONTAIN_LOG_ERROR)
                return;
        record = log_format_record(level, text, wants_json(app));
        if (app->log && record) {
                r = log_append(app->log, level, text, record);
                if (r == 0 && level != CONTAIN_LOG_ERROR)
                        return;
        }
        if (!app->log && record && wants_json(app)) {
                write_stderr(record);
                return;
        }
        line = log_format_line(level, text);
        write_stderr(line ? line : "contain-run: out of memory\n");
}

int app_fail(struct app *app, const char *format, ...)
{
        _cleanup_free_ char *text = NULL;
        va_list args;
        int r;

        va_start(args, format);
        r = vasprintf(&text, format, args);
        va_end(args);
        report(app, CONTAIN_LOG_ERROR, r < 0 ? "out of memory" : text);
        return EXIT_FAILURE;
}

int app_fail_error(struct app *app, const contain_error_t *error)
{
        const char *words = texts_canonical(error);

        return app_fail(app, "%s%s%s", words, words[0] ? ": " : "", contain_error_message(error));
}

int app_print(struct app *app, const char *text)
{
        size_t length = strlen(text);

        if (fputs(text, stdout) == EOF ||
            (length > 0 && text[length - 1] != '\n' && fputc('\n', stdout) == EOF) || fflush(stdout) == EOF)
                return app_fail(app, "cannot write to standard output: %s", strerror(errno));
        return 0;
}

static void log_line(void *userdata, int level, const char *text)
{
        report(userdata, level, text);
}

static int set_log(struct app *app, contain_ctx_t *ctx)
{
        _cleanup_error_ contain_error_t *error = NULL;
        int level = CONTAIN_LOG_WARNING;

        if (app->log_format && !wants_json(app) && strcmp(app->log_format, "text") != 0)
                return app_fail(app, "unknown log format '%s'", app->log_format);
        if (app->log_level) {
                level = log_level_from_name(app->log_level);
                if (level < 0)
                        return app_fail(app, "unknown log level '%s'", app->log_level);
        }
        if (app->debug)
                level = CONTAIN_LOG_DEBUG;
        if (contain_ctx_set_log(ctx, log_line, app, level, &error) < 0)
                return app_fail_error(app, error);
        return 0;
}

static int set_root(struct app *app, contain_ctx_t *ctx)
{
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_free_ char *folder = NULL;
        _cleanup_free_ char *absolute = NULL;
        const char *root = app->root;

        if (!root)
                return 0;
        if (root[0] != '/') {
                folder = getcwd(NULL, 0);
                if (!folder || asprintf(&absolute, "%s/%s", folder, root) < 0)
                        return app_fail(app, "cannot find the working directory: %s", strerror(errno));
                root = absolute;
        }
        if (contain_ctx_set_state_root(ctx, root, &error) < 0)
                return app_fail_error(app, error);
        return 0;
}

static int set_cgroup_manager(struct app *app, contain_ctx_t *ctx)
{
        _cleanup_error_ contain_error_t *error = NULL;
        const char *name = app->cgroup_manager;

        if (!name && app->systemd_cgroup)
                name = "systemd";
        if (name && contain_ctx_set_cgroup_manager(ctx, name, &error) < 0)
                return app_fail_error(app, error);
        return 0;
}

int app_context(struct app *app, contain_ctx_t **ret)
{
        _cleanup_context_ contain_ctx_t *ctx = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        int r;

        if (contain_ctx_new(&ctx, &error) < 0)
                return app_fail_error(app, error);
        r = set_log(app, ctx);
        if (r == 0)
                r = set_root(app, ctx);
        if (r == 0)
                r = set_cgroup_manager(app, ctx);
        if (r != 0)
                return r;
        *ret = take(ctx);
        return 0;
}

int app_open(struct app *app, const char *id, contain_t **ret)
{
        _cleanup_context_ contain_ctx_t *ctx = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        int r;

        r = app_context(app, &ctx);
        if (r != 0)
                return r;
        if (contain_open(ret, ctx, id, &error) < 0)
                return app_fail_error(app, error);
        return 0;
}
