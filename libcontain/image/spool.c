/* SPDX-License-Identifier: MIT */

#include "image/spool.h"

#include "base/fds.h"
#include "image/job.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

/* Unless TMPDIR says another: too large for a /tmp that is in memory. */
#define SPOOL_FOLDER "/var/tmp"
#define SPOOL_MAX    (UINT64_C(64) << 30)
#define CHUNK_SIZE   ((size_t)256 * 1024)

/* Numbers below are the standard streams: no folder was given. */
#define FIRST_FD 3

/* For file systems without O_TMPFILE. The name is there for a moment only. */
static int open_and_unlink(int dir_fd)
{
        unsigned attempt;

        for (attempt = 0; attempt < 1000; attempt++) {
                char name[64];
                int fd;

                (void)snprintf(name, sizeof name, ".contain-spool-%d-%u", (int)getpid(), attempt);
                fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
                if (fd >= 0) {
                        (void)unlinkat(dir_fd, name, 0);
                        return fd;
                }
                if (errno != EEXIST)
                        return -errno;
        }
        return -EEXIST;
}

static int open_spool(const struct ct_source_options *options)
{
        _cleanup_close_ int own_fd = -EBADF;
        int dir_fd = options->spool_fd, fd;

        if (dir_fd < FIRST_FD) {
                const char *folder = getenv("TMPDIR");

                own_fd = open(folder && *folder ? folder : SPOOL_FOLDER, O_PATH | O_DIRECTORY | O_CLOEXEC);
                if (own_fd < 0)
                        return -errno;
                dir_fd = own_fd;
        }
        fd = openat(dir_fd, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
        if (fd >= 0)
                return fd;
        return errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL ? open_and_unlink(dir_fd) : -errno;
}

int ct_spool(struct ct_stream *from, const struct ct_source_options *options, int *ret_fd,
             contain_error_t **err)
{
        _cleanup_(ct_stream_freep) struct ct_stream *owned = from;
        uint64_t max = options->spool_bytes_max ? options->spool_bytes_max : SPOOL_MAX, done = 0;
        _cleanup_free_ char *chunk = malloc(CHUNK_SIZE);
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (!chunk)
                return ct_fail_memory(err);
        fd = open_spool(options);
        if (fd < 0)
                return ct_fail(err, CONTAIN_E_SYSTEM, -fd, NULL, "cannot make a temporary file");
        for (;;) {
                ssize_t n = ct_stream_read(owned, chunk, CHUNK_SIZE, err);

                if (n < 0)
                        return (int)n;
                if (n == 0)
                        break;
                done += (size_t)n;
                if (done > max)
                        return ct_fail(err, CONTAIN_E_IMAGE, EFBIG, NULL,
                                       "'%s' has more than the %" PRIu64 " bytes that may be kept of it",
                                       ct_stream_name(owned), max);
                r = ct_write_all(fd, chunk, (size_t)n);
                if (r < 0)
                        return ct_fail(err, CONTAIN_E_SYSTEM, -r, NULL, "cannot write a temporary file");
                if (!options->job)
                        continue;
                if (ct_job_is_cancelled(options->job))
                        return ct_fail(err, CONTAIN_E_CANCELLED, ECANCELED, NULL,
                                       "nobody waits for it any more");
                ct_job_progress(options->job, "read", ct_stream_name(owned), done, 0);
        }
        *ret_fd = ct_take_fd(&fd);
        return 0;
}
