/* SPDX-License-Identifier: MIT */

/* How targets are found and made: step by step below descriptors, and never through a link that leads
 * nowhere. */

#include "fake.h"
#include "harness/test.h"

#include <errno.h>
#include <string.h>

static struct build build;

/* Runs the steps that a test has added, and returns what was called from the first of them on. */
static const char *calls(void)
{
        int status;

        (void)fake_run("contain-init", &status);
        EXPECT_STR(fake_violations(), "");
        return fake_trace_after("umask");
}

static void make(const char *path, const char *fail, int error, int after)
{
        build_begin(&build, 0);
        STEP(&build, .op = STEP_MKDIR, .s = { path }, .n = { 0700 });
        fake_reset(&build);
        fake_fail(fail, error, after);
}

TEST(what_is_there_is_used_as_it_is)
{
        make("/a/b", "mkdirat", EEXIST, 0);
        EXPECT_STR(calls(), "openat2(-9, \"/a\", 0x290000, 0x12)\nmkdirat(21, \"b\", 0700)\n"
                            "openat2(-9, \"/a/b\", 0x290000, 0x12)\nclose(22)\n"
                            "sendmsg(3, FAILED 0 errno 22 detail 1)\nexit_group(1)\n");
}

/* The fake fails every call from the first one on: nothing at all is there, not even the root. */
TEST(the_root_itself_is_not_made)
{
        make("/a/b", "openat2", ENOENT, 0);
        EXPECT_STR(calls(), "openat2(-9, \"/a\", 0x290000, 0x12)\nopenat2(-9, \"/\", 0x290000, 0x12)\n"
                            "sendmsg(3, FAILED 0 errno 2 detail 10)\nexit_group(1)\n");
        make("/", "openat2", ENOENT, 0);
        EXPECT_STR(calls(), "sendmsg(3, FAILED 0 errno 22 detail 1)\nexit_group(1)\n");
}

static struct build_step step;

static const char *attach(const char *path, uint64_t flags, const char *fail, int error, int times)
{
        build_begin(&build, 0);
        STEP(&build, .op = STEP_FS, .s = { "tmpfs" });
        step = (struct build_step){ .op = STEP_ATTACH, .s = { path }, .n = { flags } };
        build_step(&build, &step);
        fake_reset(&build);
        fake_fail_times(fail, error, times);
        (void)calls();
        return fake_trace_after("close(21)");
}

TEST(missing_folders_are_made_one_by_one_below_their_descriptor)
{
        EXPECT_STR(attach("/a/b/c", 0, "openat2", ENOENT, 2), "openat2(-9, \"/a/b/c\", 0x280000, 0x12)\n"
                                                              "openat2(-9, \"/a/b\", 0x290000, 0x12)\n"
                                                              "openat2(-9, \"/a\", 0x290000, 0x12)\n"
                                                              "mkdirat(23, \"b\", 0755)\n"
                                                              "openat2(23, \"b\", 0x290000, 0xc)\n"
                                                              "close(23)\n"
                                                              "mkdirat(24, \"c\", 0755)\n"
                                                              "openat2(24, \"c\", 0x290000, 0xc)\n"
                                                              "close(24)\n"
                                                              "move_mount(22, \"\", 25, \"\")\n"
                                                              "close(25)\n"
                                                              "close(22)\n"
                                                              "sendmsg(3, FAILED 1 errno 22 detail 1)\n"
                                                              "exit_group(1)\n");
}

TEST(a_target_that_need_not_be_there)
{
        EXPECT_STR(attach("/a", PLAN_ATTACH_IF_PRESENT, "openat2", ENOENT, 1),
                   "openat2(-9, \"/a\", 0x280000, 0x12)\nclose(22)\nsendmsg(3, FAILED 1 errno 22 detail "
                   "1)\nexit_group(1)\n");
}

TEST(a_real_folder_is_asked_for_without_links)
{
        EXPECT_CONTAINS(attach("/proc", PLAN_ATTACH_REAL_DIR, "openat2", ELOOP, 1),
                        "openat2(-9, \"/proc\", 0x290000, 0x16)\nsendmsg(3, FAILED 1 errno 40 detail 12)\n");
}

TEST(what_appears_meanwhile_is_no_target)
{
        (void)attach("/a/b", 0, "openat2", ENOENT, 2);
        /* Made meanwhile, and no link. */
        build_begin(&build, 0);
        STEP(&build, .op = STEP_FS, .s = { "tmpfs" });
        STEP(&build, .op = STEP_ATTACH, .s = { "/b" });
        fake_reset(&build);
        fake_fail_times("openat2", ENOENT, 1);
        fake_fail("mkdirat", EEXIST, 0);
        EXPECT_CONTAINS(
                calls(),
                "mkdirat(23, \"b\", 0755)\nreadlinkat(23, \"b\")\nclose(23)\nsendmsg(3, FAILED 1 errno 40 "
                "detail 12)\n");
}

TEST(races_are_retried_but_not_for_ever)
{
        const char *trace = attach("/a", 0, "openat2", EAGAIN, 3);

        EXPECT_CONTAINS(trace, "move_mount(22, \"\", 23, \"\")");
        trace = attach("/a", 0, "openat2", EAGAIN, 1000);
        EXPECT_CONTAINS(trace, "sendmsg(3, FAILED 1 errno 11 detail 10)");
}

TEST(names_that_are_none)
{
        static const char *const paths[] = { "/dev/", "/dev/..", "/dev/.", "" };

        for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
                build_begin(&build, 0);
                STEP(&build, .op = STEP_MKNOD, .s = { paths[i] });
                fake_reset(&build);
                EXPECT_STR(calls(), "sendmsg(3, FAILED 0 errno 22 detail 10)\nexit_group(1)\n");
        }
}

TEST(nodes_of_one_folder_resolve_it_once)
{
        build_begin(&build, 0);
        STEP(&build, .op = STEP_SYMLINK, .s = { "/dev/a", "x" });
        STEP(&build, .op = STEP_MKNOD, .s = { "/dev/b" }, .n = { 0010666 });
        STEP(&build, .op = STEP_SYMLINK, .s = { "/etc/c", "x" });
        STEP(&build, .op = STEP_MKDIR, .s = { "/etc/d" });
        fake_reset(&build);
        EXPECT_STR(calls(),
                   "openat2(-9, \"/dev\", 0x290000, 0x12)\nsymlinkat(\"x\", 21, \"a\")\nmknodat(21, \"b\", "
                   "010666, 0x0)\n"
                   "openat2(-9, \"/etc\", 0x290000, 0x12)\nclose(21)\nsymlinkat(\"x\", 22, \"c\")\n"
                   "mkdirat(22, \"d\", 0755)\n"
                   "sendmsg(3, FAILED 3 errno 22 detail 1)\nexit_group(1)\n");
}
