/* SPDX-License-Identifier: MIT */

#include "image/resume.h"

#include <poll.h>

enum {
        MAX_TRIES = 5,        /* in a row that bring nothing to speak of */
        MAX_BREAKS = 200,     /* in all: who breaks again and again does it on purpose */
        PROGRESS = 64 * 1024, /* bytes after which tries are counted anew */
        WAIT_MSEC = 50,       /* before the second try; doubled each time */
        SLICE_MSEC = 100,     /* how soon a job that was cancelled is noticed */
};

struct resumed {
        struct ct_resume how;
        struct ct_stream *self;
        struct ct_stream *stream; /* NULL while there is none */
        uint64_t to_skip;         /* bytes that came already */
        uint64_t since_break;
        unsigned tries, breaks;
};

bool ct_resume_is_passing(int r)
{
        return r == -ECONNRESET || r == -ETIMEDOUT || r == -ECONNREFUSED || r == -EHOSTUNREACH ||
               r == -EAGAIN;
}

int ct_resume_wait(const struct ct_job *job, const struct ct_stream *for_stream, unsigned tries)
{
        int left = WAIT_MSEC << (tries < MAX_TRIES ? tries : MAX_TRIES);

        for (; left > 0; left -= SLICE_MSEC) {
                if ((job && ct_job_is_cancelled(job)) || (for_stream && ct_stream_is_stopped(for_stream)))
                        return -ECANCELED;
                (void)poll(NULL, 0, left < SLICE_MSEC ? left : SLICE_MSEC);
        }
        return 0;
}

static int begin(struct resumed *resumed, contain_error_t **err)
{
        struct ct_resume *how = &resumed->how;
        uint64_t offset = 0;
        int r;

        r = how->open(how->userdata, how->offset, resumed->self, &resumed->stream, &offset, err);
        if (r < 0)
                return r;
        if (offset > how->offset) {
                resumed->stream = ct_stream_free(resumed->stream);
                return ct_fail(err, CONTAIN_E_REGISTRY, EPROTO, NULL,
                               "what is sent begins at byte %llu instead of %llu", (unsigned long long)offset,
                               (unsigned long long)how->offset);
        }
        resumed->to_skip = how->offset - offset;
        return 0;
}

/* As read(2), once, without what came before. */
static ssize_t read_once(struct resumed *resumed, void *to, size_t size, contain_error_t **err)
{
        ssize_t n;
        int r;

        if (!resumed->stream) {
                r = begin(resumed, err);
                if (r < 0)
                        return r;
        }
        while (resumed->to_skip > 0) {
                n = ct_stream_read(resumed->stream, to, size < resumed->to_skip ? size : resumed->to_skip,
                                   err);
                if (n <= 0)
                        return n;
                resumed->to_skip -= (uint64_t)n;
        }
        return ct_stream_read(resumed->stream, to, size, err);
}

static bool is_short(const struct resumed *resumed)
{
        return resumed->how.size >= 0 && resumed->how.offset < (uint64_t)resumed->how.size;
}

static bool is_worth_a_try(struct resumed *resumed, int r)
{
        if (!ct_resume_is_passing(r) || (r == -ETIMEDOUT && resumed->how.stall_ends))
                return false;
        return ++resumed->tries <= MAX_TRIES && ++resumed->breaks <= MAX_BREAKS;
}

static ssize_t read_resumed(void *userdata, void *to, size_t size, contain_error_t **err)
{
        struct resumed *resumed = userdata;

        if (size == 0)
                return 0;
        for (;;) {
                _cleanup_(contain_error_freep) contain_error_t *why = NULL;
                ssize_t n = read_once(resumed, to, size, &why);

                if (n == 0 && is_short(resumed))
                        n = ct_fail(&why, CONTAIN_E_REGISTRY, ECONNRESET, NULL,
                                    "the connection ends after %llu of %lld bytes of %s",
                                    (unsigned long long)resumed->how.offset, (long long)resumed->how.size,
                                    resumed->how.what);
                if (n >= 0) {
                        resumed->how.offset += (uint64_t)n;
                        resumed->since_break += (uint64_t)n;
                        return n;
                }
                resumed->stream = ct_stream_free(resumed->stream);
                if (resumed->since_break >= PROGRESS)
                        resumed->tries = 0;
                resumed->since_break = 0;
                if (!is_worth_a_try(resumed, (int)n)) {
                        if (err)
                                *err = ct_take(why);
                        return n;
                }
                n = ct_resume_wait(resumed->how.job, resumed->self, resumed->tries);
                if (n < 0)
                        return ct_fail(err, CONTAIN_E_CANCELLED, ECANCELED, NULL, "cancelled");
        }
}

static void close_resumed(void *userdata)
{
        struct resumed *resumed = userdata;

        (void)ct_stream_free(resumed->stream);
        if (resumed->how.close)
                resumed->how.close(resumed->how.userdata);
        free(resumed);
}

int ct_resume_new(const struct ct_resume *how, struct ct_stream **ret, contain_error_t **err)
{
        struct resumed *resumed = calloc(1, sizeof(*resumed));
        _cleanup_(ct_stream_freep) struct ct_stream *stream = NULL;
        int r;

        if (!resumed) {
                if (how->close)
                        how->close(how->userdata);
                return ct_fail_memory(err);
        }
        resumed->how = *how;
        stream = ct_stream_new(read_resumed, close_resumed, resumed);
        if (!stream)
                return ct_fail_memory(err);
        resumed->self = stream;
        r = begin(resumed, err);
        if (r < 0)
                return r;
        *ret = ct_take(stream);
        return 0;
}
