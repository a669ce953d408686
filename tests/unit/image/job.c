/* SPDX-License-Identifier: MIT */

/* A job of contain-image: its request, its progress, and whether anybody waits for it. */

#include "harness/test.h"

#include "base/message.h"
#include "image/job.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* The host's end, and a job at the other. */
struct scene {
        int host_fd;
        int job_fd;
        struct ct_job *job;
};

static void begin(struct scene *scene, const char *request, const int *fds, size_t n_fds)
{
        contain_error_t *error = NULL;
        int ends[2];

        *scene = (struct scene){ .host_fd = -1 };
        EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
        scene->host_fd = ends[0];
        scene->job_fd = ends[1];
        EXPECT_EQ(ct_message_send(ends[0], request, strlen(request), fds, n_fds, true), 0);
        EXPECT_EQ(ct_job_begin(ends[1], &scene->job, &error), 0);
        EXPECT(!error);
}

static void end(struct scene *scene)
{
        scene->job = ct_job_end(scene->job);
        ct_close(scene->host_fd);
        ct_close(scene->job_fd);
}

TEST(a_job_has_the_request_and_its_descriptors)
{
        contain_error_t *error = NULL;
        struct scene scene;
        int fds[2], fd = -1;

        EXPECT(pipe(fds) == 0);
        begin(&scene, "{\"do\":\"x\",\"from\":1,\"to\":2}", fds, 2);
        EXPECT_EQ(ct_job_fd(scene.job, "from", &fd, &error), 1);
        EXPECT_EQ(fd, scene.job->fds[1]);
        EXPECT_EQ(ct_job_fd(scene.job, "other", &fd, &error), 0);
        EXPECT_EQ(ct_job_fd(scene.job, "to", &fd, &error), -EINVAL);
        EXPECT_EQ(contain_error_code(error), CONTAIN_E_VALUE);
        error = contain_error_free(error);
        end(&scene);
        close(fds[0]);
        close(fds[1]);
}

TEST(progress_is_told_when_a_phase_begins_and_when_it_is_over)
{
        _cleanup_message_ struct ct_message message = CT_MESSAGE_INIT;
        struct scene scene;

        begin(&scene, "{}", NULL, 0);
        ct_job_progress(scene.job, "fetch", "a \"b\"", 0, 10);
        ct_job_progress(scene.job, "fetch", "a", 1, 10);
        ct_job_progress(scene.job, "fetch", "a", 10, 10);
        EXPECT_EQ(ct_message_receive(scene.host_fd, 1000, &message), 1);
        EXPECT_STR(message.text.data,
                   "{\"progress\":{\"phase\":\"fetch\",\"what\":\"a \\\"b\\\"\",\"done\":0,\"total\":10}}");
        EXPECT_EQ(ct_message_receive(scene.host_fd, 1000, &message), 1);
        EXPECT(strstr(message.text.data, "\"done\":10") != NULL);
        EXPECT_EQ(ct_message_receive(scene.host_fd, 1000, &message), -EAGAIN);
        end(&scene);
}

TEST(a_job_is_cancelled_when_the_host_hangs_up)
{
        struct scene scene;

        begin(&scene, "{}", NULL, 0);
        EXPECT(!ct_job_is_cancelled(scene.job));
        struct pollfd fd = { .fd = scene.job->cancel_fd, .events = POLLIN };
        EXPECT_EQ(shutdown(scene.host_fd, SHUT_WR), 0);
        EXPECT_EQ(poll(&fd, 1, 10000), 1);
        EXPECT(ct_job_is_cancelled(scene.job));
        end(&scene);
}
