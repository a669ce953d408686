/* SPDX-License-Identifier: MIT */

#include "base/problems.h"

#include "harness/test.h"

#include <stdio.h>

static int keep(struct ct_problems *problems, int code, int errnum, const char *at, const char *sentence)
{
        contain_error_t *error = NULL;
        int r;

        r = ct_problems_keep(problems, ct_fail(&error, code, errnum, at, "%s", sentence), &error);
        EXPECT(error == NULL);
        return r;
}

TEST(problems_without_a_list_are_failures)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;

        EXPECT_EQ(ct_problems_keep(NULL, ct_fail(&error, CONTAIN_E_VALUE, EINVAL, "/a", "x"), &error),
                  -EINVAL);
        EXPECT_STR(contain_error_pointer(error), "/a");
        EXPECT(!ct_problems_damage(NULL, "/a"));
        EXPECT(!ct_problems_last_is_in(NULL, "/a"));
        EXPECT_EQ(ct_problems_leave_out(NULL, "/a/0"), 0);
}

TEST(problems_memory_is_passed_on)
{
        _cleanup_(ct_problems_done) struct ct_problems problems = { 0 };
        contain_error_t *error = NULL;

        EXPECT_EQ(ct_problems_keep(&problems, ct_fail_memory(&error), &error), -ENOMEM);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_NO_MEMORY);
        EXPECT_EQ(problems.n, 0);
        EXPECT_EQ(ct_problems_keep(&problems, 3, &error), 3);
}

TEST(problems_are_said_once)
{
        _cleanup_(ct_problems_done) struct ct_problems problems = { 0 };

        EXPECT_EQ(keep(&problems, CONTAIN_E_VALUE, EINVAL, "/a/b", "x"), 0);
        EXPECT_EQ(keep(&problems, CONTAIN_E_VALUE, EINVAL, "/a/b", "x"), 0);
        EXPECT_EQ(keep(&problems, CONTAIN_E_VALUE, EINVAL, "/a", "x"), 0);
        EXPECT_EQ(keep(&problems, CONTAIN_E_VALUE, EINVAL, "/a", "y"), 0);
        EXPECT_EQ(problems.n, 3);
        EXPECT(ct_problems_last_is_in(&problems, "/a"));
        EXPECT(!ct_problems_last_is_in(&problems, "/a/b"));
        EXPECT(ct_problems_damage(&problems, "/a/b"));
        EXPECT(!ct_problems_damage(&problems, "/a/bc"));
}

TEST(problems_that_follow_from_earlier_ones_are_dropped)
{
        _cleanup_(ct_problems_done) struct ct_problems problems = { 0 };

        EXPECT_EQ(keep(&problems, CONTAIN_E_VALUE, EINVAL, "/a/b", "x"), 0);
        EXPECT_EQ(keep(&problems, CONTAIN_E_TYPE, EINVAL, "/list", "x"), 0);
        ct_problems_next_stage(&problems);
        EXPECT_EQ(keep(&problems, CONTAIN_E_CONFLICT, EINVAL, "/a", "above"), 0);
        EXPECT_EQ(keep(&problems, CONTAIN_E_CONFLICT, EINVAL, "/a/b", "same place"), 0);
        EXPECT_EQ(keep(&problems, CONTAIN_E_MISSING, EINVAL, "/list/0", "in what is no list"), 0);
        EXPECT_EQ(problems.n, 2);
        /* News: elsewhere, below a value that was merely wrong, or not about the configuration. */
        EXPECT_EQ(keep(&problems, CONTAIN_E_CONFLICT, EINVAL, "/a/c", "beside"), 0);
        EXPECT_EQ(keep(&problems, CONTAIN_E_CONFLICT, EINVAL, "/a/b/c", "below"), 0);
        EXPECT_EQ(keep(&problems, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, "/a", "kernel"), 0);
        EXPECT_EQ(keep(&problems, CONTAIN_E_MOUNT, EPERM, "/a/b", "privilege"), 0);
        EXPECT_EQ(keep(&problems, CONTAIN_E_VALUE, EINVAL, "", "nowhere"), 0);
        EXPECT_EQ(problems.n, 7);
}

TEST(problems_behind_left_out_elements_are_put_right)
{
        static const struct {
                const char *left, *file;
        } cases[] = {
                { "/list/0", "/list/0" },     { "/list/1", "/list/2" },   { "/list/2/x/1", "/list/4/x/1" },
                { "/list/9", "/list/12" },    { "/lists/3", "/lists/3" }, { "/list", "/list" },
                { "/list/x/3", "/list/x/3" }, { "/other/1", "/other/2" }, { "/other/0", "/other/1" },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                _cleanup_(ct_problems_done) struct ct_problems problems = { 0 };

                EXPECT_EQ(ct_problems_leave_out(&problems, "/list/1"), 0);
                EXPECT_EQ(ct_problems_leave_out(&problems, "/list/3"), 0);
                EXPECT_EQ(ct_problems_leave_out(&problems, "/list/11"), 0);
                EXPECT_EQ(ct_problems_leave_out(&problems, "/other/0"), 0);
                /* While reading, places are those of the file as it is. */
                EXPECT_EQ(keep(&problems, CONTAIN_E_VALUE, EINVAL, "/list/1", "read"), 0);
                EXPECT_STR(contain_error_pointer(problems.items[0]), "/list/1");
                ct_problems_next_stage(&problems);
                EXPECT_EQ(keep(&problems, CONTAIN_E_MOUNT, EPERM, cases[i].left, "planned"), 0);
                REQUIRE_EQ(problems.n, 2);
                EXPECT_STR(contain_error_pointer(problems.items[1]), cases[i].file);
        }
}
