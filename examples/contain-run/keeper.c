/* SPDX-License-Identifier: MIT */

/* The options of a keeper, and how the container that it keeps ended. */

#include "keeper.h"

#include "create.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MEMBER(name) offsetof(struct create_options, keeper.name)

const struct option create_keeper_options[] = {
        { "keeper", 0, OPTION_FLAG, MEMBER(wanted), NULL, "with a keeper, for attach, wait and logs" },
        { "keeper-stdin", 0, OPTION_FLAG, MEMBER(takes_input), NULL, "read what those who attach send" },
        { "keeper-stdin-once", 0, OPTION_FLAG, MEMBER(takes_input_once), NULL,
          "the same, until the first of them ends it" },
        { "keeper-log", 0, OPTION_TEXT, MEMBER(log), "WHERE",
          "a file, 'ring' or 'none'; a file in the state folder, by default" },
        { "keeper-log-size", 0, OPTION_TEXT, MEMBER(log_size), "BYTES", "of one file, or of the ring" },
        { "keeper-log-files", 0, OPTION_COUNT, MEMBER(log_files), "N", "how many, rotated ones included" },
        { 0 },
};

static int parse_log(struct app *app, const struct keeper_options *options, contain_keeper_options_t *ret,
                     char **ret_path)
{
        _cleanup_free_ char *folder = NULL;

        if (strcmp(options->log, "ring") == 0) {
                ret->flags |= CONTAIN_KEEPER_RING;
                return 0;
        }
        if (strcmp(options->log, "none") == 0) {
                ret->flags |= CONTAIN_KEEPER_NO_LOG;
                return 0;
        }
        if (options->log[0] != '/')
                folder = getcwd(NULL, 0);
        if ((options->log[0] != '/' && !folder) ||
            asprintf(ret_path, "%s%s%s", folder ? folder : "", folder ? "/" : "", options->log) < 0)
                return app_fail(app, "cannot find the folder of the log: %s", strerror(errno));
        ret->log_path = *ret_path;
        return 0;
}

static int parse_size(struct app *app, const char *text, uint64_t *ret)
{
        char *end;

        errno = 0;
        *ret = strtoull(text, &end, 10);
        if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0)
                return app_fail(app, "'%s' is not a number of bytes", text);
        return 0;
}

int keeper_set(struct app *app, const struct keeper_options *options, contain_t *c)
{
        contain_keeper_options_t wanted = { .size = sizeof(wanted), .log_files = options->log_files };
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_free_ char *path = NULL;
        int r = 0;

        if (!options->wanted && (options->takes_input || options->takes_input_once || options->log ||
                                 options->log_size || options->log_files > 0))
                return app_fail(app, "the options of a keeper go with --keeper only");
        if (!options->wanted)
                return 0;
        if (options->takes_input)
                wanted.flags |= CONTAIN_KEEPER_STDIN;
        if (options->takes_input_once)
                wanted.flags |= CONTAIN_KEEPER_STDIN_ONCE;
        if (options->log)
                r = parse_log(app, options, &wanted, &path);
        if (r == 0 && options->log_size)
                r = parse_size(app, options->log_size, &wanted.log_bytes);
        if (r != 0)
                return r;
        return contain_set_keeper(c, &wanted, &error) < 0 ? app_fail_error(app, error) : 0;
}

int keeper_wait(struct app *app, contain_t *c, contain_exit_t *ret)
{
        _cleanup_error_ contain_error_t *error = NULL;

        *ret = (contain_exit_t){ .size = sizeof(*ret) };
        if (contain_wait(c, -1, ret, &error) < 0)
                return app_fail_error(app, error);
        if (!ret->known)
                return app_fail(app, "container '%s' has ended, and nobody knows how", contain_id(c));
        return 0;
}

int keeper_exit_status(const contain_exit_t *ended)
{
        return ended->signo ? 128 + ended->signo : ended->code;
}

const char *keeper_format_time(int64_t nsec, char text[KEEPER_TIME])
{
        time_t seconds = (time_t)(nsec / 1000000000);
        struct tm utc;
        size_t length = 0;

        if (gmtime_r(&seconds, &utc))
                length = strftime(text, KEEPER_TIME, "%Y-%m-%dT%H:%M:%S", &utc);
        (void)snprintf(text + length, KEEPER_TIME - length, ".%09" PRId64 "Z", nsec % 1000000000);
        return text;
}
