/* SPDX-License-Identifier: MIT */
#ifndef API_API_H
#define API_API_H

/* What the tests of the public API share: begin with WORLD(w), run guests, compare what they say. */

#include "harness/guest.h"
#include "harness/test.h"

#include <stdlib.h>
#include <unistd.h>

/* Declares the struct world @w of a test that runs containers as whoever runs the test, or skips the test. */
#define WORLD_OF_ANYBODY(w)                                                                                  \
        const char *reason_ = NULL;                                                                          \
        struct world w __attribute__((cleanup(world_done))) = { 0 };                                         \
        if (!world_possible(&reason_))                                                                       \
                SKIP("%s", reason_);                                                                         \
        REQUIRE_EQ(world_init(&w), 0)

/* The same, for what only root can do, or what a user namespace of the guest's own would change. */
#define WORLD(w)                                                                                             \
        if (geteuid() != 0)                                                                                  \
                SKIP("needs root");                                                                          \
        WORLD_OF_ANYBODY(w)

/* A configuration for @w that runs @script. */
#define CONFIG(w, script) config_new((w).rootfs, script)

/* Runs a container of @config (consumed) and compares all that it wrote, and how it ended (guest_run()). */
#define EXPECT_OUTPUT(w, config, expected)                                                                   \
        do {                                                                                                 \
                char *output_ = guest_output(&(w), config);                                                  \
                EXPECT_STR(output_, expected);                                                               \
                free(output_);                                                                               \
        } while (0)

#define EXPECT_IN_OUTPUT(w, config, part)                                                                    \
        do {                                                                                                 \
                char *output_ = guest_output(&(w), config);                                                  \
                EXPECT_CONTAINS(output_, part);                                                              \
                free(output_);                                                                               \
        } while (0)

/* A call that has to succeed: prints the error when it does not. @call uses &error_. */
#define EXPECT_OK(call)                                                                                      \
        do {                                                                                                 \
                contain_error_t *error_ = NULL;                                                              \
                int r_ = (call);                                                                             \
                (void)test_check(r_ >= 0, __FILE__, __LINE__, "%s, found %d: %s", #call, r_,                 \
                                 contain_error_message(error_));                                             \
                contain_error_free(error_);                                                                  \
        } while (0)

/* A call that has to fail with @errno_ and @code_: both of the result and of the error object. */
#define EXPECT_FAILS(call, errno_, code_)                                                                    \
        do {                                                                                                 \
                contain_error_t *error_ = NULL;                                                              \
                int r_ = (call);                                                                             \
                (void)test_check(r_ == -(errno_) && contain_error_code(error_) == (code_) &&                 \
                                         contain_error_errno(error_) == (errno_),                            \
                                 __FILE__, __LINE__, "%s to fail with %s and %s, found %d: %s", #call,       \
                                 #errno_, #code_, r_, contain_error_message(error_));                        \
                contain_error_free(error_);                                                                  \
        } while (0)

static inline void auto_unref_(contain_t **c)
{
        contain_unref(*c);
}
#define auto_container contain_t *__attribute__((cleanup(auto_unref_)))

static inline void auto_free_(char **text)
{
        free(*text);
}
#define auto_text char *__attribute__((cleanup(auto_free_)))

static inline void auto_close_(int *fd)
{
        if (*fd >= 0)
                close(*fd);
}
#define auto_fd int __attribute__((cleanup(auto_close_)))

#endif
