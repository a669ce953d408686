/* SPDX-License-Identifier: MIT */

/* Whole runs of contain-init as text: which calls it makes, and in what order. */

#include "fake.h"
#include "harness/test.h"
#include "sample.h"

#include <stdio.h>
#include <string.h>

static struct build build;

static const char ordinary[] = "recvmsg(3)\n"
                               "lseek(20)\n"
                               "mmap(9736, 20)\n"
                               "recvmsg(3)\n"
                               "setsid()\n"
                               "umask(00)\n"
                               "prctl(4, 0, 0)\n"
                               "sendmsg(3, TURN 1)\n"
                               "recvmsg(3)\n"
                               "unshare(0x2000000)\n"
                               "socket(1)\n"
                               "ioctl(26, 0x8914)\n"
                               "close(26)\n"
                               "sethostname(\"name\", 4)\n"
                               "mount(\"/\", 0x84000)\n"
                               "fstatfs(21)\n"
                               "mount_setattr(21, 0x9000, +0x1 -0x0 =0x0)\n"
                               "mount_setattr(21, 0x1000, +0x0 -0x1 =0x0)\n"
                               "move_mount(21, \"\", -100, \"/\")\n"
                               "fsopen(\"proc\")\n"
                               "fsconfig(27, 1, \"source\", \"proc\")\n"
                               "fsconfig(27, 6, NULL, NULL)\n"
                               "fsmount(27, 0x2)\n"
                               "close(27)\n"
                               "openat2(21, \"/proc\", 0x290000, 0x16)\n"
                               "move_mount(28, \"\", 29, \"\")\n"
                               "close(29)\n"
                               "close(28)\n"
                               "fsopen(\"tmpfs\")\n"
                               "fsconfig(30, 1, \"source\", \"tmpfs\")\n"
                               "fsconfig(30, 1, \"mode\", \"755\")\n"
                               "fsconfig(30, 0, \"noswap\", NULL)\n"
                               "fsconfig(30, 0, \"ro\", NULL)\n"
                               "fsconfig(30, 6, NULL, NULL)\n"
                               "fsmount(30, 0x0)\n"
                               "close(30)\n"
                               "openat2(21, \"/dev\", 0x280000, 0x12)\n"
                               "move_mount(31, \"\", 32, \"\")\n"
                               "close(32)\n"
                               "close(31)\n"
                               "open_tree(-100, \"/host/data\", 0x88001)\n"
                               "mount_setattr(33, 0x9000, +0x1 -0x0 =0x80000)\n"
                               "openat2(21, \"/data\", 0x280000, 0x12)\n"
                               "move_mount(33, \"\", 34, \"\")\n"
                               "close(34)\n"
                               "close(33)\n"
                               "openat2(21, \"/dev\", 0x290000, 0x12)\n"
                               "mknodat(35, \"null\", 020666, 0x103)\n"
                               "mknodat(35, \"zero\", 020666, 0x105)\n"
                               "openat(35, \"zero\", 0x2a0000)\n"
                               "statx(36, \"\")\n"
                               "fchownat(36, \"\", 0, 5)\n"
                               "close(36)\n"
                               "symlinkat(\"/proc/self/fd\", 35, \"fd\")\n"
                               "close(35)\n"
                               "openat(-100, \"/proc\", 0x2b0000)\n"
                               "fstatfs(37)\n"
                               "statx(37, \"\")\n"
                               "open_tree(-100, \"/dev/null\", 0x80001)\n"
                               "statx(38, \"\")\n"
                               "fchdir(21)\n"
                               "pivot_root(\".\", \".\")\n"
                               "umount2(\".\", 0x2)\n"
                               "openat2(37, \"sys/net/ipv4/ip_forward\", 0x80001, 0xb)\n"
                               "write(39, \"1\")\n"
                               "close(39)\n"
                               "openat2(21, \"/proc/sys\", 0x280000, 0x12)\n"
                               "open_tree(40, \"\", 0x89001)\n"
                               "move_mount(41, \"\", 40, \"\")\n"
                               "mount_setattr(41, 0x1000, +0x1 -0x0 =0x0)\n"
                               "close(41)\n"
                               "close(40)\n"
                               "openat2(21, \"/proc/kcore\", 0x280000, 0x12)\n"
                               "statx(42, \"\")\n"
                               "move_mount(38, \"\", 42, \"\")\n"
                               "close(42)\n"
                               "openat2(21, \"/proc/keys\", 0x280000, 0x12)\n"
                               "statx(43, \"\")\n"
                               "open_tree(38, \"\", 0x81001)\n"
                               "move_mount(44, \"\", 43, \"\")\n"
                               "close(44)\n"
                               "close(43)\n"
                               "openat2(21, \"/proc/scsi\", 0x280000, 0x12)\n"
                               "statx(45, \"\")\n"
                               "fsopen(\"tmpfs\")\n"
                               "fsconfig(46, 0, \"ro\", NULL)\n"
                               "fsconfig(46, 6, NULL, NULL)\n"
                               "fsmount(46, 0xf)\n"
                               "close(46)\n"
                               "move_mount(47, \"\", 45, \"\")\n"
                               "close(45)\n"
                               "mount_setattr(21, 0x1000, +0x1 -0x0 =0x0)\n"
                               "statx(-100, \"/bin/sh\")\n"
                               "sendmsg(3, TURN 25)\n"
                               "recvmsg(3)\n"
                               "getsockopt(25)\n"
                               "rt_sigprocmask(2)\n"
                               "close(3)\n"
                               "recvmsg(25)\n"
                               "dup3(22, 0)\n"
                               "dup3(23, 1)\n"
                               "dup3(24, 2)\n"
                               "keyctl(1)\n"
                               "keyctl(5)\n"
                               "openat2(37, \"self/attr/exec\", 0x80001, 0xb)\n"
                               "write(48, \"label\")\n"
                               "close(48)\n"
                               "umask(022)\n"
                               "prctl(24, 1, 0)\n"
                               "prctl(24, 2, 0)\n"
                               "setgroups(2)\n"
                               "prctl(8, 1, 0)\n"
                               "setresgid(1001, 1001, 1001)\n"
                               "setresuid(1000, 1000, 1000)\n"
                               "capget()\n"
                               "capset(0xf0f0f0f 0xf0f0f0f 0xf0f0f0f)\n"
                               "openat2(21, \"/work\", 0x290000, 0x12)\n"
                               "fchdir(49)\n"
                               "close(49)\n"
                               "getcwd()\n"
                               "capset(0x1 0x3 0x1)\n"
                               "prctl(47, 4, 0)\n"
                               "prctl(47, 2, 0)\n"
                               "prctl(38, 1, 0)\n"
                               "openat2(21, \"/etc/passwd\", 0x80900, 0x12)\n"
                               "statx(50, \"\")\n"
                               "read(50)\n"
                               "close(50)\n"
                               "seccomp(1, 0x2)\n"
                               "execve(\"/bin/sh\")\n";

static void add_files(void)
{
        fake_file("/proc/kcore", 0100400, 1);
        fake_file("/proc/keys", 0100444, 1);
        fake_file("/bin/sh", 0100755, 1);
        fake_file("zero", 0020666, UINT64_C(1) << 32 | 5);
        fake_file("/etc/passwd", 0100644, 1);
        fake_content("root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n");
}

TEST(an_ordinary_container_from_exec_to_exec)
{
        int status;

        sample_container(&build);
        fake_reset(&build);
        add_files();
        EXPECT_EQ(fake_run("contain-init", &status), FAKE_EXECUTED);
        EXPECT_STR(fake_violations(), "");
        EXPECT(strncmp(fake_trace(), "close_range(4, 4294967295, 0)\nfcntl(3, 2, 1)\nrt_sigaction(1)\n",
                       60) == 0);
        EXPECT_STR(fake_trace_after("rt_sigaction(64)"), ordinary);
}

/* Not even calls that cannot fail: a filter may notify of them, or kill. */
TEST(nothing_is_called_between_the_filter_and_the_program)
{
        int status;

        sample_unusual(&build);
        fake_reset(&build);
        fake_file("ptmx", 0020666, UINT64_C(5) << 32 | 2);
        EXPECT_EQ(fake_run("contain-init", &status), FAKE_EXECUTED);
        EXPECT_STR(fake_violations(), "");
        EXPECT_CONTAINS(fake_trace(),
                        "clone(0x250f00)\nsched_yield()\n  ppoll()\nseccomp(1, 0x8)\n  sendmsg(");
        EXPECT_CONTAINS(fake_trace(), ", \"{4711,4711}\")\n");
        EXPECT_STR(strstr(fake_trace(), "execve(\"/bin/sh\")"), "execve(\"/bin/sh\")\n");
        /* The thread closes what it sent, and is the last one to call. */
        EXPECT_CONTAINS(fake_trace_after(", \"{4711,4711}\")"), ")\nexecve(");
}

TEST(hooks_get_their_streams_and_an_empty_mask)
{
        int status;

        sample_unusual(&build);
        fake_reset(&build);
        fake_file("ptmx", 0020666, UINT64_C(5) << 32 | 2);
        EXPECT_EQ(fake_run("contain-init", &status), FAKE_EXECUTED);
        EXPECT_CONTAINS(
                fake_trace(),
                "write(45, \"{\"pid\":\")\nwrite(45, \"1\")\nwrite(45, \"}\")\nlseek(45)\n"
                "clone(0x5100)\n  fchdir(29)\n  dup3(45, 0)\n  rt_sigprocmask(2)\n  execve(\"/bin/hook\")\n"
                "ppoll()\nwait4(78)\n");
}

TEST(hooks_that_cannot_be_waited_for_are_killed)
{
        int status;

        sample_unusual(&build);
        fake_reset(&build);
        fake_file("ptmx", 0020666, UINT64_C(5) << 32 | 2);
        fake_fail("ppoll", 12, 0);
        EXPECT_EQ(fake_run("contain-init", &status), FAKE_EXITED);
        EXPECT_EQ(fake_failure().detail, PLAN_DETAIL_FORK);
        EXPECT_CONTAINS(fake_trace(), "ppoll()\npidfd_send_signal(46, 9)\nwait4(78)\n");
}

TEST(in_place_nobody_is_talked_to)
{
        int status;

        sample_become(&build);
        fake_reset(&build);
        EXPECT_EQ(fake_run("contain-init", &status), FAKE_EXECUTED);
        EXPECT_STR(fake_violations(), "");
        EXPECT(!strstr(fake_trace(), "sendmsg("));
        EXPECT(!strstr(fake_trace(), "setsid("));
        /* What takes the privilege of the user namespace that is left comes first. */
        EXPECT_CONTAINS(fake_trace(), "clone3()\nclose(");
        EXPECT_CONTAINS(fake_trace_after("clone3()"), "unshare(0x10000000)\nwrite(");
        EXPECT(strstr(fake_trace(), "\"500\"") < strstr(fake_trace(), "unshare(0x10000000)"));
}

/* --- the conversation ----------------------------------------------------------------------- */

TEST(the_host_goes_at_any_moment)
{
        for (int messages = 0; messages < 4; messages++) {
                int status = -1;

                sample_container(&build);
                fake_reset(&build);
                fake_host_ends(messages);
                add_files();
                EXPECT_EQ(fake_run("contain-init", &status), FAKE_EXITED);
                EXPECT_EQ(status, 2);
                EXPECT_EQ(fake_failure().kind, 0);
        }
}

TEST(connections_without_a_request_are_passed_over)
{
        int status;

        sample_container(&build);
        fake_reset(&build);
        fake_listen(2);
        add_files();
        EXPECT_EQ(fake_run("contain-init", &status), FAKE_EXECUTED);
        EXPECT_STR(fake_violations(), "");
        EXPECT_CONTAINS(fake_trace(), "close(3)\nppoll()\naccept4(25)\nppoll()\nrecvmsg(48)\nclose(48)\n"
                                      "ppoll()\naccept4(25)\nppoll()\nrecvmsg(49)\nclose(49)\n"
                                      "ppoll()\naccept4(25)\nppoll()\nrecvmsg(50)\nclose(25)\ndup3(22, 0)\n");
}

static int run_damaged(uint32_t *member, uint32_t value)
{
        uint32_t before = *member;
        int status = 0;

        *member = value;
        EXPECT_EQ(fake_run("contain-init", &status), FAKE_EXITED);
        *member = before;
        EXPECT_EQ(fake_failure().error, 22);
        EXPECT_EQ(fake_failure().detail, PLAN_DETAIL_PLAN);
        return status;
}

TEST(damaged_plans_are_refused_before_the_first_step)
{
        struct plan_header *header = (struct plan_header *)build.bytes;
        struct plan_step *step = (struct plan_step *)((char *)build.bytes + sizeof(*header));

        sample_container(&build);
        fake_reset(&build);
        EXPECT_EQ(run_damaged(&header->magic, 1), 1);
        fake_reset(&build);
        EXPECT_EQ(run_damaged(&header->n_steps, 60000), 1);
        fake_reset(&build);
        EXPECT_EQ(run_damaged(&step[3].s[0], header->size + 1), 1);
        EXPECT_EQ(fake_failure().value, (uint64_t)((char *)&step[3] - (char *)build.bytes));
        EXPECT(!strstr(fake_trace(), "prctl("));
        fake_reset(&build);
        EXPECT_EQ(run_damaged(&step[0].blob_size, 8), 1);
}

/* --- the least that identity must do -------------------------------------------------------- */

TEST(nothing_follows_a_failed_change_of_identity)
{
        static const struct {
                const char *call;
                int after;
                enum plan_detail detail;
        } cases[] = {
                { "setgroups", 0, PLAN_DETAIL_GROUPS }, { "setresgid", 0, PLAN_DETAIL_GID },
                { "setresuid", 0, PLAN_DETAIL_UID },    { "capset", 0, PLAN_DETAIL_NONE },
                { "capset", 1, PLAN_DETAIL_NONE },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                char line[32];
                const char *rest;
                int status = 0;

                sample_container(&build);
                fake_reset(&build);
                add_files();
                fake_fail(cases[i].call, 1, cases[i].after);
                EXPECT_EQ(fake_run("contain-init", &status), FAKE_EXITED);
                EXPECT_EQ(status, 125);
                EXPECT_EQ(fake_failure().error, 1);
                EXPECT_EQ(fake_failure().detail, cases[i].detail);
                (void)snprintf(line, sizeof(line), "\n%s(", cases[i].call);
                rest = strstr(fake_trace(), line);
                for (int more = cases[i].after; rest && more > 0; more--)
                        rest = strstr(rest + 1, line);
                REQUIRE(rest);
                rest = strchr(rest + 1, '\n') + 1;
                EXPECT(strncmp(rest, "sendmsg(25, FAILED ", 19) == 0);
                EXPECT_STR(strchr(rest, '\n') + 1, "exit_group(125)\n");
        }
}

TEST(bounding_set_stops_at_the_last_capability)
{
        int status;

        build_begin(&build, 0);
        STEP(&build, .op = STEP_BOUNDING, .n = { 1 });
        fake_reset(&build);
        fake_fail("prctl", 22, 5);
        (void)fake_run("contain-init", &status);
        EXPECT_STR(
                fake_trace_after("umask"),
                "prctl(24, 1, 0)\nprctl(24, 2, 0)\nprctl(24, 3, 0)\nprctl(24, 4, 0)\n"
                "prctl(24, 5, 0)\nprctl(24, 6, 0)\nsendmsg(3, FAILED 0 errno 22 detail 1)\nexit_group(1)\n");
}

TEST(parameters_and_labels_stay_in_their_folder)
{
        static const char *const names[] = { "../sysrq-trigger", "net/../../sysrq-trigger", "..", "net/.." };
        int status;

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                build_begin(&build, 0);
                STEP(&build, .op = i % 2 ? STEP_LABEL : STEP_SYSCTL, .s = { names[i], "1" });
                fake_reset(&build);
                (void)fake_run("contain-init", &status);
                EXPECT_STR(fake_trace_after("umask"),
                           "sendmsg(3, FAILED 0 errno 22 detail 16)\nexit_group(1)\n");
        }
}
