/* SPDX-License-Identifier: MIT */

/* A user who is not root: limits in a cgroup that was delegated to that user, and without one. */

#include "api.h"
#include "harness/snapshot.h"

#include <fcntl.h>
#include <grp.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define NOBODY 65531 /* whom no machine knows */

static bool is_v2(void)
{
        return access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0;
}

/* --- as the user ---------------------------------------------------------------------------- */

/* Creates a container with @limits (a member of linux.resources), and says how that went. */
static void create(struct world *w, contain_ctx_t *ctx, const char *pointer, const char *limits)
{
        const char *const argv[] = { "sleep", "100", NULL };
        contain_error_t *error = NULL;
        struct json_object *config;
        char *document = NULL;
        contain_t *c = NULL;

        EXPECT_OK(contain_default_config(ctx, w->rootfs, argv, CONTAIN_CONFIG_ROOTLESS, &document, &error_));
        config = json_tokener_parse(document);
        contain_free(document);
        if (pointer)
                config_set(config, pointer, "%s", limits);
        EXPECT_OK(contain_new(&c, ctx, "guest", &error_));
        EXPECT_OK(guest_load(c, w, config, &error_));
        if (contain_create(c, &error) < 0) {
                printf("cause %d %s\n", contain_error_cause(error), contain_error_message(error));
                contain_error_free(error);
        } else {
                char path[128];
                auto_text cgroup = NULL;
                auto_text own = NULL;

                snprintf(path, sizeof(path), "/proc/%d/cgroup", contain_pid(c));
                cgroup = read_text(path);
                own = read_text("/proc/self/cgroup");
                printf("created %s\n", cgroup && own && strcmp(cgroup, own) == 0 ? "in our own" : cgroup);
                snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/given/contain-guest/pids.max", w->name);
                free(cgroup);
                cgroup = read_text(path);
                printf("pids.max %s\n", cgroup ? cgroup : "absent");
                EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
        }
        contain_unref(c);
}

static void as_user(struct world *w, const char *pointer, const char *limits)
{
        contain_ctx_t *ctx = NULL;
        char state[96];

        if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
            setresuid(NOBODY, NOBODY, NOBODY) < 0)
                _exit(98);
        snprintf(state, sizeof(state), "/tmp/%s-delegated", w->name);
        if (contain_ctx_new(&ctx, NULL) < 0 || contain_ctx_set_state_root(ctx, state, NULL) < 0)
                _exit(97);
        create(w, ctx, pointer, limits);
        contain_ctx_unref(ctx);
        rmdir(state);
}

/* --- as root -------------------------------------------------------------------------------- */

static const char *file_of(const struct world *w, const char *file)
{
        static char full[128];

        snprintf(full, sizeof(full), "/sys/fs/cgroup/%s%s", w->name, file);
        return full;
}

/* What a service manager does: a cgroup with one controller that is the user's, the caller in one below it.
 */
static int delegate(const struct world *w)
{
        static const char *const files[] = { "/given", "/given/cgroup.procs", "/given/cgroup.subtree_control",
                                             "/given/own", "/given/own/cgroup.procs" };

        if (mkdir(file_of(w, ""), 0755) < 0 ||
            write_text("/sys/fs/cgroup/cgroup.subtree_control", "+pids") < 0 ||
            write_text(file_of(w, "/cgroup.subtree_control"), "+pids") < 0 ||
            mkdir(file_of(w, "/given"), 0755) < 0 || mkdir(file_of(w, "/given/own"), 0755) < 0)
                return -1;
        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
                if (chown(file_of(w, files[i]), NOBODY, NOBODY) < 0)
                        return -1;
        return write_text(file_of(w, "/given/own/cgroup.procs"), "0");
}

/* Creates a container in a child that is that user, in a delegated cgroup or where this program is. */
static char *create_as_user(struct world *w, bool delegated, const char *pointer, const char *limits)
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
                if (delegated && delegate(w) < 0)
                        printf("cannot delegate: %m\n");
                else
                        as_user(w, pointer, limits);
                fflush(NULL);
                _exit(0);
        }
        close(out[1]);
        output = guest_read(out[0], 20000, NULL);
        close(out[0]);
        waitpid(pid, NULL, 0);
        if (delegated) {
                rmdir(file_of(w, "/given/own"));
                rmdir(file_of(w, "/given"));
                rmdir(file_of(w, ""));
        }
        return output;
}

/* The folder of the world is 0700; the user has to get at the root file system. */
#define DELEGATED(w)                                                                                         \
        WORLD(w);                                                                                            \
        REQUIRE_EQ(chmod((w).dir, 0755), 0)

TEST(limits_in_a_delegated_cgroup)
{
        auto_text output = NULL;
        char expected[128];
        DELEGATED(w);

        if (!is_v2())
                SKIP("needs cgroup v2");
        output = create_as_user(&w, true, "/linux/resources/pids", "{'limit': 30}");
        snprintf(expected, sizeof(expected), "created 0::/%s/given/contain-guest\n\npids.max 30\n\n", w.name);
        EXPECT_STR(output, expected);
        EXPECT_EQ(cgroups_left(w.name), 0);
}

TEST(controller_that_is_not_delegated)
{
        auto_text output = NULL;
        DELEGATED(w);

        if (!is_v2())
                SKIP("needs cgroup v2");
        output = create_as_user(&w, true, "/linux/resources/memory", "{'limit': 67108864}");
        EXPECT_CONTAINS(output, "cause 3 /linux/resources/memory/limit: cannot enable cgroup controller");
        EXPECT_CONTAINS(output, "(systemd: Delegate=memory)");
        EXPECT_EQ(cgroups_left(w.name), 0);
}

TEST(without_rights_and_without_limits)
{
        auto_text output = NULL;
        DELEGATED(w);

        output = create_as_user(&w, false, NULL, NULL);
        EXPECT_STR(output, "created in our own\npids.max absent\n");
}

/* Never left out silently. */
TEST(without_rights_but_with_limits)
{
        auto_text output = NULL;
        DELEGATED(w);

        output = create_as_user(&w, false, "/linux/resources/pids", "{'limit': 30}");
        EXPECT_CONTAINS(output, "cause 3 /linux/resources/pids/limit: cannot make cgroup");
        EXPECT_CONTAINS(output, "permission denied [CT-435]");
}
