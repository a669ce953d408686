/* SPDX-License-Identifier: MIT */

/* ps: a container's processes, as pids or as the rows that the host's ps(1) has for them. */

#include "app.h"
#include "commands.h"

#include <fcntl.h>
#include <json-c/json.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define BLANKS " \t"

extern char **environ;

struct ps_options {
        const char *format;
};

static void actions_done(posix_spawn_file_actions_t *actions)
{
        (void)posix_spawn_file_actions_destroy(actions);
}

/* Starts ps with @options, or with -ef; what it writes comes out of *ret_fd. Returns 0, or an errno value. */
static int start_ps(char **options, pid_t *ret_pid, int *ret_fd)
{
        static char ps[] = "ps", all[] = "-ef";
        _cleanup_(actions_done) posix_spawn_file_actions_t actions;
        _cleanup_free_ char **argv = NULL;
        int pipe_fds[2], r;
        size_t n = 0;

        while (options[n])
                n++;
        argv = calloc(n + 3, sizeof(*argv));
        if (!argv)
                return ENOMEM;
        argv[0] = ps;
        argv[1] = all;
        if (n > 0)
                memcpy(argv + 1, options, n * sizeof(*argv));
        r = posix_spawn_file_actions_init(&actions);
        if (r != 0)
                return r;
        if (pipe2(pipe_fds, O_CLOEXEC) < 0)
                return errno;
        r = posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDOUT_FILENO);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDERR_FILENO);
        if (r == 0)
                r = posix_spawnp(ret_pid, ps, &actions, NULL, argv, environ);
        (void)close(pipe_fds[1]);
        if (r != 0)
                (void)close(pipe_fds[0]);
        else
                *ret_fd = pipe_fds[0];
        return r;
}

/* All that comes out of @fd; NULL when there is no memory for it. */
static char *read_all(int fd)
{
        _cleanup_free_ char *text = NULL;
        size_t length = 0, capacity = 0;
        ssize_t n;

        do {
                if (capacity - length < 4096) {
                        char *more = realloc(text, capacity + 65536);

                        if (!more)
                                return NULL;
                        text = more;
                        capacity += 65536;
                }
                n = read(fd, text + length, capacity - length - 1);
                if (n > 0)
                        length += (size_t)n;
        } while (n > 0 || (n < 0 && errno == EINTR));
        text[length] = '\0';
        return take(text);
}

/* What ps writes. */
static int ask_ps(struct app *app, char **options, char **ret)
{
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *text = NULL;
        int r, status = 0;
        pid_t pid;

        r = start_ps(options, &pid, &fd);
        if (r != 0)
                return app_fail(app, "cannot run ps: %s", strerror(r));
        text = read_all(fd);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                ;
        if (!text)
                return app_fail(app, "out of memory");
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                return app_fail(app, "ps failed: %.*s", (int)strcspn(text, "\n"), text);
        *ret = take(text);
        return 0;
}

/* The field of number @index; NULL when the line has fewer. */
static const char *field(const char *line, size_t index)
{
        for (line += strspn(line, BLANKS); index > 0; index--) {
                line += strcspn(line, BLANKS);
                line += strspn(line, BLANKS);
        }
        return *line == '\0' ? NULL : line;
}

/* The number of the field PID; -1 when there is none. */
static int find_pid(const char *title)
{
        const char *name;

        for (int i = 0; (name = field(title, (size_t)i)); i++)
                if (strcspn(name, BLANKS) == 3 && strncmp(name, "PID", 3) == 0)
                        return i;
        return -1;
}

static bool is_listed(json_object *pids, long pid)
{
        for (size_t i = 0; i < json_object_array_length(pids); i++)
                if (json_object_get_int(json_object_array_get_idx(pids, i)) == pid)
                        return true;
        return false;
}

/* The title, and the rows of @pids. */
static int print_rows(struct app *app, json_object *pids, char *text)
{
        int column = -1;
        char *next;

        for (char *line = text; *line != '\0'; line = next) {
                const char *pid;
                bool shown;

                next = strchrnul(line, '\n');
                if (*next != '\0')
                        *next++ = '\0';
                if (column < 0) {
                        column = find_pid(line);
                        if (column < 0)
                                return app_fail(app, "couldn't find PID field in ps output");
                        shown = true;
                } else {
                        pid = field(line, (size_t)column);
                        shown = pid && is_listed(pids, strtol(pid, NULL, 10));
                }
                if (shown && puts(line) == EOF)
                        break;
        }
        return app_print(app, "");
}

static int print_table(struct app *app, const char *document, char **options)
{
        _cleanup_free_ char *text = NULL;
        json_object *pids;
        int r;

        r = ask_ps(app, options, &text);
        if (r != 0)
                return r;
        pids = json_tokener_parse(document);
        r = pids ? print_rows(app, pids, text) : app_fail(app, "out of memory");
        (void)json_object_put(pids);
        return r;
}

static int run(struct app *app, const void *values, const struct operands *operands)
{
        const struct ps_options *options = values;
        bool json = options->format && strcmp(options->format, "json") == 0;
        _cleanup_container_ contain_t *c = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        _cleanup_document_ char *document = NULL;
        int r;

        if (options->format && !json && strcmp(options->format, "table") != 0)
                return app_fail(app, "invalid format option '%s'", options->format);
        r = app_open(app, operands->words[0], &c);
        if (r != 0)
                return r;
        if (contain_processes_json(c, &document, &error) < 0)
                return app_fail_error(app, error);
        return json ? app_print(app, document) : print_table(app, document, operands->words + 1);
}

static const struct option options_table[] = {
        { "format", 'f', OPTION_TEXT, offsetof(struct ps_options, format), "FORMAT", "table or json" },
        { 0 },
};

/* What follows the id is for ps(1), options too. */
const struct command command_ps = {
        .name = "ps",
        .synopsis = "ID [PS-OPTION]...",
        .summary = "print a container's processes",
        .options = { options_table },
        .options_size = sizeof(struct ps_options),
        .min_operands = 1,
        .max_operands = 1,
        .leads_command = true,
        .run = run,
};
