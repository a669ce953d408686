/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_CRIU_H
#define CT_HOST_CRIU_H

/*
 * CRIU at work: a child that runs `criu swrk 3`, and the conversation with it. Its library is not used: that
 * one forks its caller and keeps its options in globals.
 */

#include "base/error.h"
#include "host/criu-rpc.h"
#include "host/spawn.h"

/* The program at @given, or in one of the usual folders (malloc'd). CONTAIN_E_UNSUPPORTED when there is none.
 */
int ct_criu_find(const char *given, char **ret, contain_error_t **err);

struct ct_criu {
        struct ct_child child;
        int socket_fd;
};

#define CT_CRIU_NONE                                                                                         \
        {                                                                                                    \
                { 0, -EBADF }, -EBADF                                                                        \
        }

/* What it is started with. */
struct ct_criu_start {
        const char *program;
        int stdio[3];            /* -1 for /dev/null */
        const int *fds;          /* more of them: the first becomes CT_CRIU_FIRST_FD, the next one more */
        size_t n_fds;            /* at most CT_CRIU_FDS */
        int tree_fd;             /* a detached tree that it sees at @tree_target, and nobody else */
        const char *tree_target; /* NULL: no tree */
};

#define CT_CRIU_FIRST_FD 4
#define CT_CRIU_FDS      (CT_SPAWN_EXTRA_FDS - 1)

/* Starts it; it waits for a request. */
int ct_criu_start(const struct ct_criu_start *what, struct ct_criu *ret, contain_error_t **err);
/* Ends it, if it is still there. */
void ct_criu_done(struct ct_criu *criu);

/*
 * What CRIU tells of while it is at work, and waits for the answer: 0, or a failure that makes the request
 * fail. @fd: what came along, borrowed, or -EBADF.
 */
typedef int (*ct_criu_notify_fn)(void *userdata, const struct ct_criu_response *notice, int fd,
                                 contain_error_t **err);

/*
 * Sends @request and waits for its response of @type, answering notifications by @notify (NULL: all is
 * fine). A response without success is none of this function's failures; those are a CRIU that ended, what
 * @notify said, or a response that is not understood.
 */
int ct_criu_call(struct ct_criu *criu, enum ct_criu_type type, const struct ct_buf *request,
                 ct_criu_notify_fn notify, void *userdata, struct ct_criu_response *ret,
                 contain_error_t **err);

/* No more requests: waits until it has ended. */
void ct_criu_wait(struct ct_criu *criu);

/*
 * What went wrong by CRIU's own words: the lines of failures in the log @name in @folder_fd, the last ones,
 * as one line in @ret; "" when there are none.
 */
void ct_criu_read_log(int folder_fd, const char *name, char *ret, size_t size);

#endif
