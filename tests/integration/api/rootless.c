/* SPDX-License-Identifier: MIT */

/* The library in a program of a user who is not root, and has no more ids than the own one. */

#include "api.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define NOBODY 65531 /* whom no machine knows */

/* A configuration to start from, with @script as the program. */
static char *user_config(contain_ctx_t *ctx, const char *rootfs, const char *script)
{
        const char *const argv[] = { "sh", "-c", script, NULL };
        char *document = NULL;

        EXPECT_OK(contain_default_config(ctx, rootfs, argv, CONTAIN_CONFIG_ROOTLESS, &document, &error_));
        return document;
}

/* What a program of that user does; its standard output is compared. */
typedef void program_fn(struct world *w, contain_ctx_t *ctx);

static void as_user(struct world *w, program_fn *program)
{
        contain_ctx_t *ctx = NULL;
        char state[96];

        if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
                               setresuid(NOBODY, NOBODY, NOBODY) < 0))
                _exit(98);
        snprintf(state, sizeof(state), "/tmp/contain-api-rootless-%d", (int)getpid());
        if (contain_ctx_new(&ctx, NULL) < 0 || contain_ctx_set_state_root(ctx, state, NULL) < 0)
                _exit(97);
        program(w, ctx);
        contain_ctx_unref(ctx);
        rmdir(state);
}

/* Runs @program in a child, as the user. Returns what it wrote, and its wait status at *ret_status. */
static char *run_as_user(struct world *w, program_fn *program, int *ret_status)
{
        char *output;
        int out[2];
        pid_t pid;

        if (pipe2(out, O_CLOEXEC) < 0)
                return NULL;
        fflush(NULL);
        pid = fork();
        if (pid == 0) {
                dup2(out[1], 1);
                dup2(out[1], 2);
                as_user(w, program);
                fflush(NULL);
                _exit(0);
        }
        close(out[1]);
        output = guest_read(out[0], 20000, NULL);
        close(out[0]);
        waitpid(pid, ret_status, 0);
        return output;
}

/* --- programs ------------------------------------------------------------------------------- */

static contain_t *load(struct world *w, contain_ctx_t *ctx, unsigned flags, const char *script)
{
        char *document = user_config(ctx, w->rootfs, script);
        contain_t *c = NULL;

        EXPECT_OK(contain_new(&c, ctx, "guest", &error_));
        if (flags)
                EXPECT_OK(contain_set_flags(c, flags, &error_));
        EXPECT_OK(contain_load_config(c, document, strlen(document), NULL, &error_));
        contain_free(document);
        return c;
}

static void run(struct world *w, contain_ctx_t *ctx, unsigned flags)
{
        contain_t *c = load(w, ctx, flags, "id -u; hostname; exit 3");
        contain_exit_t status = { .size = sizeof(status) };

        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_OK(contain_wait(c, 10000, &status, &error_));
        EXPECT_OK(contain_destroy(c, 0, &error_));
        contain_unref(c);
        printf("code %d\n", status.code);
}

static void run_with_state(struct world *w, contain_ctx_t *ctx)
{
        run(w, ctx, 0);
}

static void run_ephemeral(struct world *w, contain_ctx_t *ctx)
{
        run(w, ctx, CONTAIN_EPHEMERAL);
}

/* The shortest way: a folder and a command. */
static void run_rootfs(struct world *w, contain_ctx_t *ctx)
{
        const char *const argv[] = { "sh", "-c", "id -u; touch /tmp/x && echo writable", NULL };
        contain_t *c = NULL;

        EXPECT_OK(contain_new(&c, ctx, "guest", &error_));
        EXPECT_OK(contain_load_rootfs(c, w->rootfs, argv, &error_));
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_OK(contain_wait(c, 10000, NULL, &error_));
        EXPECT_OK(contain_destroy(c, 0, &error_));
        contain_unref(c);
}

static void become(struct world *w, contain_ctx_t *ctx)
{
        char *document = user_config(ctx, w->rootfs, "echo $$; id -u; hostname; exit 5");
        struct json_object *config = json_tokener_parse(document);
        contain_error_t *error = NULL;
        contain_t *c = NULL;

        contain_free(document);
        config_namespace(config, "pid", NULL);
        config_namespace(config, "cgroup", NULL);
        config_remove(config, "/mounts/6"); /* cgroups */
        config_remove(config, "/mounts/0"); /* procfs takes a new pid namespace */
        printf("%d\n", (int)getpid());
        fflush(stdout);
        EXPECT_OK(contain_new(&c, ctx, "guest", &error_));
        EXPECT_OK(guest_load(c, w, config, &error_));
        contain_become(c, &error);
        printf("%s\n", contain_error_message(error));
}

/* In place there is nobody to word what newuidmap(1) refuses: it is foreseen. */
static void become_with_ids_of_others(struct world *w, contain_ctx_t *ctx)
{
        char *document = user_config(ctx, w->rootfs, "true");
        struct json_object *config = json_tokener_parse(document);
        contain_error_t *error = NULL;
        contain_t *c = NULL;

        contain_free(document);
        config_namespace(config, "pid", NULL);
        config_namespace(config, "cgroup", NULL);
        config_remove(config, "/mounts/6");
        config_remove(config, "/mounts/0");
        config_set(config, "/linux/uidMappings", "[{'containerID':0,'hostID':7,'size':2}]");
        EXPECT_OK(contain_new(&c, ctx, "guest", &error_));
        EXPECT_OK(guest_load(c, w, config, &error_));
        contain_become(c, &error);
        printf("%d %.18s\n", contain_error_code(error), contain_error_pointer(error));
        contain_error_free(error);
        contain_unref(c);
}

static void become_with_a_pid_namespace(struct world *w, contain_ctx_t *ctx)
{
        char *document = user_config(ctx, w->rootfs, "true");
        contain_error_t *error = NULL;
        contain_t *c = NULL;

        EXPECT_OK(contain_new(&c, ctx, "guest", &error_));
        EXPECT_OK(contain_load_config(c, document, strlen(document), NULL, &error_));
        contain_free(document);
        contain_become(c, &error);
        printf("%s\n", contain_error_pointer(error));
        contain_error_free(error);
        contain_unref(c);
}

/* --- tests ---------------------------------------------------------------------------------- */

static bool can_reach(const struct world *w)
{
        struct stat status;

        return geteuid() != 0 || (stat(w->rootfs, &status) == 0 && (status.st_mode & S_IXOTH));
}

static void expect(program_fn *program, const char *expected)
{
        char *output;
        int status = 0;
        WORLD_OF_ANYBODY(w);

        if (!can_reach(&w))
                SKIP("other users cannot reach '%s'", w.rootfs);
        output = run_as_user(&w, program, &status);
        EXPECT_STR(output, expected);
        EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        free(output);
}

TEST(a_container_from_create_to_destroy)
{
        expect(run_with_state, "0\ncontain\ncode 3\n");
}

TEST(an_ephemeral_one)
{
        expect(run_ephemeral, "0\ncontain\ncode 3\n");
}

TEST(a_folder_and_a_command)
{
        expect(run_rootfs, "0\nwritable\n");
}

TEST(a_user_becomes_the_container)
{
        char *output, own[16], inside[16];
        int status = 0;
        WORLD_OF_ANYBODY(w);

        if (!can_reach(&w))
                SKIP("other users cannot reach '%s'", w.rootfs);
        output = run_as_user(&w, become, &status);
        REQUIRE(sscanf(output, "%15s %15s", own, inside) == 2);
        EXPECT_STR(inside, own);
        EXPECT_CONTAINS(output, "\n0\ncontain\n");
        EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 5);
        free(output);
}

TEST(what_cannot_be_done_in_place)
{
        expect(become_with_a_pid_namespace, "/linux/namespaces/0\n");
        expect(become_with_ids_of_others, "408 /linux/uidMappings\n");
}
