/* SPDX-License-Identifier: MIT */

/* contain_become(): the calling process turns into the container's. */

#include "api.h"
#include "harness/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* A configuration that has no need of anybody outside. */
static struct json_object *become_config(const struct world *w, const char *script)
{
        struct json_object *config = config_new(w->rootfs, script);

        config_namespace(config, "pid", NULL);
        config_namespace(config, "cgroup", NULL);
        config_remove(config, "/mounts/0");
        return config;
}

/*
 * Does it in a child, whose standard output is collected into *ret. Returns the child's wait status;
 * the exit code is 99 when contain_become() returned.
 */
static int become(struct world *w, struct json_object *config, pid_t *ret_pid, char **ret)
{
        int out[2], status;
        pid_t pid;

        if (pipe2(out, O_CLOEXEC) < 0)
                return -1;
        pid = fork();
        if (pid == 0) {
                contain_error_t *error = NULL;
                contain_t *c = world_forked(w) < 0 ? NULL : guest_new(w, config);

                dup2(out[1], 1);
                dup2(out[1], 2);
                if (c)
                        contain_become(c, &error);
                dprintf(1, "%s\n", contain_error_message(error));
                _exit(99);
        }
        json_object_put(config);
        close(out[1]);
        *ret = guest_read(out[0], 20000, NULL);
        close(out[0]);
        if (waitpid(pid, &status, 0) != pid)
                return -1;
        *ret_pid = pid;
        return status;
}

TEST(same_process_other_world)
{
        auto_text output = NULL;
        char expected[64];
        int status;
        pid_t pid;
        WORLD_OF_ANYBODY(w);

        status = become(&w, become_config(&w, "echo $$; hostname; ls / | head -n 2; exit 7"), &pid, &output);
        snprintf(expected, sizeof(expected), "%d\nguest\nbin\ndev\n", (int)pid);
        EXPECT_STR(output, expected);
        EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 7);
        EXPECT_EQ(children_left(), 0);
        EXPECT(access(w.state, F_OK) < 0);
}

TEST(signals_reach_it_directly)
{
        auto_text output = NULL;
        int status;
        pid_t pid;
        WORLD_OF_ANYBODY(w);

        status = become(&w, become_config(&w, "kill -TERM $$"), &pid, &output);
        EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

TEST(user_namespace_and_limits)
{
        struct json_object *config;
        auto_text output = NULL;
        int status;
        pid_t pid;
        WORLD(w);

        config = become_config(&w, "id -u; ulimit -n; umask");
        config_set(config, "/linux/namespaces/-", "{'type': 'user'}");
        config_set(config, "/linux/uidMappings", "[{'containerID': 0, 'hostID': 100000, 'size': 65536}]");
        config_set(config, "/linux/gidMappings", "[{'containerID': 0, 'hostID': 100000, 'size': 65536}]");
        config_set(config, "/process/rlimits", "[{'type': 'RLIMIT_NOFILE', 'soft': 111, 'hard': 222}]");
        config_set(config, "/process/user", "{'uid': 12, 'gid': 0, 'umask': 7}");
        status = become(&w, config, &pid, &output);
        EXPECT_STR(output, "12\n111\n0007\n");
        EXPECT_EQ(status, 0);
}

TEST(what_needs_somebody_outside_is_refused)
{
        static const struct {
                const char *pointer, *value;
        } cases[] = {
                { "/linux/namespaces/-", "{'type': 'pid'}" },
                { "/process/terminal", "true" },
                { "/hooks", "{'poststop': [{'path': '/bin/true'}]}" },
        };
        WORLD_OF_ANYBODY(w);

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct json_object *config = become_config(&w, "echo ran");
                auto_text output = NULL;
                int status;
                pid_t pid;

                config_set(config, cases[i].pointer, "%s", cases[i].value);
                status = become(&w, config, &pid, &output);
                EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 99);
                EXPECT_CONTAINS(output, "[CT-");
        }
}

TEST(failures_after_the_point_of_no_return)
{
        struct json_object *config;
        auto_text output = NULL;
        auto_text missing = NULL;
        int status;
        pid_t pid;
        WORLD_OF_ANYBODY(w);

        config = become_config(&w, "");
        config_mount(config, "/t", "nosuchfs", "none", "");
        status = become(&w, config, &pid, &output);
        EXPECT(WIFEXITED(status) && (WEXITSTATUS(status) == 125 || WEXITSTATUS(status) == 99));
        EXPECT_CONTAINS(output, "/mounts/1");

        config = become_config(&w, "");
        config_set(config, "/process/args", "['no-such-program']");
        status = become(&w, config, &pid, &missing);
        EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 127);
}
