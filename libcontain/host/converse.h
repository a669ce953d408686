/* SPDX-License-Identifier: MIT */
#ifndef CT_HOST_CONVERSE_H
#define CT_HOST_CONVERSE_H

/* The host's half of the conversation with contain-init (plan/format.h): messages, not their meaning. */

#include "base/error.h"
#include "host/slots.h"
#include "host/spawn.h"

#include <stdbool.h>
#include <sys/socket.h>

/* A SOCK_SEQPACKET pair, both ends close-on-exec and away from the standard streams. -errno. */
int ct_converse_pair(int ret[2]);

/* Queues the plan and the slots for a reader that does not exist yet. -errno. */
int ct_converse_queue(int socket_fd, const struct ct_plan *plan, const struct ct_slots *slots);

/*
 * Waits for the next message of the process at the other end. *ret_fd receives the descriptor that came
 * along, or -EBADF. -EPIPE: the process has ended or has closed the socket. -ETIMEDOUT at @deadline
 * (base/clock.h).
 */
int ct_converse_receive(int socket_fd, int pidfd, int64_t deadline, struct plan_message *ret, int *ret_fd);

/* Sends one message, without descriptors. -errno. */
int ct_converse_send(int socket_fd, enum plan_message_kind kind, uint32_t step, uint64_t value);
/* Sends @size bytes with descriptors. -errno. */
int ct_converse_send_fds(int socket_fd, const void *bytes, size_t size, const int *fds, size_t n_fds);
/* Takes the first descriptor that came with a message, -EBADF for none, and closes any other. */
int ct_converse_take_fd(struct msghdr *msg);

/*
 * After a request to start: 0 when the program runs, 1 when *ret says why it does not. End of file tells that
 * contain-init is no more, unless a forked copy of the host may hold the other end open: then @program_fd,
 * contain-init itself, is what the process is compared with now and then; -1 otherwise. -ETIMEDOUT at
 * @deadline.
 */
int ct_converse_started(int socket_fd, const struct ct_child *child, int program_fd, int64_t deadline,
                        struct plan_message *ret, int *ret_fd);

/* The plan behind the descriptor that came with such a message, checked. -errno. */
int ct_converse_read_plan(int plan_fd, struct ct_plan **ret);

#endif
