/* SPDX-License-Identifier: MIT */

/* Mounts that are made, and taken off, in containers that run: also in those that do what they can against
 * it. */

#include "api.h"
#include "harness/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A running container that answers questions: what is written to it is run by its shell. */
struct guest {
        contain_t *c;
        int to, from; /* of the shell */
};

static bool guest_begin(struct guest *guest, struct world *w, struct json_object *config)
{
        contain_error_t *error = NULL;
        int in[2], out[2], r;

        config_set(config, "/process/args", "['sh', '-s']");
        *guest = (struct guest){ .c = guest_new(w, config), .to = -1, .from = -1 };
        if (!guest->c || pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
                return false;
        r = contain_set_stdio(guest->c, in[0], out[1], out[1], &error);
        if (r >= 0)
                r = contain_create(guest->c, &error);
        if (r >= 0)
                r = contain_start(guest->c, &error);
        (void)test_check(r >= 0, __FILE__, __LINE__, "a container: %s", contain_error_message(error));
        contain_error_free(error);
        close(in[0]);
        close(out[1]);
        guest->to = in[1];
        guest->from = out[0];
        return r >= 0;
}

static void guest_end(struct guest *guest)
{
        if (guest->c)
                EXPECT_OK(contain_destroy(guest->c, CONTAIN_DESTROY_FORCE, &error_));
        contain_unref(guest->c);
        if (guest->to >= 0)
                close(guest->to);
        if (guest->from >= 0)
                close(guest->from);
}

/* What @command prints, in one of a few static buffers. */
static const char *ask(struct guest *guest, const char *command)
{
        static char answers[4][512];
        static unsigned next;
        char *answer = answers[next++ % 4], line[512];
        size_t size = 0;

        snprintf(line, sizeof(line), "{ %s; } 2>&1; printf '\\004'\n", command);
        if (write(guest->to, line, strlen(line)) < 0)
                return "gone";
        while (size < sizeof(answers[0]) - 1) {
                struct pollfd wait = { .fd = guest->from, .events = POLLIN };

                if (poll(&wait, 1, 20000) != 1 || read(guest->from, answer + size, 1) != 1)
                        return "gone";
                if (answer[size] == 4)
                        break;
                size++;
        }
        answer[size] = '\0';
        return answer;
}

/* DIR/source with a file in it, as a descriptor. */
static int open_source(struct world *w, const char *below)
{
        char path[160];

        snprintf(path, sizeof(path), "%s/source", w->dir);
        (void)mkdir(path, 0755);
        snprintf(path, sizeof(path), "%s/source/below", w->dir);
        (void)mkdir(path, 0755);
        snprintf(path, sizeof(path), "%s/source/file", w->dir);
        write_text(path, "host's\n");
        (void)chmod(path, 0666);
        snprintf(path, sizeof(path), "%s/source%s", w->dir, below);
        return open(path, O_PATH | O_CLOEXEC);
}

#define GUEST(w, guest)                                                                                      \
        struct guest guest __attribute__((cleanup(guest_end)));                                              \
        REQUIRE(guest_begin(&guest, &w, CONFIG(w, "")))

static int mount_(struct guest *guest, int fd, const char *target, unsigned flags, contain_error_t **err)
{
        return contain_mount(guest->c, fd, target, flags, -1, err);
}

TEST(folder_and_file)
{
        auto_fd folder = -1;
        auto_fd file = -1;
        WORLD(w);
        GUEST(w, guest);

        folder = open_source(&w, "");
        file = open_source(&w, "/file");
        EXPECT_FAILS(mount_(&guest, folder, "/new/deep", 0, &error_), ENOENT, CONTAIN_E_MOUNT);
        EXPECT_STR(ask(&guest, "ls -d /new"), "ls: /new: No such file or directory\n");
        EXPECT_OK(mount_(&guest, folder, "/new/deep", CONTAIN_MOUNT_CREATE, &error_));
        EXPECT_STR(ask(&guest, "cat /new/deep/file; echo more >>/new/deep/file; cat /new/deep/file"),
                   "host's\nhost's\nmore\n");
        EXPECT_OK(
                mount_(&guest, file, "/new/alone", CONTAIN_MOUNT_CREATE | CONTAIN_MOUNT_READ_ONLY, &error_));
        EXPECT_STR(ask(&guest, "cat /new/alone; (echo >/new/alone) 2>&1 | grep -o Read-only"),
                   "host's\nmore\nRead-only\n");
        EXPECT_FAILS(mount_(&guest, file, "/new", 0, &error_), ENOTDIR, CONTAIN_E_MOUNT);
        EXPECT_FAILS(mount_(&guest, folder, "/new/alone", 0, &error_), ENOTDIR, CONTAIN_E_MOUNT);
        EXPECT_OK(contain_unmount(guest.c, "/new/deep", 0, &error_));
        EXPECT_OK(contain_unmount(guest.c, "/new/alone", 0, &error_));
        EXPECT_STR(ask(&guest, "ls /new/deep; cat /new/alone; grep -c /new/ /proc/mounts"), "0\n");
        EXPECT_EQ(children_left(), 1);
}

TEST(flags)
{
        static const struct {
                unsigned flag;
                const char *option;
        } flags[] = {
                { CONTAIN_MOUNT_READ_ONLY, "ro," },
                { CONTAIN_MOUNT_NO_SUID, "nosuid," },
                { CONTAIN_MOUNT_NO_DEVICES, "nodev," },
                { CONTAIN_MOUNT_NO_EXEC, "noexec," },
                { CONTAIN_MOUNT_NO_SYMLINKS, "nosymfollow," },
        };
        auto_fd folder = -1;
        WORLD(w);
        GUEST(w, guest);

        folder = open_source(&w, "");
        EXPECT_STR(ask(&guest, "mkdir /m"), "");
        for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
                contain_error_t *error = NULL;
                int r = mount_(&guest, folder, "/m", flags[i].flag, &error);

                contain_error_free(error);
                if (r == -EINVAL && flags[i].flag == CONTAIN_MOUNT_NO_SYMLINKS)
                        continue; /* before Linux 5.14 */
                EXPECT_EQ(r, 0);
                EXPECT_CONTAINS(ask(&guest, "grep ' /m ' /proc/mounts | tr ' ' ,"), flags[i].option);
                EXPECT_OK(contain_unmount(guest.c, "/m", 0, &error_));
        }
        EXPECT_FAILS(mount_(&guest, folder, "/m", 1u << 20, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        EXPECT_FAILS(contain_unmount(guest.c, "/m", 1u << 20, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        EXPECT_FAILS(mount_(&guest, -1, "/m", 0, &error_), EBADF, CONTAIN_E_ARGUMENT);
}

TEST(paths_that_are_none)
{
        static const char *const targets[] = { "/", "", "relative", "//", "/.", "/m/..", "/m/../" };
        auto_fd folder = -1;
        WORLD(w);
        GUEST(w, guest);

        folder = open_source(&w, "");
        EXPECT_STR(ask(&guest, "mkdir /m"), "");
        for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
                EXPECT_FAILS(mount_(&guest, folder, targets[i], 0, &error_), EINVAL, CONTAIN_E_ARGUMENT);
                EXPECT_FAILS(contain_unmount(guest.c, targets[i], 0, &error_), EINVAL, CONTAIN_E_ARGUMENT);
        }
        EXPECT_FAILS(contain_mount(guest.c, folder, NULL, 0, -1, &error_), EINVAL, CONTAIN_E_ARGUMENT);
}

TEST(only_what_is_mounted_exactly_there)
{
        auto_fd folder = -1;
        WORLD(w);
        GUEST(w, guest);

        folder = open_source(&w, "");
        EXPECT_OK(mount_(&guest, folder, "/m", CONTAIN_MOUNT_CREATE, &error_));
        EXPECT_STR(ask(&guest, "ln -s /m /link; ln -s / /top; mkdir /plain; exec 9</m/file"), "");
        EXPECT_FAILS(contain_unmount(guest.c, "/link", 0, &error_), ELOOP, CONTAIN_E_MOUNT);
        EXPECT_FAILS(contain_unmount(guest.c, "/plain", 0, &error_), EINVAL, CONTAIN_E_MOUNT);
        EXPECT_FAILS(contain_unmount(guest.c, "/m/below", 0, &error_), EINVAL, CONTAIN_E_MOUNT);
        EXPECT_FAILS(contain_unmount(guest.c, "/absent", 0, &error_), ENOENT, CONTAIN_E_MOUNT);
        EXPECT_FAILS(contain_unmount(guest.c, "/m/.", 0, &error_), EINVAL, CONTAIN_E_MOUNT);
        EXPECT_FAILS(contain_unmount(guest.c, "/m", 0, &error_), EBUSY, CONTAIN_E_MOUNT);
        /* By a link in the way that is fine, and at once. */
        EXPECT_OK(contain_unmount(guest.c, "/top/m", CONTAIN_UNMOUNT_DETACH, &error_));
        EXPECT_STR(ask(&guest, "ls /m"), "");
        EXPECT_FAILS(contain_unmount(guest.c, "/m", 0, &error_), EINVAL, CONTAIN_E_MOUNT);
}

/* Wherever the links lead: it is in the container. */
TEST(links_stay_inside)
{
        auto_fd folder = -1;
        char outside[160], line[512];
        WORLD(w);
        GUEST(w, guest);

        folder = open_source(&w, "");
        snprintf(outside, sizeof(outside), "%s/outside", w.dir);
        REQUIRE_EQ(mkdir(outside, 0755), 0);
        snprintf(line, sizeof(line),
                 "ln -s ../../../../../../..%s /up; ln -s %s /abs; ln -s /proc/1/root/tmp /magic; "
                 "ln -s /proc/self/cwd /self; ln -s /loop /loop",
                 outside, outside);
        EXPECT_STR(ask(&guest, line), "");
        EXPECT_OK(mount_(&guest, folder, "/up", CONTAIN_MOUNT_CREATE, &error_));
        snprintf(line, sizeof(line), "cat %s/file", outside);
        EXPECT_STR(ask(&guest, line), "host's\n");
        EXPECT_OK(contain_unmount(guest.c, outside, 0, &error_));
        EXPECT_OK(mount_(&guest, folder, "/abs/x", CONTAIN_MOUNT_CREATE, &error_));
        EXPECT_OK(contain_unmount(guest.c, "/abs/x", 0, &error_));
        EXPECT(rmdir(outside) == 0); /* nothing was made in it */
        EXPECT_FAILS(mount_(&guest, folder, "/magic", 0, &error_), ELOOP, CONTAIN_E_MOUNT);
        EXPECT_FAILS(mount_(&guest, folder, "/self/x", CONTAIN_MOUNT_CREATE, &error_), ELOOP,
                     CONTAIN_E_MOUNT);
        EXPECT_FAILS(mount_(&guest, folder, "/loop", CONTAIN_MOUNT_CREATE, &error_), ELOOP, CONTAIN_E_MOUNT);
}

/* Folders that become links, and links that become folders, as fast as they can. */
TEST(races)
{
        auto_fd folder = -1;
        char outside[160], line[512];
        char *before, *after;
        int mounted = 0;
        WORLD(w);
        GUEST(w, guest);

        folder = open_source(&w, "");
        snprintf(outside, sizeof(outside), "%s/outside", w.dir);
        REQUIRE_EQ(mkdir(outside, 0755), 0);
        before = read_text("/proc/self/mountinfo");
        snprintf(line, sizeof(line),
                 "mkdir -p /a/t; (while :; do mv /a /b; ln -s ../../../../..%s /a; rm /a; mv /b /a; done) "
                 "2>/dev/null "
                 "> /dev/null & :",
                 outside);
        EXPECT_STR(ask(&guest, line), "");
        for (int i = 0; i < 300; i++) {
                mounted += contain_mount(guest.c, folder, "/a/t", i % 2 ? CONTAIN_MOUNT_CREATE : 0, -1,
                                         NULL) >= 0;
                (void)contain_unmount(guest.c, "/a/t", CONTAIN_UNMOUNT_DETACH, NULL);
        }
        EXPECT(mounted > 0);
        after = read_text("/proc/self/mountinfo");
        EXPECT_STR(after, before);
        EXPECT(rmdir(outside) == 0);
        free(before);
        free(after);
        EXPECT_EQ(children_left(), 1);
}

TEST(status_matters_only_when_it_is_over)
{
        auto_container c = NULL;
        auto_fd folder = -1;
        WORLD(w);

        folder = open_source(&w, "");
        c = guest_new(&w, CONFIG(w, "cat /m/file >/dev/null"));
        REQUIRE(c != NULL);
        EXPECT_FAILS(contain_mount(c, folder, "/m", 0, -1, &error_), ESRCH, CONTAIN_E_NOT_RUNNING);
        EXPECT_OK(contain_create(c, &error_));
        EXPECT_OK(contain_mount(c, folder, "/m", CONTAIN_MOUNT_CREATE, -1, &error_));
        if (access("/sys/fs/cgroup/freezer", F_OK) == 0 ||
            access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0) {
                EXPECT_OK(contain_pause(c, &error_));
                EXPECT_OK(contain_unmount(c, "/m", 0, &error_));
                EXPECT_OK(contain_mount(c, folder, "/m", 0, -1, &error_));
                EXPECT_OK(contain_resume(c, &error_));
        }
        EXPECT_OK(contain_start(c, &error_));
        EXPECT_OK(contain_wait(c, 10000, NULL, &error_));
        EXPECT_FAILS(contain_mount(c, folder, "/m", 0, -1, &error_), ESRCH, CONTAIN_E_NOT_RUNNING);
        EXPECT_FAILS(contain_unmount(c, "/m", 0, &error_), ESRCH, CONTAIN_E_NOT_RUNNING);
        EXPECT_OK(contain_destroy(c, 0, &error_));
}

/* What the container's root makes is the container's: the way in leads through its user namespace. */
TEST(user_namespace)
{
        struct json_object *config;
        auto_fd folder = -1;
        char root[160], path[160];
        struct stat st;
        WORLD(w);
        struct guest guest __attribute__((cleanup(guest_end))) = { .to = -1, .from = -1 };

        config = CONFIG(w, "");
        config_set(config, "/linux/namespaces/-", "{'type': 'user'}");
        config_set(config, "/linux/uidMappings", "[{'containerID': 0, 'hostID': 100000, 'size': 1000}]");
        config_set(config, "/linux/gidMappings", "[{'containerID': 0, 'hostID': 100000, 'size': 1000}]");
        snprintf(root, sizeof(root), "%s", w.rootfs);
        (void)chmod(w.dir, 0755);
        (void)!chown(root, 100000, 100000);
        REQUIRE(guest_begin(&guest, &w, config));
        folder = open_source(&w, "");
        EXPECT_OK(mount_(&guest, folder, "/made", CONTAIN_MOUNT_CREATE | CONTAIN_MOUNT_READ_ONLY, &error_));
        EXPECT_STR(ask(&guest, "cat /made/file; (echo >/made/file) 2>&1 | grep -o Read-only"),
                   "host's\nRead-only\n");
        snprintf(path, sizeof(path), "%s/made", w.rootfs);
        REQUIRE_EQ(stat(path, &st), 0);
        EXPECT_EQ(st.st_uid, 100000);
        EXPECT_OK(contain_unmount(guest.c, "/made", 0, &error_));
}

TEST(ids_are_mapped)
{
        contain_error_t *error = NULL;
        struct json_object *config;
        auto_container maps = NULL;
        auto_fd folder = -1;
        auto_fd userns = -1;
        char path[64];
        int r;
        WORLD(w);
        struct guest guest __attribute__((cleanup(guest_end))) = { .to = -1, .from = -1 };

        /* A user namespace whose root is 5000 outside: of another container, which is only created. */
        config = CONFIG(w, "true");
        config_set(config, "/linux/namespaces/-", "{'type': 'user'}");
        config_set(config, "/linux/uidMappings", "[{'containerID': 0, 'hostID': 5000, 'size': 1000}]");
        config_set(config, "/linux/gidMappings", "[{'containerID': 0, 'hostID': 5000, 'size': 1000}]");
        (void)chmod(w.dir, 0755);
        maps = guest_new(&w, config);
        REQUIRE(maps != NULL);
        EXPECT_OK(contain_create(maps, &error_));
        snprintf(path, sizeof(path), "/proc/%d/ns/user", contain_pid(maps));
        userns = open(path, O_RDONLY | O_CLOEXEC);
        REQUIRE(guest_begin(&guest, &w, CONFIG(w, "")));
        folder = open_source(&w, "");
        r = contain_mount(guest.c, folder, "/m", CONTAIN_MOUNT_CREATE | CONTAIN_MOUNT_IDMAP, userns, &error);
        if (r == 0)
                EXPECT_STR(ask(&guest, "stat -c %u /m/file"), "5000\n");
        else /* not every file system can */
                EXPECT_CONTAINS(contain_error_message(error), "cannot map the ids of the mount on '/m'");
        contain_error_free(error);
        EXPECT_FAILS(contain_mount(guest.c, folder, "/m", CONTAIN_MOUNT_IDMAP, -1, &error_), EBADF,
                     CONTAIN_E_ARGUMENT);
        EXPECT_OK(contain_destroy(maps, 0, &error_));
}

/* As whoever runs the test: with a user namespace of one's own, what one can read can be mounted. */
TEST(without_privilege)
{
        auto_fd folder = -1;
        WORLD_OF_ANYBODY(w);
        struct guest guest __attribute__((cleanup(guest_end))) = { .to = -1, .from = -1 };

        REQUIRE(guest_begin(&guest, &w, CONFIG(w, "")));
        folder = open_source(&w, "");
        EXPECT_OK(mount_(&guest, folder, "/m",
                         CONTAIN_MOUNT_CREATE | CONTAIN_MOUNT_RECURSIVE | CONTAIN_MOUNT_READ_ONLY, &error_));
        EXPECT_STR(ask(&guest, "cat /m/file; (echo >/m/file) 2>&1 | grep -o Read-only"),
                   "host's\nRead-only\n");
        EXPECT_OK(contain_unmount(guest.c, "/m", 0, &error_));
        EXPECT_STR(ask(&guest, "ls /m"), "");
}
