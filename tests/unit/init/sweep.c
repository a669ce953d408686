/* SPDX-License-Identifier: MIT */

/* Every single call is made to fail once: that is never taken for a success, and never kept from who waits.
 */

#include "fake.h"
#include "harness/test.h"
#include "sample.h"

#include <string.h>

static struct build build;

/* Calls whose failure changes nothing that anybody relies on. */
static bool is_harmless(const char *name)
{
        static const char *const harmless[] = { "close", "rt_sigaction", "setsid",
                                                "umask", "getpid",       "sched_yield" };

        for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
                if (strcmp(harmless[i], name) == 0)
                        return true;
        return false;
}

/* Calls that fail where a failure is an answer: no list of users, no file to find, a procfs that will not do.
 */
static bool may_go_on(const char *name)
{
        return is_harmless(name) || strcmp(name, "statx") == 0 || strcmp(name, "openat") == 0 ||
               strcmp(name, "openat2") == 0 || strcmp(name, "fstatfs") == 0 || strcmp(name, "read") == 0 ||
               strcmp(name, "ppoll") == 0;
}

static void add_files(void)
{
        fake_file("/proc/kcore", 0100400, 1);
        fake_file("/proc/keys", 0100444, 1);
        fake_file("/bin/sh", 0100755, 1);
        fake_file("zero", 0020666, UINT64_C(1) << 32 | 5);
        fake_file("ptmx", 0020666, UINT64_C(5) << 32 | 2);
        fake_file("/etc/passwd", 0100644, 1);
        fake_content("user:x:1000:1000::/home/user:/bin/sh\n");
}

static void check_end(enum fake_end end, int status, bool in_place)
{
        const char *name = fake_failed_name();

        if (end == FAKE_EXECUTED) {
                EXPECT(may_go_on(name));
                if (!may_go_on(name))
                        EXPECT_STR(name, "a failure");
                return;
        }
        EXPECT(status == 1 || status == 2 || (status >= 125 && status <= 127));
        if (status != 2 && !in_place)
                EXPECT(fake_failure().kind == PLAN_MESSAGE_FAILED || strcmp(name, "sendmsg") == 0);
        if (in_place)
                EXPECT_CONTAINS(fake_trace(), "write(2, \"contain: ");
}

static void sweep(void (*sample)(struct build *))
{
        bool in_place = sample == sample_become;

        for (int number = 1;; number++) {
                enum fake_end end;
                int status = 0;

                sample(&build);
                fake_reset(&build);
                add_files();
                fake_fail_number(number);
                end = fake_run("contain-init", &status);
                EXPECT_STR(fake_violations(), "");
                if (!fake_failed_name()) {
                        EXPECT_EQ(end, FAKE_EXECUTED);
                        EXPECT(number > 100);
                        return;
                }
                /* Without a plan there is no telling that it is meant for the caller's own process. */
                if (status == 2 || !strstr(fake_trace(), "umask("))
                        continue;
                check_end(end, status, in_place);
        }
}

TEST(each_call_of_an_ordinary_run_fails_once)
{
        sweep(sample_container);
}

TEST(each_call_of_an_unusual_run_fails_once)
{
        sweep(sample_unusual);
}

TEST(each_call_in_place_fails_once)
{
        sweep(sample_become);
}

/* Kernels before 5.12 have no mount_setattr(), and what is recursive cannot be had without. */
TEST(without_mount_setattr)
{
        int status;

        sample_container(&build);
        fake_reset(&build);
        add_files();
        fake_fail("mount_setattr", 38, 0);
        EXPECT_EQ(fake_run("contain-init", &status), FAKE_EXITED);
        EXPECT_EQ(fake_failure().error, 38);
        EXPECT_EQ(fake_failure().detail, PLAN_DETAIL_ATTRIBUTES);

        build_begin(&build, 0);
        STEP(&build, .op = STEP_FS, .s = { "tmpfs" });
        STEP(&build, .op = STEP_ATTR, .n = { 1 | 2, 0, 0, 0 });
        STEP(&build, .op = STEP_ATTR, .n = { 0x10, 0x70, 1 << 18, 0 });
        STEP(&build, .op = STEP_ATTACH, .s = { "/tmp" });
        fake_reset(&build);
        fake_fail("mount_setattr", 38, 0);
        (void)fake_run("contain-init", &status);
        EXPECT_CONTAINS(fake_trace(),
                        "fchdir(22)\nmount(\".\", 0x1423)\nmount(\".\", 0x40000)\nchdir(\"/\")\n");
}
