/* SPDX-License-Identifier: MIT */
#ifndef CT_BASE_MESSAGE_H
#define CT_BASE_MESSAGE_H

/*
 * Texts with descriptors, over a socket of type SOCK_SEQPACKET. One that is longer than a socket's buffer may
 * be goes in a memfd, which the other side does not notice. All return -errno and word nothing.
 */

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

#define CT_MESSAGE_FDS 8

/* A text that has come. */
struct ct_message {
        struct ct_buf text;
        int fds[CT_MESSAGE_FDS];
        size_t n_fds;
};

#define CT_MESSAGE_INIT                                                                                      \
        {                                                                                                    \
                CT_BUF_INIT, { 0 }, 0                                                                        \
        }

/* Closes the descriptors that nobody has taken. */
void ct_message_done(struct ct_message *message);
#define _cleanup_message_ _cleanup_(ct_message_done)

/* -EAGAIN when it would have to wait, and @wait is not set; -EPIPE when nobody is there any more. */
int ct_message_send(int socket_fd, const char *text, size_t size, const int *fds, size_t n_fds, bool wait);

/*
 * Takes one text, of at most @max bytes (-EFBIG), without waiting: 1, 0 at the end, -EAGAIN for none. @ret is
 * emptied first.
 */
int ct_message_receive(int socket_fd, size_t max, struct ct_message *ret);

#endif
