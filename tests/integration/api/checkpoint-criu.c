/* SPDX-License-Identifier: MIT */

/* Containers that CRIU checkpoints and restores: what they have is still theirs afterwards. */

#include "checkpoint.h"

#include <poll.h>
#include <sched.h>
#include <sys/wait.h>
#include <time.h>

#define CRIU(w, images)                                                                                      \
        const char *obstacle_ = criu_obstacle();                                                             \
        struct images images;                                                                                \
        if (obstacle_)                                                                                       \
                SKIP("%s", obstacle_);                                                                       \
        WORLD(w);                                                                                            \
        images_init(&images, &w, "images", NULL)

#define COUNT "i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done"

/* The next line of a guest that writes some, as a number; -1 when none comes. */
static long read_number(int fd)
{
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        char line[64];
        size_t n = 0;

        while (n < sizeof(line) - 1 && poll(&wait, 1, 20000) == 1 && read(fd, line + n, 1) == 1)
                if (line[n++] == '\n')
                        break;
        line[n] = '\0';
        return n > 0 && line[n - 1] == '\n' ? strtol(line, NULL, 10) : -1;
}

/* The last number before the end of file, which a guest that was not checkpointed never comes to. */
static long read_last(int fd)
{
        time_t end = time(NULL) + 20;
        long last = -1, number;

        while (time(NULL) < end && (number = read_number(fd)) >= 0)
                last = number;
        return last;
}

static void expect_number(int fd, long wanted)
{
        long number;

        do
                number = read_number(fd);
        while (number >= 0 && number < wanted);
        EXPECT_EQ(number, wanted);
}

/* A configuration with what containers have: folders and files from outside, masks, a tmpfs, cgroups. */
static struct json_object *usual_config(struct world *w, const char *script)
{
        struct json_object *config = config_new(w->rootfs, script);

        config_mount(config, "/tmp", "tmpfs", "tmpfs", "nosuid");
        config_mount(config, "/mnt", "bind", w->dir, "rbind,rw");
        config_mount(config, "/etc/passwd", "bind", "/etc/hostname", "bind,ro");
        config_mount(config, "/sys", "sysfs", "sysfs", "nosuid,noexec,nodev,ro");
        config_mount(config, "/sys/fs/cgroup", "cgroup", "cgroup", "nosuid,noexec,nodev,ro");
        config_mount(config, "/dev/pts", "devpts", "devpts", "newinstance,ptmxmode=0666,mode=620");
        config_set(config, "/linux/maskedPaths",
                   "['/proc/kcore', '/proc/keys', '/proc/acpi', '/sys/firmware']");
        config_set(config, "/linux/readonlyPaths", "['/proc/sys', '/proc/bus']");
        return config;
}

TEST(program_goes_on_where_it_was)
{
        auto_container c = NULL;
        auto_container again = NULL;
        auto_fd in = -1, out = -1, in2 = -1, out2 = -1;
        contain_exit_t ended = { .size = sizeof(ended) };
        long last;
        CRIU(w, images);

        c = run_with_pipes(&w, usual_config(&w, "echo kept >/tmp/file; " COUNT), &in, &out);
        REQUIRE(c != NULL);
        expect_number(out, 3);
        EXPECT_OK(contain_checkpoint(c, &images.dump, &error_));
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_STOPPED);
        last = read_last(out);
        EXPECT(last >= 3);
        EXPECT_OK(contain_destroy(c, 0, &error_));
        EXPECT_EQ(cgroups_left(w.name), 0);

        again = prepare_restore(&w, usual_config(&w, "unused"), &in2, &out2);
        REQUIRE(again != NULL);
        EXPECT_OK(contain_restore(again, &images.restore, &error_));
        EXPECT_EQ(contain_status(again, NULL), CONTAIN_STATUS_RUNNING);
        expect_number(out2, last + 1);
        EXPECT_OK(contain_signal(again, SIGKILL, 0, &error_));
        EXPECT_OK(contain_wait(again, 10000, &ended, &error_));
        EXPECT_EQ(ended.known, 1);
        EXPECT_EQ(ended.signo, SIGKILL);
        EXPECT_OK(contain_destroy(again, 0, &error_));
        EXPECT_EQ(cgroups_left(w.name), 0);
}

/* A restored container can be checkpointed again, and paused, and be left running. */
TEST(more_than_once)
{
        auto_container c = NULL;
        auto_container again = NULL;
        auto_fd in = -1, out = -1, in2 = -1, out2 = -1;
        struct images second;
        long last;
        CRIU(w, images);

        images_init(&second, &w, "second", NULL);
        c = run_with_pipes(&w, usual_config(&w, COUNT), &in, &out);
        REQUIRE(c != NULL);
        expect_number(out, 2);
        images.dump.flags = CONTAIN_CHECKPOINT_LEAVE_RUNNING;
        EXPECT_OK(contain_checkpoint(c, &images.dump, &error_));
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_RUNNING);
        last = read_number(out);
        expect_number(out, last + 5);
        end_container(c);

        again = prepare_restore(&w, usual_config(&w, "unused"), &in2, &out2);
        REQUIRE(again != NULL);
        EXPECT_OK(contain_restore(again, &images.restore, &error_));
        last = read_number(out2);
        expect_number(out2, last + 3);
        EXPECT_OK(contain_pause(again, &error_));
        EXPECT_OK(contain_resume(again, &error_));
        EXPECT_OK(contain_checkpoint(again, &second.dump, &error_));
        EXPECT_EQ(contain_status(again, NULL), CONTAIN_STATUS_STOPPED);
        EXPECT_OK(contain_destroy(again, 0, &error_));
}

TEST(memory_before_the_rest)
{
        auto_container c = NULL;
        auto_container again = NULL;
        auto_fd in = -1, out = -1, in2 = -1, out2 = -1;
        struct images before;
        long last;
        CRIU(w, images);

        images_init(&before, &w, "before", NULL);
        c = run_with_pipes(&w, usual_config(&w, COUNT), &in, &out);
        REQUIRE(c != NULL);
        before.dump.flags = CONTAIN_CHECKPOINT_PRE_DUMP;
        EXPECT_OK(contain_checkpoint(c, &before.dump, &error_));
        EXPECT_EQ(contain_status(c, NULL), CONTAIN_STATUS_RUNNING);
        images.dump.parent_path = "../before";
        EXPECT_OK(contain_checkpoint(c, &images.dump, &error_));
        last = read_last(out);
        EXPECT_OK(contain_destroy(c, 0, &error_));

        again = prepare_restore(&w, usual_config(&w, "unused"), &in2, &out2);
        REQUIRE(again != NULL);
        EXPECT_OK(contain_restore(again, &images.restore, &error_));
        expect_number(out2, last + 1);
        end_container(again);
}

TEST(terminal_comes_back)
{
        struct json_object *config;
        auto_container c = NULL;
        auto_container again = NULL;
        auto_text said = NULL;
        auto_fd master = -1, master2 = -1;
        CRIU(w, images);

        config = usual_config(&w, "while read line; do echo \"heard $line\"; done");
        config_set(config, "/process/terminal", "true");
        c = guest_new(&w, config);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_start(c, &error_));
        master = contain_console_fd(c, NULL);
        REQUIRE(master >= 0);
        usleep(300000);
        EXPECT_OK(contain_checkpoint(c, &images.dump, &error_));
        EXPECT_OK(contain_destroy(c, 0, &error_));

        config = usual_config(&w, "unused");
        config_set(config, "/process/terminal", "true");
        again = guest_new(&w, config);
        REQUIRE(again != NULL);
        EXPECT_OK(contain_restore(again, &images.restore, &error_));
        master2 = contain_console_fd(again, NULL);
        REQUIRE(master2 >= 0);
        EXPECT_EQ(write(master2, "hello\n", 6), 6);
        said = guest_read(master2, 3000, NULL);
        EXPECT_CONTAINS(said, "heard hello");
        end_container(again);
}

/* A process that keeps a network namespace, as a pod's does. Returns its pid. */
static pid_t keep_network(void)
{
        int ready[2];
        char byte;
        pid_t pid;

        if (pipe2(ready, O_CLOEXEC) < 0)
                return -1;
        pid = fork();
        if (pid == 0) {
                if (unshare(CLONE_NEWNET) < 0 || write(ready[1], "x", 1) != 1)
                        _exit(1);
                for (;;)
                        pause();
        }
        close(ready[1]);
        if (pid > 0 && read(ready[0], &byte, 1) != 1)
                pid = -1;
        close(ready[0]);
        return pid;
}

TEST(network_of_a_pod)
{
        auto_container c = NULL;
        auto_container again = NULL;
        auto_fd in = -1, out = -1, in2 = -1, out2 = -1;
        struct json_object *config;
        char path[64], inside[64], link[64] = "", mine[64] = "";
        pid_t keeper;
        long last;
        CRIU(w, images);

        keeper = keep_network();
        REQUIRE(keeper > 0);
        snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)keeper);
        config = usual_config(&w, COUNT);
        config_namespace(config, "network", path);
        c = run_with_pipes(&w, config, &in, &out);
        REQUIRE(c != NULL);
        expect_number(out, 2);
        EXPECT_OK(contain_checkpoint(c, &images.dump, &error_));
        last = read_last(out);
        EXPECT_OK(contain_destroy(c, 0, &error_));

        config = usual_config(&w, "unused");
        config_namespace(config, "network", path);
        again = prepare_restore(&w, config, &in2, &out2);
        REQUIRE(again != NULL);
        EXPECT_OK(contain_restore(again, &images.restore, &error_));
        expect_number(out2, last + 1);
        snprintf(inside, sizeof(inside), "/proc/%d/ns/net", contain_pid(again));
        EXPECT(readlink(inside, link, sizeof(link) - 1) > 0);
        EXPECT(readlink(path, mine, sizeof(mine) - 1) > 0);
        EXPECT_STR(link, mine);
        end_container(again);
        kill(keeper, SIGKILL);
        (void)waitpid(keeper, NULL, 0);
}

/* Every way to restore cgroups puts the processes into the container's own; but "strict" wants to make it
 * itself. */
TEST(cgroups_by_every_mode)
{
        static const char *const modes[] = { "soft", "full", "ignore" };
        auto_container c = NULL;
        auto_fd in = -1, out = -1;
        CRIU(w, images);

        c = run_with_pipes(&w, usual_config(&w, COUNT), &in, &out);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_checkpoint(c, &images.dump, &error_));
        EXPECT_OK(contain_destroy(c, 0, &error_));
        for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
                auto_container again = NULL;
                auto_text groups = NULL;
                auto_fd in2 = -1, out2 = -1;
                char path[64];

                again = prepare_restore(&w, usual_config(&w, "unused"), &in2, &out2);
                REQUIRE(again != NULL);
                images.restore.cgroups_mode = modes[i];
                EXPECT_OK(contain_restore(again, &images.restore, &error_));
                snprintf(path, sizeof(path), "/proc/%d/cgroup", contain_pid(again));
                groups = read_text(path);
                EXPECT_CONTAINS(groups, contain_id(again));
                end_container(again);
                EXPECT_EQ(cgroups_left(w.name), 0);
        }
        images.restore.cgroups_mode = "strict";
        c = contain_unref(c);
        c = guest_new(&w, usual_config(&w, "unused"));
        EXPECT_FAILS(contain_restore(c, &images.restore, &error_), EIO, CONTAIN_E_CHECKPOINT);
        EXPECT_EQ(cgroups_left(w.name), 0);
}

TEST(damaged_images)
{
        struct snapshot *before, *after;
        auto_container c = NULL;
        auto_container again = NULL;
        auto_fd in = -1, out = -1, in2 = -1, out2 = -1;
        contain_error_t *error = NULL;
        char path[160];
        CRIU(w, images);

        c = run_with_pipes(&w, usual_config(&w, COUNT), &in, &out);
        REQUIRE(c != NULL);
        EXPECT_OK(contain_checkpoint(c, &images.dump, &error_));
        EXPECT_OK(contain_destroy(c, 0, &error_));
        snprintf(path, sizeof(path), "%s/core-1.img", images.path);
        REQUIRE_EQ(truncate(path, 9), 0);
        again = prepare_restore(&w, usual_config(&w, "unused"), &in2, &out2);
        REQUIRE(again != NULL);
        before = snapshot_take(w.state, w.name);
        EXPECT(contain_restore(again, &images.restore, &error) < 0);
        after = snapshot_take(w.state, w.name);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_CHECKPOINT);
        EXPECT_CONTAINS(contain_error_message(error), "CRIU cannot restore container");
        EXPECT(!strstr(contain_error_message(error), "does not say why"));
        EXPECT_CONTAINS(contain_error_message(error), "restore.log");
        EXPECT_EQ(snapshot_compare(before, after), 0);
        snapshot_free(before);
        snapshot_free(after);
        contain_error_free(error);
        EXPECT_EQ(contain_status(again, NULL), CONTAIN_STATUS_NONE);
}
