/* SPDX-License-Identifier: MIT */

#include "base/error.h"

#include "harness/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

TEST(error_message_has_all_parts_in_order)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;

        EXPECT_EQ(ct_fail(&error, CONTAIN_E_MOUNT, EPERM, "/mounts/3", "cannot mount %s on '%s'", "tmpfs",
                          "/dev/shm"),
                  -EPERM);
        EXPECT_STR(contain_error_message(error),
                   "/mounts/3: cannot mount tmpfs on '/dev/shm': operation not permitted [CT-417]");
        ct_error_set_hint(&error, "try %d", 1);
        ct_error_set_step(&error, "mount");
        EXPECT_STR(contain_error_message(error), "/mounts/3: cannot mount tmpfs on '/dev/shm': operation not "
                                                 "permitted [CT-417] (hint: try 1)");
        EXPECT_STR(contain_error_hint(error), "try 1");
        EXPECT_STR(contain_error_step(error), "mount");
        EXPECT_STR(contain_error_pointer(error), "/mounts/3");
        EXPECT_STR(contain_error_sentence(error), "cannot mount tmpfs on '/dev/shm'");
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_MOUNT);
        EXPECT_EQ(contain_error_errno(error), EPERM);
}

TEST(error_hint_and_step_can_be_replaced)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;

        (void)ct_fail(&error, CONTAIN_E_VALUE, EINVAL, "/x", "bad");
        ct_error_set_hint(&error, "one");
        ct_error_set_hint(&error, "two");
        ct_error_set_step(&error, "a");
        ct_error_set_step(&error, "b");
        EXPECT_STR(contain_error_message(error), "/x: bad [CT-314] (hint: two)");
        EXPECT_STR(contain_error_step(error), "b");
}

TEST(error_text_of_the_natural_errno_is_left_out)
{
        static const struct {
                int code, errnum;
                const char *message;
        } cases[] = {
                { CONTAIN_E_VALUE, EINVAL, "x [CT-314]" },
                { CONTAIN_E_VALUE, ERANGE, "x: numerical result out of range [CT-314]" },
                { CONTAIN_E_NOT_FOUND, ENOENT, "x [CT-209]" },
                { CONTAIN_E_NOT_FOUND, EACCES, "x: permission denied [CT-209]" },
                { CONTAIN_E_BUNDLE, ENOENT, "x: no such file or directory [CT-302]" },
                { CONTAIN_E_MOUNT, EINVAL, "x: invalid argument [CT-417]" },
                { CONTAIN_E_MOUNT, EDOTDOT, "x: RFS specific error [CT-417]" },
                { CONTAIN_E_SYSTEM, 4000, "x: error 4000 [CT-118]" },
        };
        size_t i;

        for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                _cleanup_(contain_error_freep) contain_error_t *error = NULL;

                EXPECT_EQ(ct_fail(&error, cases[i].code, cases[i].errnum, NULL, "x"), -cases[i].errnum);
                EXPECT_STR(contain_error_message(error), cases[i].message);
                EXPECT_STR(contain_error_pointer(error), "");
        }
}

TEST(error_cause_follows_from_code_and_errno)
{
        static const struct {
                int code, errnum, cause;
        } cases[] = {
                { CONTAIN_E_BUNDLE, ENOENT, CONTAIN_CAUSE_CONFIG },
                { CONTAIN_E_BUNDLE, EACCES, CONTAIN_CAUSE_PRIVILEGE },
                { CONTAIN_E_JSON, EINVAL, CONTAIN_CAUSE_CONFIG },
                { CONTAIN_E_CONFLICT, EINVAL, CONTAIN_CAUSE_CONFIG },
                { CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, CONTAIN_CAUSE_KERNEL },
                { CONTAIN_E_UNSUPPORTED, EINVAL, CONTAIN_CAUSE_KERNEL },
                { CONTAIN_E_UNSUPPORTED, EPERM, CONTAIN_CAUSE_PRIVILEGE },
                { CONTAIN_E_MOUNT, EPERM, CONTAIN_CAUSE_PRIVILEGE },
                { CONTAIN_E_MOUNT, ENODEV, CONTAIN_CAUSE_KERNEL },
                { CONTAIN_E_NETWORK, ENODEV, CONTAIN_CAUSE_CONFIG },
                { CONTAIN_E_MOUNT, ENOENT, CONTAIN_CAUSE_CONFIG },
                { CONTAIN_E_MOUNT, EIO, CONTAIN_CAUSE_OTHER },
                { CONTAIN_E_PROGRAM, EACCES, CONTAIN_CAUSE_CONFIG },
                { CONTAIN_E_PROGRAM, EPERM, CONTAIN_CAUSE_PRIVILEGE },
                { CONTAIN_E_STATE, EACCES, CONTAIN_CAUSE_PRIVILEGE },
                { CONTAIN_E_ARGUMENT, EINVAL, CONTAIN_CAUSE_OTHER },
                { CONTAIN_E_NOT_FOUND, ENOENT, CONTAIN_CAUSE_OTHER },
                { CONTAIN_E_SYSTEM, ENOSYS, CONTAIN_CAUSE_OTHER },
                { CONTAIN_E_HOOK, ECANCELED, CONTAIN_CAUSE_OTHER },
        };

        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                _cleanup_(contain_error_freep) contain_error_t *error = NULL;
                char what[64];

                (void)ct_fail(&error, cases[i].code, cases[i].errnum, NULL, "x");
                (void)snprintf(what, sizeof what, "cause of code %d, errno %d", cases[i].code,
                               cases[i].errnum);
                (void)test_equal(contain_error_cause(error), cases[i].cause, __FILE__, __LINE__, what);
        }
}

TEST(error_cause_can_be_set)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;

        ct_error_set_cause(NULL, CONTAIN_CAUSE_BUILD);
        ct_error_set_cause(&error, CONTAIN_CAUSE_BUILD);
        EXPECT_EQ(contain_error_cause(error), CONTAIN_CAUSE_OTHER);
        (void)ct_fail(&error, CONTAIN_E_UNSUPPORTED, EOPNOTSUPP, NULL, "x");
        ct_error_set_cause(&error, CONTAIN_CAUSE_BUILD);
        EXPECT_EQ(contain_error_cause(error), CONTAIN_CAUSE_BUILD);
        EXPECT_STR(contain_error_message(error), "x: operation not supported [CT-121]");
}

TEST(error_without_errno_is_einval)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;

        EXPECT_EQ(ct_fail(&error, CONTAIN_E_VALUE, 0, "", "bad"), -EINVAL);
        EXPECT_EQ(contain_error_errno(error), EINVAL);
        EXPECT_STR(contain_error_message(error), "bad [CT-314]");
}

TEST(error_nobody_wants_is_a_number_only)
{
        EXPECT_EQ(ct_fail(NULL, CONTAIN_E_VALUE, EPERM, "/x", "bad"), -EPERM);
        EXPECT_EQ(ct_fail_memory(NULL), -ENOMEM);
        ct_error_set_hint(NULL, "x");
        ct_error_set_step(NULL, "x");
}

TEST(error_of_memory_is_constant)
{
        contain_error_t *error = NULL;

        EXPECT_EQ(ct_fail_memory(&error), -ENOMEM);
        ct_error_set_hint(&error, "buy more");
        ct_error_set_step(&error, "x");
        EXPECT_STR(contain_error_message(error), "out of memory [CT-101]");
        EXPECT_STR(contain_error_hint(error), "");
        EXPECT_STR(contain_error_step(error), "");
        EXPECT_STR(contain_error_pointer(error), "");
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_NO_MEMORY);
        EXPECT_EQ(contain_error_errno(error), ENOMEM);
        EXPECT(contain_error_free(error) == NULL);
}

TEST(error_of_null_is_empty)
{
        EXPECT_EQ(contain_error_code(NULL), 0);
        EXPECT_EQ(contain_error_errno(NULL), 0);
        EXPECT_STR(contain_error_pointer(NULL), "");
        EXPECT_STR(contain_error_step(NULL), "");
        EXPECT_STR(contain_error_sentence(NULL), "");
        EXPECT_STR(contain_error_hint(NULL), "");
        EXPECT_STR(contain_error_message(NULL), "");
        EXPECT(contain_error_free(NULL) == NULL);
}

TEST(error_free_keeps_errno)
{
        contain_error_t *error = NULL;

        (void)ct_fail(&error, CONTAIN_E_VALUE, EINVAL, NULL, "x");
        errno = EXDEV;
        (void)contain_error_free(error);
        EXPECT_EQ(errno, EXDEV);
}
