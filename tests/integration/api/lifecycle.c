/* SPDX-License-Identifier: MIT */

/* The life of a container: each call in its order, out of its order, and from other handles and threads. */

#include "api.h"
#include "harness/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

TEST(from_nothing_to_nothing)
{
        contain_exit_t ended = { .size = sizeof(ended) };
        auto_container c = NULL;
        auto_text state = NULL;
        WORLD_OF_ANYBODY(w);

        c = guest_new(&w, CONFIG(w, "exit 7"));
        REQUIRE(c != NULL);
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_NONE);
        EXPECT_EQ(contain_pid(c), 0);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_CREATED);
        EXPECT(contain_pid(c) > 0);
        EXPECT_OK(contain_state_json(c, &state, &error_));
        EXPECT_CONTAINS(state, "\"status\"");
        EXPECT_CONTAINS(state, "created");
        EXPECT_CONTAINS(state, contain_id(c));
        EXPECT_CONTAINS(state, w.rootfs);
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_OK(contain_wait(c, 10000, &ended, &error_));
        EXPECT_EQ(ended.known, 1);
        EXPECT_EQ(ended.code, 7);
        EXPECT_EQ(ended.signo, 0);
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_STOPPED);
        EXPECT_OK(contain_destroy(c, 0, &error_));
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_NONE);
        EXPECT_EQ(cgroups_left(w.name), 0);
        EXPECT_EQ(children_left(), 0);
}

TEST(default_configuration_runs)
{
        static const char *const argv[] = { "/bin/echo", "hello", NULL };
        contain_error_t *error = NULL;
        auto_container c = NULL;
        auto_text output = NULL;
        char id[64];
        WORLD_OF_ANYBODY(w);

        REQUIRE_EQ(contain_new(&c, w.ctx, world_id(&w, id, sizeof(id)), &error), 0);
        EXPECT_OK(contain_load_rootfs(c, w.rootfs, argv, &error_));
        output = guest_run(c);
        EXPECT_STR(output, "hello\n");
}

TEST(host_root_runs_read_only)
{
        char id[64], path[96], script[512];
        const char *const argv[] = { "/bin/sh", "-c", script, NULL };
        auto_container c = NULL;
        auto_text output = NULL;
        WORLD_OF_ANYBODY(w);

        REQUIRE_EQ(contain_new(&c, w.ctx, world_id(&w, id, sizeof(id)), NULL), 0);
        (void)snprintf(path, sizeof(path), "/tmp/%s", id);
        (void)snprintf(script, sizeof(script), "echo hi >%s && cat %s; touch /usr/x 2>/dev/null || echo safe",
                       path, path);
        EXPECT_OK(contain_load_rootfs(c, "/", argv, &error_));
        output = guest_run(c);
        EXPECT_STR(output, "hi\nsafe\n");
        EXPECT(access(path, F_OK) < 0);
}

TEST(bundle_is_read_from_its_folder)
{
        struct json_object *config;
        auto_container c = NULL;
        auto_text output = NULL;
        char id[64], path[256];
        WORLD_OF_ANYBODY(w);

        config = CONFIG(w, "echo from a bundle");
        config_set(config, "/root/path", "'rootfs'");
        snprintf(path, sizeof(path), "%s/config.json", w.dir);
        write_text(path, json_object_to_json_string(config));
        json_object_put(config);
        REQUIRE_EQ(contain_new(&c, w.ctx, world_id(&w, id, sizeof(id)), NULL), 0);
        EXPECT_OK(contain_load_bundle(c, w.dir, &error_));
        output = guest_run(c);
        EXPECT_STR(output, "from a bundle\n");
}

TEST(calls_out_of_order_are_refused)
{
        auto_container c = NULL;
        auto_container empty = NULL;
        WORLD_OF_ANYBODY(w);

        REQUIRE_EQ(contain_new(&empty, w.ctx, NULL, NULL), 0);
        EXPECT(strlen(contain_id(empty)) > 0);
        EXPECT(contain_create(empty, NULL) < 0);
        EXPECT(contain_start(empty, NULL) < 0);
        EXPECT_EQ(contain_wait(empty, 0, NULL, NULL), -EINVAL);
        EXPECT_EQ(contain_destroy(empty, 0, NULL), -ENOENT);
        EXPECT(contain_signal(empty, SIGTERM, 0, NULL) < 0);

        c = guest_new(&w, CONFIG(w, "sleep 100"));
        REQUIRE(c != NULL);
        EXPECT(contain_start(c, NULL) < 0);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT(contain_create(c, NULL) < 0);
        EXPECT_EQ(contain_set_flags(c, 0, NULL), -EBUSY);
        EXPECT_EQ(contain_set_stdio(c, -1, -1, -1, NULL), -EBUSY);
        EXPECT_EQ(contain_add_fd(c, 0, NULL), -EBUSY);
        EXPECT_EQ(contain_load_bundle(c, w.dir, NULL), -EBUSY);
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_FAILS(contain_start(c, &error_), EINVAL, CONTAIN_E_STATUS);
        EXPECT_EQ(contain_destroy(c, 0, NULL), -EBUSY);
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_RUNNING);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
        EXPECT_EQ(contain_destroy(c, 0, NULL), -ENOENT);
        EXPECT_EQ(contain_destroy(c, CONTAIN_DESTROY_FORCE, NULL), -ENOENT);
}

TEST(created_container_can_be_destroyed)
{
        auto_container c = NULL;
        WORLD_OF_ANYBODY(w);

        c = guest_new(&w, CONFIG(w, "true"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_destroy(c, 0, &error_));
        EXPECT_EQ(cgroups_left(w.name), 0);
}

TEST(one_id_one_container)
{
        auto_container first = NULL;
        auto_container second = NULL;
        WORLD_OF_ANYBODY(w);

        first = guest_new(&w, CONFIG(w, "true"));
        REQUIRE(first != NULL);
        EXPECT_OK(contain_create(first, &error_));
        REQUIRE_EQ(contain_new(&second, w.ctx, contain_id(first), NULL), 0);
        REQUIRE_EQ(guest_load(second, &w, CONFIG(w, "true"), NULL), 0);
        EXPECT_FAILS(contain_create(second, &error_), EEXIST, CONTAIN_E_EXISTS);
        EXPECT_EQ(contain_status(first, NULL), CONTAIN_STATUS_CREATED);
        EXPECT_OK(contain_destroy(first, 0, &error_));
        EXPECT_OK(contain_create(second, &error_));
        EXPECT_OK(contain_destroy(second, 0, &error_));
}

TEST(other_handles_take_part)
{
        contain_exit_t ended = { .size = sizeof(ended) };
        auto_container c = NULL;
        auto_container other = NULL;
        auto_text list = NULL;
        auto_text empty = NULL;
        char ready[256];
        WORLD_OF_ANYBODY(w);

        c = guest_new(&w, CONFIG(w, "trap 'exit 5' TERM; echo >/tmp/ready; while :; do sleep 0.05; done"));
        REQUIRE(c != NULL);
        EXPECT_FAILS(contain_open(&other, w.ctx, contain_id(c), &error_), ENOENT, CONTAIN_E_NOT_FOUND);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_open(&other, w.ctx, contain_id(c), &error_));
        REQUIRE(other != NULL);
        EXPECT_EQ(contain_status(other, NULL), CONTAIN_STATUS_CREATED);
        EXPECT_OK(contain_start(other, &error_));
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_RUNNING);
        EXPECT_EQ(contain_pid(c), contain_pid(other));
        EXPECT_OK(contain_list_json(w.ctx, &list, &error_));
        EXPECT_CONTAINS(list, contain_id(c));
        EXPECT_CONTAINS(list, "running");
        snprintf(ready, sizeof(ready), "%s/tmp/ready", w.rootfs);
        for (int i = 0; i < 1000 && access(ready, F_OK) < 0; i++)
                usleep(10000);
        EXPECT_OK(contain_signal(other, SIGTERM, 0, &error_));
        EXPECT_OK(contain_wait(other, 10000, &ended, &error_));
        EXPECT_OK(contain_wait(c, 10000, &ended, &error_));
        EXPECT_EQ(ended.code, 5);
        EXPECT_OK(contain_destroy(other, 0, &error_));
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_NONE);
        EXPECT_OK(contain_list_json(w.ctx, &empty, &error_));
        EXPECT(empty && !strstr(empty, w.name));
}

TEST(wait_has_a_time_limit_and_repeats_its_answer)
{
        contain_exit_t ended = { .size = sizeof(ended) };
        auto_container c = NULL;
        WORLD_OF_ANYBODY(w);

        c = guest_new(&w, CONFIG(w, "sleep 100"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_FAILS(contain_wait(c, 0, &ended, &error_), ETIMEDOUT, CONTAIN_E_TIMEOUT);
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_FAILS(contain_wait(c, 50, &ended, &error_), ETIMEDOUT, CONTAIN_E_TIMEOUT);
        EXPECT_EQ(contain_signal(c, 0x7fff, 0, NULL), -EINVAL);
        EXPECT_OK(contain_signal(c, SIGKILL, 0, &error_));
        for (int i = 0; i < 3; i++) {
                memset(&ended, 0, sizeof(ended));
                ended.size = sizeof(ended);
                EXPECT_OK(contain_wait(c, 10000, &ended, &error_));
                EXPECT_EQ(ended.known, 1);
                EXPECT_EQ(ended.code, -1);
                EXPECT_EQ(ended.signo, SIGKILL);
        }
        EXPECT_FAILS(contain_signal(c, SIGTERM, 0, &error_), ESRCH, CONTAIN_E_NOT_RUNNING);
        EXPECT_OK(contain_destroy(c, 0, &error_));
        EXPECT_EQ(contain_pidfd(c, NULL), -ESRCH);
}

TEST(signal_reaches_every_process)
{
        contain_exit_t ended = { .size = sizeof(ended) };
        auto_container c = NULL;
        WORLD(w);

        /* Without a pid namespace, the others live on when the first one is gone. */
        struct json_object *config = CONFIG(w, "sleep 100 & sleep 100 & exec sleep 100");
        config_namespace(config, "pid", NULL);
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        usleep(100000);
        EXPECT_OK(contain_signal(c, SIGKILL, CONTAIN_SIGNAL_ALL, &error_));
        EXPECT_OK(contain_wait(c, 10000, &ended, &error_));
        EXPECT_EQ(ended.signo, SIGKILL);
        EXPECT_OK(contain_destroy(c, 0, &error_));
        EXPECT_EQ(cgroups_left(w.name), 0);
}

TEST(failed_start_stops_the_container)
{
        static const struct {
                const char *program;
                int error;
        } cases[] = { { "no-such-program", ENOENT },
                      { "/etc/data", EACCES },
                      { "/etc", EACCES },
                      { "/etc/garbage", ENOEXEC } };
        char path[256];
        WORLD_OF_ANYBODY(w);

        snprintf(path, sizeof(path), "%s/etc/data", w.rootfs);
        write_text(path, "not a program");
        snprintf(path, sizeof(path), "%s/etc/garbage", w.rootfs);
        write_text(path, "\177ELF garbage");
        chmod(path, 0755);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct json_object *config = CONFIG(w, "");
                contain_error_t *error = NULL;
                auto_container c = NULL;
                int r;

                config_set(config, "/process/args", "['%s']", cases[i].program);
                c = guest_new(&w, config);
                REQUIRE(c != NULL);
                r = contain_create(c, &error);
                if (r >= 0) {
                        r = contain_start(c, &error);
                        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_STOPPED);
                        EXPECT_OK(contain_destroy(c, 0, &error_));
                }
                EXPECT_EQ(r, -cases[i].error);
                EXPECT_EQ(contain_error_code(error), CONTAIN_E_PROGRAM);
                EXPECT_CONTAINS(contain_error_message(error), cases[i].program);
                EXPECT_CONTAINS(contain_error_pointer(error), "/process");
                contain_error_free(error);
                EXPECT_EQ(cgroups_left(w.name), 0);
        }
}

/* config.md: the process is needed to start, not to create. */
TEST(container_without_a_process_cannot_be_started)
{
        auto_container c = NULL;
        auto_container other = NULL;
        WORLD_OF_ANYBODY(w);

        struct json_object *config = CONFIG(w, "true");
        config_remove(config, "/process");
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_open(&other, w.ctx, contain_id(c), &error_));
        for (int i = 0; i < 2; i++) {
                contain_error_t *error = NULL;

                EXPECT_EQ(contain_start(i ? other : c, &error), -EINVAL);
                EXPECT_EQ(contain_error_code(error), CONTAIN_E_MISSING);
                EXPECT_STR(contain_error_pointer(error), "/process");
                EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_CREATED);
                contain_error_free(error);
        }
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
        EXPECT_EQ(cgroups_left(w.name), 0);
}

TEST(failed_create_leaves_the_handle_usable)
{
        auto_container c = NULL;
        auto_text output = NULL;
        char late[256], source[256];
        WORLD_OF_ANYBODY(w);

        snprintf(source, sizeof(source), "%s/later", w.dir);
        snprintf(late, sizeof(late), "%s/state/%s-1", w.dir, w.name);
        struct json_object *config = CONFIG(w, "cat /there/file");
        config_mount(config, "/there", "bind", source, "bind");
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        EXPECT_EQ(contain_create(c, NULL), -ENOENT);
        EXPECT(access(late, F_OK) < 0);
        EXPECT_EQ(cgroups_left(w.name), 0);
        EXPECT_EQ(children_left(), 0);
        mkdir(source, 0755);
        strcat(source, "/file");
        write_text(source, "second try\n");
        output = guest_run(c);
        EXPECT_STR(output, "second try\n");
}

static void *wait_for_it(void *data)
{
        contain_exit_t ended = { .size = sizeof(ended) };

        return contain_wait(data, 10000, &ended, NULL) == 0 && ended.code == 3 ? data : NULL;
}

TEST(many_threads_wait_for_one)
{
        pthread_t threads[8];
        auto_container c = NULL;
        int fine = 0;
        WORLD_OF_ANYBODY(w);

        c = guest_new(&w, CONFIG(w, "sleep 0.3; exit 3"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        for (size_t i = 0; i < 8; i++)
                pthread_create(&threads[i], NULL, wait_for_it, c);
        /* Beside those that wait, other calls go on. */
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_RUNNING);
        for (size_t i = 0; i < 8; i++) {
                void *result;

                pthread_join(threads[i], &result);
                fine += result == c;
        }
        EXPECT_EQ(fine, 8);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

TEST(host_that_ignores_sigchld_is_served)
{
        contain_exit_t ended = { .size = sizeof(ended) };
        auto_container c = NULL;
        int r;
        WORLD_OF_ANYBODY(w);

        /* Such hosts' children leave no zombie, and so no status, on kernels before 6.15. */
        signal(SIGCHLD, SIG_IGN);
        c = guest_new(&w, CONFIG(w, "exit 4"));
        r = c ? contain_create(c, NULL) : -1;
        r = r < 0 ? r : contain_start(c, NULL);
        r = r < 0 ? r : contain_wait(c, 10000, &ended, NULL);
        EXPECT_EQ(r, 0);
        EXPECT(ended.known == 0 || ended.code == 4);
        if (c)
                EXPECT_OK(contain_destroy(c, 0, &error_));
        signal(SIGCHLD, SIG_DFL);
}

TEST(plan_is_printed_without_running)
{
        auto_container c = NULL;
        auto_text plan = NULL;
        WORLD_OF_ANYBODY(w);

        c = guest_new(&w, CONFIG(w, "true"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_plan_json(c, &plan, &error_));
        EXPECT_CONTAINS(plan, "pivot-root");
        EXPECT_CONTAINS(plan, "/mounts/0");
        EXPECT(access(w.state, F_OK) < 0);
}

TEST(documents_describe_this_build)
{
        auto_text features = NULL;
        auto_text config = NULL;
        WORLD_OF_ANYBODY(w);

        EXPECT_OK(contain_features_json(w.ctx, &features, &error_));
        EXPECT_CONTAINS(features, "ociVersionMax");
        EXPECT_CONTAINS(features, "mountOptions");
        EXPECT_OK(contain_default_config(w.ctx, NULL, NULL, 0, &config, &error_));
        EXPECT_CONTAINS(config, "ociVersion");
        EXPECT_EQ(contain_default_config(w.ctx, NULL, NULL, 1u << 30, &config, NULL), -EINVAL);
}

TEST(signal_that_the_container_asks_to_be_ended_with)
{
        static const struct {
                const char *annotation;
                int signo;
        } cases[] = { { NULL, SIGTERM }, { "SIGUSR1", SIGUSR1 }, { "quit", SIGQUIT }, { "10", 10 } };
        WORLD(w);

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct json_object *config = CONFIG(w, "sleep 60");
                contain_t *c, *other = NULL;

                if (cases[i].annotation)
                        config_set(config, "/annotations", "{'org.opencontainers.image.stopSignal': '%s'}",
                                   cases[i].annotation);
                c = guest_new(&w, config);
                REQUIRE(c != NULL);
                EXPECT_OK(contain_create(c, &error_));
                EXPECT_EQ(contain_stop_signal(c, NULL), cases[i].signo);
                EXPECT_OK(contain_open(&other, w.ctx, contain_id(c), &error_));
                EXPECT_EQ(contain_stop_signal(other, NULL), cases[i].signo);
                contain_unref(other);
                EXPECT_OK(contain_destroy(c, 0, &error_));
                contain_unref(c);
        }
}

TEST(stop_signal_that_is_none)
{
        struct json_object *config;
        contain_error_t *error = NULL;
        auto_container c = NULL;
        WORLD(w);

        config = CONFIG(w, "true");
        config_set(config, "/annotations", "{'org.opencontainers.image.stopSignal': 'SIGNOTHING'}");
        EXPECT_OK(contain_new(&c, w.ctx, "x", &error_));
        EXPECT(guest_load(c, &w, config, &error) < 0);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_VALUE);
        EXPECT_STR(contain_error_pointer(error), "/annotations/org.opencontainers.image.stopSignal");
        contain_error_free(error);
}

TEST(signals_by_name)
{
        EXPECT_EQ(contain_signal_number("TERM", NULL), SIGTERM);
        EXPECT_EQ(contain_signal_number("sigkill", NULL), SIGKILL);
        EXPECT_EQ(contain_signal_number("SIGRTMIN+3", NULL), SIGRTMIN + 3);
        EXPECT_EQ(contain_signal_number("RTMAX-1", NULL), SIGRTMAX - 1);
        EXPECT_EQ(contain_signal_number("9", NULL), 9);
        EXPECT_FAILS(contain_signal_number("NOTHING", &error_), EINVAL, CONTAIN_E_ARGUMENT);
        EXPECT_FAILS(contain_signal_number("0", &error_), EINVAL, CONTAIN_E_ARGUMENT);
        EXPECT_FAILS(contain_signal_number("", &error_), EINVAL, CONTAIN_E_ARGUMENT);
        EXPECT_FAILS(contain_signal_number("SIGRTMIN+99", &error_), EINVAL, CONTAIN_E_ARGUMENT);
        EXPECT_FAILS(contain_signal_number(NULL, &error_), EINVAL, CONTAIN_E_ARGUMENT);
}
