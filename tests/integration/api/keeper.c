/* SPDX-License-Identifier: MIT */

/* A container's keeper: the exit that outlives its host, and its own life. */

#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>

/* Has the process gone, or is it about to be reaped by whoever that falls to? */
static bool is_gone(int pid)
{
        char path[64], *text;
        bool gone;

        (void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
        text = read_text(path);
        gone = !text || strstr(text, ") Z ") != NULL;
        free(text);
        return gone;
}

static bool goes(int pid)
{
        for (int i = 0; i < 500 && !is_gone(pid); i++)
                (void)poll(NULL, 0, 10);
        return is_gone(pid);
}

/* Runs @config to "started" in a process of its own, which then is gone. Returns the id in @id. */
static void start_elsewhere(struct world *w, struct json_object *config, char *id, size_t size)
{
        int ends[2], status;
        ssize_t n;
        pid_t pid;

        REQUIRE_EQ(pipe(ends), 0);
        pid = fork();
        REQUIRE(pid >= 0);
        if (pid == 0) {
                contain_keeper_options_t options = { .size = sizeof(options) };
                contain_t *c;

                if (world_forked(w) < 0)
                        _exit(1);
                c = guest_new(w, config);
                if (!c || contain_set_keeper(c, &options, NULL) < 0 || contain_create(c, NULL) < 0 ||
                    contain_start(c, NULL) < 0)
                        _exit(2);
                (void)!write(ends[1], contain_id(c), strlen(contain_id(c)));
                _exit(0);
        }
        close(ends[1]);
        n = read(ends[0], id, size - 1);
        id[n > 0 ? n : 0] = '\0';
        close(ends[0]);
        REQUIRE_EQ(waitpid(pid, &status, 0), pid);
        EXPECT_EQ(status, 0);
        json_object_put(config);
}

TEST(exit_is_known_to_another_process)
{
        WORLD_OF_ANYBODY(w);
        auto_container c = NULL;
        contain_exit_t ended;
        char id[300];

        start_elsewhere(&w, CONFIG(w, "sleep 0.3; exit 42"), id, sizeof(id));
        EXPECT_OK(contain_open(&c, w.ctx, id, &error_));
        ended = kept_wait(c);
        EXPECT_EQ(ended.known, 1);
        EXPECT_EQ(ended.code, 42);
        EXPECT(ended.started_nsec > 0 && ended.ended_nsec >= ended.started_nsec + 200000000);
        EXPECT_OK(contain_destroy(c, 0, &error_));
        ended = kept_wait(c);
        EXPECT_EQ(ended.code, 42);
}

TEST(exit_is_known_to_who_comes_later)
{
        WORLD_OF_ANYBODY(w);
        auto_container c = NULL;
        auto_container later = NULL;
        contain_exit_t ended;
        char id[300];

        start_elsewhere(&w, CONFIG(w, "exec sleep 100"), id, sizeof(id));
        EXPECT_OK(contain_open(&c, w.ctx, id, &error_));
        EXPECT_OK(contain_signal(c, SIGKILL, 0, &error_));
        (void)kept_wait(c);
        EXPECT(goes(keeper_pid(&w, id)));
        EXPECT_OK(contain_open(&later, w.ctx, id, &error_));
        EXPECT_EQ(contain_status(later, NULL), CONTAIN_STATUS_STOPPED);
        ended = kept_wait(later);
        EXPECT_EQ(ended.known, 1);
        EXPECT_EQ(ended.code, -1);
        EXPECT_EQ(ended.signo, SIGKILL);
        EXPECT_OK(contain_destroy(later, 0, &error_));
}

/* The id is another container's by now: its keeper's streams and its exit are none of this one's. */
TEST(of_another_container_with_the_id)
{
        WORLD_OF_ANYBODY(w);
        contain_keeper_options_t options = { .size = sizeof(options), .flags = CONTAIN_KEEPER_STDIN };
        auto_container c = NULL;
        auto_container other = NULL;
        auto_container next = NULL;
        contain_attachment_t *attach = NULL;
        contain_exit_t ended;

        c = guest_new(&w, CONFIG(w, "exec sleep 100"));
        REQUIRE(c != NULL);
        EXPECT_OK(contain_set_keeper(c, &options, &error_));
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_OK(contain_open(&other, w.ctx, contain_id(c), &error_));
        EXPECT_OK(contain_destroy(other, CONTAIN_DESTROY_FORCE, &error_));

        EXPECT_OK(contain_new(&next, w.ctx, contain_id(c), &error_));
        EXPECT_OK(guest_load(next, &w, CONFIG(w, "sleep 0.5; exit 7"), &error_));
        EXPECT_OK(contain_set_keeper(next, &options, &error_));
        EXPECT_OK(contain_create(next, &error_));
        EXPECT_OK(contain_start(next, &error_));
        EXPECT_FAILS(contain_attach(c, 0, &attach, &error_), ENOENT, CONTAIN_E_NOT_FOUND);
        contain_attachment_free(attach);
        EXPECT_EQ(kept_wait(next).code, 7);
        /* What its keeper wrote down went with it; the kernel tells the rest, from Linux 6.15 on. */
        ended = kept_wait(c);
        EXPECT_EQ(ended.code, -1);
        EXPECT_EQ(ended.signo, ended.known ? SIGKILL : 0);
        EXPECT_OK(contain_destroy(next, 0, &error_));
}

/* The other process that a staged plan has: the keeper waits for the right one. */
TEST(in_a_joined_pid_namespace)
{
        WORLD(w);
        struct json_object *config = CONFIG(w, "exit 9");
        auto_container c = NULL;
        contain_exit_t ended;

        config_namespace(config, "pid", "/proc/self/ns/pid");
        c = kept_new(&w, config, NULL);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        ended = kept_wait(c);
        EXPECT_EQ(ended.known, 1);
        EXPECT_EQ(ended.code, 9);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

/* Private memory while logs flow: what a host of many containers pays for each. */
TEST(memory)
{
        WORLD(w);
        auto_container c =
                kept_new(&w, CONFIG(w, "while true; do echo some text that is logged; done"), NULL);
        auto_attach attach = NULL;
        char path[64], *text, *line;
        unsigned long kib = 0;

        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_attach(c, 0, &attach, &error_));
        EXPECT_OK(contain_start(c, &error_));
        (void)poll(NULL, 0, 300);
        (void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", keeper_pid(&w, contain_id(c)));
        text = read_text(path);
        REQUIRE(text != NULL);
        for (line = text; line; line = strchr(line + 1, '\n'))
                if (strncmp(line, "\nPrivate_", 9) == 0 && strchr(line, ':'))
                        kib += strtoul(strchr(line, ':') + 1, NULL, 10);
        printf("private memory of a keeper: %lu KiB\n", kib);
        EXPECT(kib > 0 && kib < 100);
        free(text);
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
}

/* Its pipes break and nobody knows how the container ended; but it is not stopped, and nothing hangs. */
TEST(keeper_that_is_killed)
{
        WORLD_OF_ANYBODY(w);
        auto_container c = kept_new(&w, CONFIG(w, "trap '' PIPE; sleep 0.5; exit 3"), NULL);
        auto_container other = NULL;
        contain_exit_t ended;
        int pid;

        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        pid = keeper_pid(&w, contain_id(c));
        REQUIRE(pid > 0);
        EXPECT_EQ(kill(pid, SIGKILL), 0);
        EXPECT(goes(pid));
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_RUNNING);
        EXPECT_OK(contain_open(&other, w.ctx, contain_id(c), &error_));
        ended = kept_wait(other);
        EXPECT(!ended.known || ended.code == 3);
        EXPECT_OK(contain_destroy(other, 0, &error_));
}

TEST(ends_with_what_it_keeps)
{
        WORLD_OF_ANYBODY(w);
        contain_keeper_options_t options = { .size = sizeof(options), .flags = CONTAIN_KEEPER_RING };
        auto_container c = kept_new(&w, CONFIG(w, "exec sleep 100"), &options);
        int pid;

        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        pid = keeper_pid(&w, contain_id(c));
        EXPECT(pid > 0 && !is_gone(pid));
        EXPECT_OK(contain_destroy(c, CONTAIN_DESTROY_FORCE, &error_));
        EXPECT(is_gone(pid));
        EXPECT_EQ(kept_wait(c).signo, SIGKILL);
}

/* A create that fails leaves no keeper. */
TEST(create_that_fails)
{
        WORLD(w);
        struct json_object *config = CONFIG(w, "exit 0");
        auto_container c = NULL;

        config_set(config, "/hooks/createContainer", "[{'path': '/bin/false'}]");
        c = kept_new(&w, config, NULL);
        REQUIRE(c != NULL);
        EXPECT_FAILS(contain_create(c, &error_), ECANCELED, CONTAIN_E_HOOK);
        EXPECT_EQ(access(w.state, F_OK) == 0 ? rmdir(w.state) : 0, 0);
}

TEST(refused)
{
        WORLD_OF_ANYBODY(w);
        contain_keeper_options_t options = { .size = sizeof(options), .log_path = "log" };
        auto_container c = guest_new(&w, CONFIG(w, "exit 0"));
        contain_attachment_t *attach = NULL;

        REQUIRE(c != NULL);
        EXPECT_FAILS(contain_set_keeper(c, &options, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        options = (contain_keeper_options_t){ .size = sizeof(options), .log_bytes = 1000 };
        EXPECT_FAILS(contain_set_keeper(c, &options, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        options = (contain_keeper_options_t){ .size = sizeof(options), .flags = 1 << 10 };
        EXPECT_FAILS(contain_set_keeper(c, &options, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        options = (contain_keeper_options_t){ .size = 4 };
        EXPECT_FAILS(contain_set_keeper(c, &options, &error_), E2BIG, CONTAIN_E_ARGUMENT);
        options = (contain_keeper_options_t){ .size = sizeof(options) };
        EXPECT_OK(contain_set_keeper(c, &options, &error_));
        EXPECT_OK(contain_set_flags(c, CONTAIN_EPHEMERAL, &error_));
        EXPECT_FAILS(contain_create(c, &error_), EINVAL, CONTAIN_E_CONFLICT);
        EXPECT_OK(contain_set_flags(c, 0, &error_));
        EXPECT_OK(contain_set_keeper(c, NULL, &error_));
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_FAILS(contain_attach(c, 0, &attach, &error_), ENOTCONN, CONTAIN_E_KEEPER);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

/* When all places are taken, by clients that watch, the exit is known all the same. */
TEST(waiting_without_a_place)
{
        enum { PLACES = 32 };
        WORLD_OF_ANYBODY(w);
        contain_keeper_options_t options = { .size = sizeof(options), .flags = CONTAIN_KEEPER_RING };
        auto_container c = kept_new(&w, CONFIG(w, "exit 11"), &options);
        contain_attachment_t *all[PLACES] = { NULL };
        contain_attachment_t *more = NULL;
        contain_exit_t ended;
        struct timespec before, after;

        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        for (int i = 0; i < PLACES; i++)
                EXPECT_OK(contain_attach(c, CONTAIN_ATTACH_STDOUT, &all[i], &error_));
        EXPECT_FAILS(contain_attach(c, CONTAIN_ATTACH_STDOUT, &more, &error_), EBUSY, CONTAIN_E_KEEPER);
        EXPECT_OK(contain_start(c, &error_));
        ended = kept_wait(c);
        EXPECT_EQ(ended.known, 1);
        EXPECT_EQ(ended.code, 11);
        /* It is told to end, and need not be killed. */
        (void)clock_gettime(CLOCK_MONOTONIC, &before);
        EXPECT_OK(contain_destroy(c, 0, &error_));
        (void)clock_gettime(CLOCK_MONOTONIC, &after);
        EXPECT(after.tv_sec - before.tv_sec < 4);
        for (int i = 0; i < PLACES; i++)
                contain_attachment_free(all[i]);
}

/* Fifty at a time: each has its own. */
TEST(beside_fifty)
{
        enum { MANY = 50 };
        WORLD(w);
        contain_t *all[MANY] = { NULL };
        contain_exit_t ended;

        for (int i = 0; i < MANY; i++) {
                char script[64];

                (void)snprintf(script, sizeof(script), "echo %d; exit %d", i, i);
                all[i] = kept_new(&w, CONFIG(w, script), NULL);
                REQUIRE(all[i] != NULL);
                EXPECT_OK(contain_create(all[i], &error_));
        }
        for (int i = 0; i < MANY; i++)
                EXPECT_OK(contain_start(all[i], &error_));
        for (int i = 0; i < MANY; i++) {
                char expected[16];
                char *text;

                ended = kept_wait(all[i]);
                EXPECT_EQ(ended.code, i);
                (void)snprintf(expected, sizeof(expected), "%d\n", i);
                text = kept_log(all[i], NULL, 0);
                EXPECT_STR(text, expected);
                free(text);
                EXPECT_OK(contain_destroy(all[i], 0, &error_));
                contain_unref(all[i]);
        }
}
