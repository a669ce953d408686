/* SPDX-License-Identifier: MIT */

/* The program that runs, with its arguments, environment, working directory and descriptors. */

#include "plan/parts.h"

#include <string.h>

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static size_t name_length(const char *variable)
{
        return strcspn(variable, "=");
}

static bool same_name(const char *a, const char *b)
{
        size_t length = name_length(a);

        return length == name_length(b) && strncmp(a, b, length) == 0;
}

/* Value of the last variable of that name, NULL when there is none. */
static const char *find_variable(const struct ct_strings *env, const char *name)
{
        for (size_t i = env->n; i > 0; i--)
                if (same_name(env->items[i - 1], name))
                        return env->items[i - 1] + strcspn(env->items[i - 1], "=");
        return NULL;
}

/* Folders to look for the program in, those that the container's own environment names. */
static const char *search_path(const struct ct_build *build)
{
        const char *value = find_variable(&build->spec->process.env, "PATH");

        return value && *value == '=' ? value + 1 : DEFAULT_PATH;
}

static size_t hash_name(const char *variable)
{
        size_t length = name_length(variable), value = 5381;

        for (size_t i = 0; i < length; i++)
                value = value * 33 + (unsigned char)variable[i];
        return value;
}

/* Each name once, with its last value, in the place of its first. */
static int put_env(const struct ct_strings *env, struct ct_buf *ret, size_t *ret_n, contain_error_t **err)
{
        _cleanup_free_ const char **unique = calloc(env->n + 1, sizeof(*unique));
        _cleanup_free_ size_t *table = NULL; /* by name: number in @unique + 1 */
        size_t capacity = 16, n = 0;

        while (capacity < env->n * 2)
                capacity *= 2;
        table = calloc(capacity, sizeof(*table));
        if (!unique || !table)
                return ct_fail_memory(err);
        for (size_t i = 0; i < env->n; i++) {
                size_t slot = hash_name(env->items[i]) & (capacity - 1);

                while (table[slot] != 0 && !same_name(unique[table[slot] - 1], env->items[i]))
                        slot = (slot + 1) & (capacity - 1);
                if (table[slot] == 0)
                        table[slot] = ++n;
                unique[table[slot] - 1] = env->items[i];
        }
        for (size_t i = 0; i < n; i++)
                (void)ct_buf_append(ret, unique[i], strlen(unique[i]) + 1);
        *ret_n = n;
        return 0;
}

int ct_plan_add_program(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec_process *process = &build->spec->process;

        (void)err;
        if (!process->has)
                return 0;
        ct_build_add(build, .op = STEP_FIND_PROGRAM, .at = "/process/args/0",
                     .s = { process->args.items[0], search_path(build), process->cwd });
        return 0;
}

/*
 * Before the container is created, as nobody knows how long it is going to wait then: whoever makes it may
 * read to the end what its own standard output is connected to, as go-runc does.
 */
int ct_plan_add_own_stdio(struct ct_build *build, contain_error_t **err)
{
        (void)err;
        if (!build->spec->process.has)
                return 0;
        if (build->spec->process.terminal)
                ct_build_add(build, .op = STEP_STDIO_CONSOLE, .at = "/process/terminal");
        /* One that becomes the container keeps its own. */
        for (unsigned i = 0; i < 3 && !build->spec->process.terminal && !build->request->become; i++)
                ct_build_add(build, .op = STEP_STDIO,
                             .slot = ct_build_slot(build, PLAN_SLOT_STDIO, "", NULL, NULL, i), .n = { i });
        return 0;
}

int ct_plan_add_extra_fds(struct ct_build *build, contain_error_t **err)
{
        (void)err;
        for (unsigned i = 0; i < build->request->n_extra_fds; i++)
                ct_build_add(build, .op = STEP_EXTRA_FD,
                             .slot = ct_build_slot(build, PLAN_SLOT_EXTRA, "", NULL, NULL, i),
                             .n = { 3 + i });
        return 0;
}

/* Images and users name working directories that nothing has made. Where it cannot be made, entering it says
 * so. */
int ct_plan_add_cwd_folder(struct ct_build *build, contain_error_t **err)
{
        const struct ct_spec_process *process = &build->spec->process;
        size_t length = process->has ? strlen(process->cwd) : 0;
        const char *path;

        while (length > 0 && process->cwd[length - 1] == '/')
                length--;
        if (length == 0)
                return 0;
        path = ct_arena_strndup(build->arena, process->cwd, length);
        if (!path)
                return ct_fail_memory(err);
        ct_build_add(build, .op = STEP_MKDIR, .at = "/process/cwd", .s = { path }, .n = { 0755, 1 });
        return 0;
}

int ct_plan_add_stdio(struct ct_build *build, contain_error_t **err)
{
        int r = ct_plan_add_own_stdio(build, err);

        return r < 0 ? r : ct_plan_add_extra_fds(build, err);
}

int ct_plan_add_cwd(struct ct_build *build, contain_error_t **err)
{
        (void)err;
        ct_build_add(build, .op = STEP_CWD, .at = "/process/cwd", .s = { build->spec->process.cwd });
        return 0;
}

/* execCPUAffinity is about further processes in the container, not about its first one. */
int ct_plan_add_exec(struct ct_build *build, contain_error_t **err)
{
        _cleanup_buf_ struct ct_buf strings = CT_BUF_INIT;
        const struct ct_spec_process *process = &build->spec->process;
        struct ct_strings env = { 0 };
        size_t n_env = 0;
        int r;

        ct_build_put_strings(&strings, &process->args);
        r = ct_plan_service_env(build, &env, err);
        if (r == 0)
                r = put_env(&env, &strings, &n_env, err);
        if (r < 0)
                return r;
        ct_build_add(build, .op = STEP_EXEC, .at = "/process/args",
                     .s = { process->args.items[0], search_path(build) },
                     .n = { process->args.n, n_env, !find_variable(&process->env, "HOME") },
                     .blob = &strings);
        return 0;
}
