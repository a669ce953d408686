/* SPDX-License-Identifier: MIT */

/*
 * run --in-place: no child, no daemon, nothing that stays behind. Failures end with 125, or with 126 and 127
 * for a program that cannot be executed or found, as a shell has it.
 */

#include "place.h"

#include "create.h"
#include "files.h"
#include "service.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define PLACE_FAILURE 125
#define NAMES_MAX     64

#define MEMBER(name) (offsetof(struct create_options, place) + offsetof(struct place_options, name))

const struct option place_options[] = {
        { "in-place", 0, OPTION_FLAG, MEMBER(in_place), NULL,
          "become PROGRAM over --rootfs: same pid, same parent" },
        { "bind", 0, OPTION_LIST, MEMBER(binds), "SRC[:DST[:OPTIONS]]",
          "in place: bind a folder or file; may be repeated" },
        { "robind", 0, OPTION_LIST, MEMBER(read_only_binds), "SRC[:DST[:OPTIONS]]",
          "the same, read-only with all below" },
        { "copy-files", 0, OPTION_FLAG, MEMBER(copy_files), NULL,
          "in place: with the host's passwd, group, hosts and resolv.conf" },
        { "cp", 0, OPTION_FLAG, MEMBER(copy_files), NULL, "the same" },
        { "cap-profile", 0, OPTION_TEXT, MEMBER(cap_profile), "NAME",
          "in place: capabilities: droot (the default), image or none" },
        { "keep-caps", 0, OPTION_LIST, MEMBER(keep_caps), "CAP[,CAP]...",
          "in place: capabilities besides; may be repeated" },
        { "no-dropcaps", 0, OPTION_FLAG, MEMBER(no_dropcaps), NULL,
          "in place: keep all, and let programs gain more" },
        { 0 },
};

bool place_is_given(const struct place_options *options)
{
        return options->copy_files || options->no_dropcaps || options->cap_profile ||
               options->keep_caps.n > 0 || options->binds.n > 0 || options->read_only_binds.n > 0;
}

static int check(struct app *app, const struct create_options *options, char **program)
{
        const struct {
                bool given;
                const char *name;
        } others[] = {
                { options->image.image, "--image" },
                { options->bundle, "--bundle" },
                { options->config, "--config" },
                { options->detach, "--detach" },
                { options->keep, "--keep" },
                { options->keeper.wanted, "--keeper" },
                { options->console_socket, "--console-socket" },
                { options->pidfd_socket, "--pidfd-socket" },
        };

        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
                if (others[i].given)
                        return app_fail(app, "%s does not go with --in-place", others[i].name);
        if (!options->rootfs)
                return app_fail(app, "--in-place needs --rootfs");
        if (!program || !program[0])
                return app_fail(app, "--in-place needs a program to run, after '--'");
        return 0;
}

/* --- capabilities --------------------------------------------------------------------------------- */

/* "chown", "CAP_CHOWN" and the like, as the library has them. */
struct names {
        char text[NAMES_MAX][40];
        const char *items[NAMES_MAX + 1];
        size_t n;
};

static int add_name(struct app *app, struct names *names, const char *word, size_t length)
{
        char *text = names->text[names->n];
        bool has_prefix = strncasecmp(word, "CAP_", 4) == 0;

        if (length == 0 || length > 30 || names->n == NAMES_MAX)
                return app_fail(app, "unknown capability '%.*s'", (int)length, word);
        (void)snprintf(text, sizeof(names->text[0]), "%s%.*s", has_prefix ? "" : "CAP_", (int)length, word);
        for (; *text != '\0'; text++)
                *text = (char)toupper((unsigned char)*text);
        names->items[names->n] = names->text[names->n];
        names->n++;
        return 0;
}

static int read_names(struct app *app, const struct option_list *list, struct names *names)
{
        int r = 0;

        for (size_t i = 0; i < list->n; i++) {
                const char *word = list->items[i];

                while (r == 0 && word) {
                        size_t length = strcspn(word, ",");

                        r = add_name(app, names, word, length);
                        word = word[length] == ',' ? word + length + 1 : NULL;
                }
        }
        return r;
}

/* --- the program ------------------------------------------------------------------------------------ */

static int load(struct app *app, const struct create_options *options, char **program, contain_t *c)
{
        const struct process_options *process = &options->process;
        const struct place_options *place = &options->place;
        _cleanup_(process_env_done) struct process_env env = { 0 };
        _cleanup_error_ contain_error_t *error = NULL;
        struct names names = { .n = 0 };
        contain_place_options_t how = {
                .size = sizeof(how),
                .user = process->user,
                .group = process->group,
                .cwd = process->workdir,
                .binds = place->binds.items,
                .read_only_binds = place->read_only_binds.items,
                .env_files = process->env_files.items,
                .cap_profile = place->cap_profile,
                .notify_socket = service_notify_socket(),
        };
        bool userns;
        int r;

        r = process_userns(app, process, &userns);
        if (r == 0)
                r = process_env_make(app, process, &env);
        /* The watchdog's pid is the program's. */
        if (r == 0 && how.notify_socket)
                r = process_env_pass(app, &env, "WATCHDOG_USEC");
        if (r == 0 && how.notify_socket)
                r = process_env_pass(app, &env, "WATCHDOG_PID");
        if (r == 0)
                r = read_names(app, &place->keep_caps, &names);
        if (r != 0)
                return r;
        how.env = (const char *const *)env.items;
        how.capabilities = names.n > 0 ? names.items : NULL;
        how.flags = (place->copy_files ? CONTAIN_PLACE_HOST_FILES : 0u) |
                    (place->no_dropcaps ? CONTAIN_PLACE_KEEP_PRIVILEGES : 0u) |
                    (userns ? CONTAIN_PLACE_USERNS_AUTO : 0u);
        if (contain_load_place(c, options->rootfs, &how, (const char *const *)program, &error) < 0)
                return app_fail_error(app, error);
        return 0;
}

static int become(struct app *app, const struct create_options *options, char **program)
{
        _cleanup_context_ contain_ctx_t *ctx = NULL;
        _cleanup_container_ contain_t *c = NULL;
        _cleanup_error_ contain_error_t *error = NULL;
        int r;

        r = check(app, options, program);
        if (r == 0)
                r = create_check_passed(app, options);
        if (r == 0)
                r = app_context(app, &ctx);
        if (r != 0)
                return r;
        if (contain_new(&c, ctx, NULL, &error) < 0)
                return app_fail_error(app, error);
        r = create_set_passed(app, options, c);
        if (r == 0)
                r = load(app, options, program, c);
        if (r != 0)
                return r;
        if (options->pid_file) {
                r = files_write_pid(options->pid_file, getpid());
                if (r < 0)
                        return app_fail(app, "cannot write '%s': %s", options->pid_file, strerror(-r));
        }
        (void)contain_become(c, &error);
        if (options->pid_file)
                (void)unlink(options->pid_file);
        return app_fail_error(app, error);
}

int place_run(struct app *app, const struct create_options *options, char **program)
{
        return become(app, options, program) == 0 ? 0 : PLACE_FAILURE;
}
