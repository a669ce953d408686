/* SPDX-License-Identifier: MIT */

/* The conversation with contain-image, with a program in its place that ends in every way. */

#include "harness/test.h"

#include "base/cleanup.h"
#include "base/fds.h"
#include "host/image.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* What the caller is told. */
struct caller {
        int calls;
        int stop_at; /* which call says stop; 0: none */
        struct ct_image_progress last;
        char phase[16];
};

static int tell(void *userdata, const struct ct_image_progress *progress)
{
        struct caller *caller = userdata;

        caller->calls++;
        caller->last = *progress;
        (void)snprintf(caller->phase, sizeof(caller->phase), "%s", progress->phase);
        return caller->stop_at != 0 && caller->calls >= caller->stop_at;
}

static int ask_for(char letter, struct ct_image_call *call, char **ret, int *ret_fd, contain_error_t **err)
{
        const char *path = getenv("FAKE_IMAGE");
        _cleanup_close_ int program_fd = open(path ? path : "", O_RDONLY | O_CLOEXEC);
        char request[32];
        int r;

        (void)snprintf(request, sizeof(request), "{\"do\":\"%c\"}", letter);
        call->program_fd = program_fd;
        call->request = request;
        call->size = strlen(request);
        r = ct_image_call(call, ret, ret_fd, err);
        /* Whatever became of it, no child is left. */
        EXPECT(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
        return r;
}

static void expect_error(int r, contain_error_t **error, int errnum, int code, const char *sentence)
{
        EXPECT_EQ(r, -errnum);
        EXPECT_EQ(contain_error_code(*error), code);
        EXPECT_EQ(contain_error_errno(*error), errnum);
        EXPECT_CONTAINS(contain_error_sentence(*error), sentence);
        *error = contain_error_free(*error);
}

TEST(a_result_comes_with_its_descriptor)
{
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        _cleanup_free_ char *result = NULL;
        struct stat sent, got;
        int fd = -1, null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        struct caller caller = { 0 };
        struct ct_image_call call = {
                .fds = &null_fd, .n_fds = 1, .timeout_ms = 10000, .progress = tell, .userdata = &caller
        };

        EXPECT_EQ(ask_for('r', &call, &result, &fd, &error), 0);
        EXPECT_STR(result, "{\"a\":[1,\"ä\"]}");
        EXPECT(fstat(null_fd, &sent) == 0 && fstat(fd, &got) == 0 && sent.st_rdev == got.st_rdev);
        EXPECT(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        EXPECT(caller.calls >= 1);
        EXPECT_STR(caller.phase, "fetch");
        EXPECT_EQ(caller.last.done, 5);
        EXPECT_EQ(caller.last.total, 10);
        ct_close(fd);
        ct_close(null_fd);
}

TEST(a_descriptor_that_nobody_asked_for_is_closed)
{
        int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        struct ct_image_call call = { .fds = &null_fd, .n_fds = 1, .timeout_ms = -1 };
        _cleanup_free_ char *result = NULL;

        EXPECT_EQ(ask_for('r', &call, &result, NULL, NULL), 0);
        ct_close(null_fd);
}

TEST(an_error_comes_whole)
{
        struct ct_image_call call = { .timeout_ms = -1 };
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        char *result = NULL;
        int r = ask_for('e', &call, &result, NULL, &error);

        EXPECT_STR(contain_error_pointer(error), "/a");
        EXPECT_STR(contain_error_hint(error), "empty it");
        EXPECT_EQ(contain_error_cause(error), CONTAIN_CAUSE_PRIVILEGE);
        expect_error(r, &error, ENOSPC, 606, "it is full");
        EXPECT(!result);
        EXPECT_EQ(ask_for('e', &call, &result, NULL, NULL), -ENOSPC);
        r = ask_for('a', &call, &result, NULL, &error);
        expect_error(r, &error, EAGAIN, CONTAIN_E_SYSTEM, "not now");
}

TEST(a_result_may_be_longer_than_a_message)
{
        struct ct_image_call call = { .timeout_ms = -1 };
        _cleanup_free_ char *result = NULL;

        EXPECT_EQ(ask_for('l', &call, &result, NULL, NULL), 0);
        EXPECT_EQ(result ? strlen(result) : 0, 2400002);
}

TEST(what_is_no_answer_is_an_error)
{
        struct ct_image_call call = { .timeout_ms = -1 };
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        char *result = NULL;
        int r;

        r = ask_for('n', &call, &result, NULL, &error);
        expect_error(r, &error, EPROTO, CONTAIN_E_SYSTEM, "not understood");
        r = ask_for('u', &call, &result, NULL, &error);
        expect_error(r, &error, EPROTO, CONTAIN_E_SYSTEM, "not understood");
        r = ask_for('x', &call, &result, NULL, &error);
        EXPECT_STR(contain_error_hint(error), "it said: cannot find a library");
        expect_error(r, &error, ECANCELED, CONTAIN_E_LOST, "status 127");
        r = ask_for('k', &call, &result, NULL, &error);
        expect_error(r, &error, ECANCELED, CONTAIN_E_LOST, "signal 9");
        EXPECT(!result);
}

TEST(a_program_that_is_none_is_an_error)
{
        struct ct_image_call call = { .program_fd = -1, .request = "{}", .size = 2, .timeout_ms = -1 };
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        char *result = NULL;
        int r = ct_image_call(&call, &result, NULL, &error);

        expect_error(r, &error, EBADF, CONTAIN_E_SPAWN, "cannot start");
}

TEST(who_gives_up_gets_it_cleaned_up)
{
        struct caller caller = { .stop_at = 1 };
        struct ct_image_call call = { .timeout_ms = -1, .progress = tell, .userdata = &caller };
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        char *result = NULL;
        int r = ask_for('w', &call, &result, NULL, &error);

        EXPECT_STR(contain_error_hint(error), "");
        expect_error(r, &error, ECANCELED, CONTAIN_E_CANCELLED, "cancelled");
        EXPECT_EQ(caller.calls, 1);
        EXPECT_EQ(ask_for('w', &call, &result, NULL, NULL), -ECANCELED);
}

TEST(a_caller_is_asked_also_while_nothing_moves)
{
        struct caller caller = { .stop_at = 2 };
        struct ct_image_call call = { .timeout_ms = -1, .progress = tell, .userdata = &caller };
        _cleanup_free_ char *result = NULL;

        /* What is done when it is told to stop is done. */
        EXPECT_EQ(ask_for('d', &call, &result, NULL, NULL), 0);
        EXPECT_EQ(caller.calls, 2);
        EXPECT_STR(caller.phase, "");
}

TEST(time_that_is_over_ends_it)
{
        struct ct_image_call call = { .timeout_ms = 50 };
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        char *result = NULL;
        int r = ask_for('w', &call, &result, NULL, &error);

        EXPECT_STR(contain_error_hint(error), "");
        expect_error(r, &error, ETIMEDOUT, CONTAIN_E_TIMEOUT, "over");
}

TEST(a_program_that_does_not_stop_is_killed)
{
        struct ct_image_call call = { .timeout_ms = 50, .clean_ms = 50 };
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        char *result = NULL;
        int r = ask_for('h', &call, &result, NULL, &error);

        EXPECT_CONTAINS(contain_error_hint(error), "may still be there");
        expect_error(r, &error, ETIMEDOUT, CONTAIN_E_TIMEOUT, "over");
}

TEST(who_never_stops_talking_is_ended_by_the_clock)
{
        struct ct_image_call call = { .timeout_ms = 50, .clean_ms = 50 };
        _cleanup_(contain_error_freep) contain_error_t *error = NULL;
        char *result = NULL;
        int r = ask_for('t', &call, &result, NULL, &error);

        expect_error(r, &error, ETIMEDOUT, CONTAIN_E_TIMEOUT, "over");
}
