/* SPDX-License-Identifier: MIT */

#include "helper.h"

#include "host/limits.h"

#include "harness/test.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

TEST(limits_rlimit)
{
        _cleanup_(sleeper_end) struct sleeper sleeper = { .pid = 0 };
        _cleanup_(contain_error_freep) contain_error_t *err = NULL;
        struct rlimit limit = { 0, 0 };

        REQUIRE(sleeper_start(&sleeper, 0));
        EXPECT_EQ(ct_limits_rlimit(sleeper.pid, RLIMIT_NOFILE, "RLIMIT_NOFILE", 64, 128, "/x", NULL), 0);
        EXPECT_EQ(prlimit(sleeper.pid, RLIMIT_NOFILE, NULL, &limit), 0);
        EXPECT_EQ(limit.rlim_cur, 64);
        EXPECT_EQ(limit.rlim_max, 128);
        EXPECT_EQ(ct_limits_rlimit(sleeper.pid, RLIMIT_NOFILE, "RLIMIT_NOFILE", UINT64_MAX, 10,
                                   "/process/rlimits/0", &err),
                  -EINVAL);
        EXPECT_STR(contain_error_sentence(err), "cannot set RLIMIT_NOFILE to unlimited:10");
        EXPECT_STR(contain_error_pointer(err), "/process/rlimits/0");
        EXPECT_EQ(contain_error_code(err), CONTAIN_E_LIMIT);
}

TEST(limits_rlimit_that_takes_privilege)
{
        _cleanup_(sleeper_end) struct sleeper sleeper = { .pid = 0 };
        _cleanup_(contain_error_freep) contain_error_t *err = NULL;

        REQUIRE(sleeper_start(&sleeper, 0));
        REQUIRE_EQ(ct_limits_rlimit(sleeper.pid, RLIMIT_NOFILE, "RLIMIT_NOFILE", 64, 128, "", NULL), 0);
        if (ct_limits_rlimit(sleeper.pid, RLIMIT_NOFILE, "RLIMIT_NOFILE", 1024, 4096, "", &err) == 0)
                SKIP("this caller may raise limits");
        EXPECT_STR(contain_error_sentence(err), "cannot set RLIMIT_NOFILE to 1024:4096");
        EXPECT_CONTAINS(contain_error_hint(err), "CAP_SYS_RESOURCE");
}

TEST(limits_oom_score)
{
        _cleanup_(sleeper_end) struct sleeper sleeper = { .pid = 0 };
        _cleanup_(contain_error_freep) contain_error_t *err = NULL;

        REQUIRE(sleeper_start(&sleeper, 0));
        EXPECT_EQ(ct_limits_oom_score(sleeper.pid, "987", "/process/oomScoreAdj", NULL), 0);
        EXPECT_STR(read_text(sleeper_path(&sleeper, "oom_score_adj")), "987\n");
        EXPECT_EQ(ct_limits_oom_score(sleeper.pid, "1001", "/process/oomScoreAdj", &err), -EINVAL);
        EXPECT_STR(contain_error_message(err),
                   "/process/oomScoreAdj: cannot set oom_score_adj to 1001: invalid "
                   "argument [CT-442]");
}

TEST(limits_time_offsets)
{
        _cleanup_(sleeper_end) struct sleeper sleeper = { .pid = 0 };
        _cleanup_(contain_error_freep) contain_error_t *err = NULL;

        if (!sleeper_start(&sleeper, CLONE_NEWTIME))
                SKIP("no time namespace can be made here");
        EXPECT_EQ(ct_limits_time_offsets(sleeper.pid, "monotonic 7 5\nboottime 9 0\n", "", NULL), 0);
        EXPECT_CONTAINS(read_text(sleeper_path(&sleeper, "timens_offsets")), "7");
        EXPECT_EQ(
                ct_limits_time_offsets(sleeper.pid, "monotonic -99999999999 0\n", "/linux/timeOffsets", &err),
                -ERANGE);
        EXPECT_STR(contain_error_sentence(err), "cannot set the clock offsets");
        EXPECT_STR(contain_error_pointer(err), "/linux/timeOffsets");
}
