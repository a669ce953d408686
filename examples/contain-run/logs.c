/* SPDX-License-Identifier: MIT */

/* logs: print what a container that has, or had, a keeper wrote. */

#include "commands.h"
#include "duration.h"
#include "keeper.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define END_OF_TIME 2262 /* of that year on, nanoseconds do not fit into 63 bits */

struct logs_options {
        bool follow;
        bool timestamps;
        const char *tail;
        const char *since;
};

/* Nanoseconds since the epoch in "2024-02-29T12:34:56.5Z". */
static bool parse_utc(const char *text, int64_t *ret)
{
        struct tm utc = { 0 };
        const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &utc);
        int64_t scale = 100000000;

        if (!rest || utc.tm_year + 1900 < 1970 || utc.tm_year + 1900 >= END_OF_TIME)
                return false;
        *ret = (int64_t)timegm(&utc) * 1000000000;
        if (*rest == '.')
                for (rest++; *rest >= '0' && *rest <= '9'; rest++, scale /= 10)
                        *ret += (*rest - '0') * scale;
        return rest[0] == 'Z' && rest[1] == '\0';
}

static int parse_since(struct app *app, const char *text, int64_t *ret)
{
        struct timespec now = { 0 };
        int64_t ago;

        if (parse_utc(text, ret))
                return 0;
        if (!duration_parse(text, &ago))
                return app_fail(app,
                                "'%s' is neither a time, as 2024-02-29T12:34:56Z, nor how long ago, as 5m",
                                text);
        (void)clock_gettime(CLOCK_REALTIME, &now);
        *ret = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - ago;
        return 0;
}

static int parse(struct app *app, const struct logs_options *options, contain_logs_options_t *ret)
{
        char *end = NULL;

        if (options->follow)
                ret->flags |= CONTAIN_LOGS_FOLLOW;
        if (options->tail) {
                errno = 0;
                ret->has_tail = 1;
                ret->tail = strtoull(options->tail, &end, 10);
                if (options->tail[0] < '0' || options->tail[0] > '9' || *end != '\0' || errno != 0)
                        return app_fail(app, "'%s' is not a number of lines", options->tail);
        }
        return options->since ? parse_since(app, options->since, &ret->since_nsec) : 0;
}

/* Returns false when nobody reads it any more. */
static bool print(const contain_log_entry_t *entry, bool timestamps, bool begins)
{
        FILE *out = entry->stream == 2 ? stderr : stdout;
        char time[KEEPER_TIME];

        if (entry->gap)
                (void)fputs("contain-run: what was before this has been rotated away\n", stderr);
        if (timestamps && begins)
                (void)fprintf(out, "%s ", keeper_format_time(entry->time_nsec, time));
        (void)fwrite(entry->text, 1, entry->length, out);
        if (!entry->partial)
                (void)fputc('\n', out);
        return fflush(out) == 0 && !ferror(out);
}

static int print_all(struct app *app, contain_log_t *logs, bool timestamps)
{
        contain_log_entry_t entry = { .size = sizeof(entry) };
        _cleanup_error_ contain_error_t *error = NULL;
        bool unfinished[3] = { false };
        int r;

        while ((r = contain_log_next(logs, -1, &entry, &error)) > 0) {
                if (!print(&entry, timestamps, !unfinished[entry.stream]))
                        return app_fail(app, "cannot write what was logged: %s", strerror(errno));
                unfinished[entry.stream] = entry.partial;
        }
        return r < 0 ? app_fail_error(app, error) : 0;
}

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct logs_options *options = values;
        contain_logs_options_t wanted = { .size = sizeof(wanted) };
        _cleanup_container_ contain_t *c = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_logs_ contain_log_t *logs = NULL;
        int r;

        r = parse(app, options, &wanted);
        if (r == 0)
                r = app_open(app, operands->words[0], &c);
        if (r != 0)
                return r;
        if (contain_logs(c, &wanted, &logs, &error) < 0)
                return app_fail_error(app, error);
        return print_all(app, logs, options->timestamps);
}

static const struct option options_table[] = {
        { "follow", 'f', OPTION_FLAG, offsetof(struct logs_options, follow), NULL,
          "go on until it has ended" },
        { "tail", 'n', OPTION_TEXT, offsetof(struct logs_options, tail), "N", "only the last N lines" },
        { "timestamps", 't', OPTION_FLAG, offsetof(struct logs_options, timestamps), NULL,
          "say when each line was written" },
        { "since", 0, OPTION_TEXT, offsetof(struct logs_options, since), "TIME",
          "only what was written since then, or in the last 5m" },
        { 0 },
};

const struct command command_logs = {
        .name = "logs",
        .synopsis = "ID",
        .summary = "print what a container with a keeper wrote",
        .options = { options_table },
        .options_size = sizeof(struct logs_options),
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
