/* SPDX-License-Identifier: MIT */

#include "image/output.h"

#include "base/fds.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>

/* Whether it blocks is told of an open file, which is the caller's; so a pipe is opened once more. */
void ct_output_init(struct ct_output *output, int fd, const struct ct_job *job)
{
        struct stat status;
        char path[64];

        *output = (struct ct_output){ .fd = fd, .own_fd = -EBADF, .job = job };
        if (fstat(fd, &status) < 0 || !S_ISFIFO(status.st_mode))
                return;
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        output->own_fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

void ct_output_done(struct ct_output *output)
{
        output->own_fd = ct_close(output->own_fd);
}

/* Until there is room, or nobody left to read. */
static int wait_for_room(const struct ct_output *output, int fd)
{
        struct pollfd fds[] = { { .fd = fd, .events = POLLOUT },
                                { .fd = output->job ? output->job->cancel_fd : -1, .events = POLLIN } };

        if (poll(fds, 2, -1) < 0 && errno != EINTR)
                return -errno;
        return output->job && ct_job_is_cancelled(output->job) ? -ECANCELED : 0;
}

int ct_output_write(const struct ct_output *output, const void *bytes, size_t size)
{
        int fd = output->own_fd >= 0 ? output->own_fd : output->fd;
        const char *next = bytes;

        while (size > 0) {
                ssize_t n = write(fd, next, size);
                int r = 0;

                if (n < 0 && errno == EAGAIN)
                        r = wait_for_room(output, fd);
                else if (n < 0 && errno != EINTR)
                        r = -errno;
                if (r < 0)
                        return r;
                if (n > 0) {
                        next += n;
                        size -= (size_t)n;
                }
        }
        return 0;
}
