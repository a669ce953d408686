/* SPDX-License-Identifier: MIT */

/* Id maps, written directly and by helpers that are scripts here. */

#include "helper.h"

#include "host/idmap.h"
#include "host/spawn.h"

#include "harness/test.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static const struct ct_idmap direct = { .uid_map = "0 100000 1000\n1000 0 1\n",
                                        .gid_map = "0 200000 65536\n",
                                        .at = "/linux/uidMappings" };

/* The numbers of a map file, without its columns' blanks. */
static const char *read_map(const char *path)
{
        static char text[2][256];
        static unsigned next;
        const char *line = read_text(path);
        char *result = text[next++ % 2];
        unsigned inside, outside, size;
        int consumed;
        size_t n = 0;

        result[0] = '\0';
        while (sscanf(line, " %u %u %u%n", &inside, &outside, &size, &consumed) == 3 && n < 200) {
                n += (size_t)snprintf(result + n, 256 - n, "%u %u %u\n", inside, outside, size);
                line += consumed;
        }
        return result;
}

TEST(idmap_direct)
{
        _cleanup_(sleeper_end) struct sleeper sleeper = { .pid = 0 };
        struct ct_facts facts = { .uid = 0 };

        if (geteuid() != 0 || !sleeper_start(&sleeper, CLONE_NEWUSER))
                SKIP("needs root and a user namespace");
        EXPECT_EQ(ct_idmap_write(&direct, sleeper.pid, sleeper.pidfd, &facts, NULL), 0);
        EXPECT_STR(read_map(sleeper_path(&sleeper, "uid_map")), direct.uid_map);
        EXPECT_STR(read_map(sleeper_path(&sleeper, "gid_map")), direct.gid_map);
        EXPECT_STR(read_text(sleeper_path(&sleeper, "setgroups")), "allow\n");
}

TEST(idmap_denies_setgroups)
{
        _cleanup_(sleeper_end) struct sleeper sleeper = { .pid = 0 };
        struct ct_facts facts = { .uid = 0 };
        struct ct_idmap map = direct;

        if (geteuid() != 0 || !sleeper_start(&sleeper, CLONE_NEWUSER))
                SKIP("needs root and a user namespace");
        map.deny_setgroups = 1;
        EXPECT_EQ(ct_idmap_write(&map, sleeper.pid, sleeper.pidfd, &facts, NULL), 0);
        EXPECT_STR(read_text(sleeper_path(&sleeper, "setgroups")), "deny\n");
}

TEST(idmap_that_the_kernel_refuses)
{
        _cleanup_(sleeper_end) struct sleeper sleeper = { .pid = 0 };
        _cleanup_(contain_error_freep) contain_error_t *err = NULL;
        struct ct_facts facts = { .uid = 0 };
        struct ct_idmap map = direct;

        if (!sleeper_start(&sleeper, CLONE_NEWUSER))
                SKIP("needs a user namespace");
        map.uid_map = "0 0 10\n5 100 10\n";
        EXPECT_EQ(ct_idmap_write(&map, sleeper.pid, sleeper.pidfd, &facts, &err), -EINVAL);
        EXPECT_EQ(contain_error_code(err), CONTAIN_E_IDMAP);
        EXPECT_STR(contain_error_pointer(err), "/linux/uidMappings");
        EXPECT_STR(contain_error_sentence(err), "cannot map the container's user ids");
        EXPECT_CONTAINS(contain_error_hint(err), "overlap");
}

TEST(idmap_of_a_process_that_has_ended)
{
        _cleanup_(sleeper_end) struct sleeper sleeper = { .pid = 0 };
        _cleanup_(contain_error_freep) contain_error_t *err = NULL;
        struct ct_facts facts = { .uid = 0 };

        REQUIRE(sleeper_start(&sleeper, 0));
        REQUIRE_EQ(kill(sleeper.pid, SIGKILL), 0);
        EXPECT_EQ(
                waitid((idtype_t)3 /* P_PIDFD */, (id_t)sleeper.pidfd, &(siginfo_t){ 0 }, WEXITED | WNOWAIT),
                0);
        EXPECT_EQ(ct_idmap_write(&direct, sleeper.pid, sleeper.pidfd, &facts, &err), -ESRCH);
        EXPECT_EQ(contain_error_code(err), CONTAIN_E_LOST);
}

/* --- helpers -------------------------------------------------------------------------------- */

TEST(idmap_by_helpers)
{
        _cleanup_(folder_remove) struct folder folder = { "" };
        _cleanup_(sleeper_end) struct sleeper sleeper = { .pid = 0 };
        struct ct_facts facts = { .uid = 0 };
        struct ct_idmap map = direct;
        char expected[128];

        REQUIRE(folder_make(&folder));
        REQUIRE(sleeper_start(&sleeper, 0));
        facts.newuidmap = folder_script(&folder, "newuidmap", "echo \"$@\" >${0%/*}/uid");
        facts.newgidmap = folder_script(&folder, "newgidmap", "echo \"$@\" >${0%/*}/gid");
        map.helpers = 1;
        EXPECT_EQ(ct_idmap_write(&map, sleeper.pid, sleeper.pidfd, &facts, NULL), 0);
        (void)snprintf(expected, sizeof expected, "%d 0 100000 1000 1000 0 1\n", sleeper.pid);
        EXPECT_STR(read_text(folder_path(&folder, "uid")), expected);
        (void)snprintf(expected, sizeof expected, "%d 0 200000 65536\n", sleeper.pid);
        EXPECT_STR(read_text(folder_path(&folder, "gid")), expected);
}

TEST(idmap_by_a_helper_that_refuses)
{
        _cleanup_(folder_remove) struct folder folder = { "" };
        _cleanup_(sleeper_end) struct sleeper sleeper = { .pid = 0 };
        _cleanup_(contain_error_freep) contain_error_t *err = NULL;
        struct ct_facts facts = { .uid = 0 };
        struct ct_idmap map = direct;

        REQUIRE(folder_make(&folder));
        REQUIRE(sleeper_start(&sleeper, 0));
        facts.newuidmap = folder_script(&folder, "newuidmap", "exit 0");
        facts.newgidmap = folder_script(&folder, "newgidmap", "echo 'range not allowed' >&2; exit 1");
        map.helpers = 1;
        EXPECT_EQ(ct_idmap_write(&map, sleeper.pid, sleeper.pidfd, &facts, &err), -EPERM);
        EXPECT_EQ(contain_error_code(err), CONTAIN_E_IDMAP);
        EXPECT_CONTAINS(contain_error_sentence(err), "range not allowed");
        /* It is a script, which nothing gives a privilege. */
        EXPECT_CONTAINS(contain_error_sentence(err), "neither setuid root nor has the capability");
        EXPECT_CONTAINS(contain_error_hint(err), "uidmap");
}

TEST(idmap_without_helpers)
{
        _cleanup_(sleeper_end) struct sleeper sleeper = { .pid = 0 };
        _cleanup_(contain_error_freep) contain_error_t *err = NULL, *gone = NULL;
        struct ct_facts facts = { .uid = 0 };
        struct ct_idmap map = direct;

        REQUIRE(sleeper_start(&sleeper, 0));
        map.helpers = 1;
        EXPECT_EQ(ct_idmap_write(&map, sleeper.pid, sleeper.pidfd, &facts, &err), -ENOENT);
        EXPECT_STR(contain_error_sentence(err), "newuidmap is needed to map the container's user ids");
        EXPECT_CONTAINS(contain_error_hint(err), "uidmap package");
        EXPECT_CONTAINS(contain_error_hint(err), "/etc/subuid");
        facts.newuidmap = "/nowhere/newuidmap";
        EXPECT_EQ(ct_idmap_write(&map, sleeper.pid, sleeper.pidfd, &facts, &gone), -ENOENT);
        EXPECT_STR(contain_error_sentence(gone), "'/nowhere/newuidmap' cannot be executed");
}

/* --- for idmapped mounts -------------------------------------------------------------------- */

TEST(idmap_userns_carries_the_maps)
{
        _cleanup_close_ int program_fd = -EBADF, fd = -EBADF;
        struct ct_facts facts = { .uid = 0 };
        int status = -1;
        pid_t pid;

        if (geteuid() != 0)
                SKIP("needs root");
        program_fd = ct_spawn_program_fd(NULL);
        REQUIRE(program_fd >= 0);
        fd = ct_idmap_userns(&direct, program_fd, &facts, NULL);
        REQUIRE(fd >= 0);
        EXPECT(is_childless());
        EXPECT(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        pid = fork();
        if (pid == 0) {
                if (setns(fd, CLONE_NEWUSER) < 0)
                        _exit(1);
                _exit(strcmp(read_map("/proc/self/uid_map"), direct.uid_map) == 0 &&
                                      strcmp(read_map("/proc/self/gid_map"), direct.gid_map) == 0
                              ? 0
                              : 2);
        }
        EXPECT_EQ(waitpid(pid, &status, 0), pid);
        EXPECT_EQ(status, 0);
}

TEST(idmap_userns_that_fails_leaves_no_process)
{
        _cleanup_close_ int program_fd = -EBADF;
        _cleanup_(contain_error_freep) contain_error_t *err = NULL;
        struct ct_facts facts = { .uid = 0 };
        struct ct_idmap map = direct;

        program_fd = ct_spawn_program_fd(NULL);
        REQUIRE(program_fd >= 0);
        map.gid_map = "0 0 1\n0 0 1\n";
        EXPECT(ct_idmap_userns(&map, program_fd, &facts, &err) < 0);
        EXPECT_EQ(contain_error_code(err), CONTAIN_E_IDMAP);
        EXPECT(is_childless());
        EXPECT_EQ(ct_idmap_userns(&map, -1, &facts, NULL), -EBADF);
        EXPECT(is_childless());
}
